import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { HolepunchError, type HolepunchMessage, holepunchMessage, HolepunchType } from './holepunch-message.ts';
import { EXCHANGED_MAX, ExchangeFlag, type PeerExchangeMessage, peerExchangeMessage } from './peer-exchange-message.ts';

const SHORT = latin1Bytes('d5:added12:\x7f\x00\x00\x01\x1a\xe1\x01\x02\x03\x04\x00\x507:added.f1:\x02e');
const LEFT_OVER = latin1Bytes('d5:added8:\x7f\x00\x00\x01\x1a\xe1xx8:dropped66:abcdefe');

codecLaws(peerExchangeMessage, randomExchange, { seeds: [hexOf(SHORT), hexOf(LEFT_OVER)] });
codecLaws(holepunchMessage, randomHolepunch, { seeds: ['000001020304' + '0050', '010101020304'] });

test('BEP 11: flags stand beside the peers of their family; where there are too few, nothing is known', () => {
  const { added, dropped } = peerExchangeMessage.decode(SHORT, 0, SHORT.length);
  assert.deepEqual(
    added.map(({ endpoint, flags }) => [formatEndpoint(endpoint), flags]),
    [
      ['127.0.0.1:6881', ExchangeFlag.uploadOnly],
      ['1.2.3.4:80', 0],
    ],
  );
  assert.deepEqual(dropped, []);
});

test('BEP 11: both families are in one message, each with its flags', () => {
  const peers = ['1.2.3.4:80', '[2001:db8::1]:81'].map((text, index) => ({ endpoint: at(text), flags: 16 + index }));
  const bytes = encodeToBytes(peerExchangeMessage, { added: peers, dropped: [at('[2001:db8::2]:82')] });
  assert.deepEqual(peerExchangeMessage.decode(bytes, 0, bytes.length), { added: peers, dropped: [at('[2001:db8::2]:82')] });
});

test('what is left over at the end of a list is no peer, and a list has an end', () => {
  assert.deepEqual(peerExchangeMessage.decode(LEFT_OVER, 0, LEFT_OVER.length).added.length, 1);
  const peers = Array.from({ length: 5000 }, (_, index) => ({ endpoint: Uint8Array.of(1, 1, index >> 8, index & 255, 0, 80), flags: 0 }));
  const bytes = encodeToBytes(peerExchangeMessage, { added: peers, dropped: [] });
  assert.equal(peerExchangeMessage.decode(bytes, 0, bytes.length).added.length, EXCHANGED_MAX);
});

test('BEP 55: the layout of a rendezvous for an IPv4 and of an error for an IPv6 address', () => {
  const rendezvous = { type: HolepunchType.rendezvous, endpoint: at('1.2.3.4:6881'), error: 0 };
  assert.equal(hexOf(encodeToBytes(holepunchMessage, rendezvous)), '0000010203041ae100000000');
  const error = { type: HolepunchType.error, endpoint: at('[2001:db8::1]:6881'), error: HolepunchError.noSelf };
  assert.equal(hexOf(encodeToBytes(holepunchMessage, error)), '020120010db80000000000000000000000011ae100000004');
});

test('BEP 55: unknown types and kinds of address are malformed, and an error without its code', () => {
  for (const hex of ['0300010203041ae100000000', '0002010203041ae100000000', '0200010203041ae1', '0000010203041ae1000000', '']) {
    const bytes = Buffer.from(hex, 'hex');
    assert.throws(() => holepunchMessage.decode(bytes, 0, bytes.length), MalformedMessage, hex);
  }
});

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function randomEndpoint(random: Random, bytes: number): Endpoint {
  return random.fill(new Uint8Array(bytes));
}

function randomExchange(random: Random): PeerExchangeMessage {
  const endpoints = (): Endpoint[] =>
    [6, 18].flatMap((bytes) => Array.from({ length: random.below(4) }, () => randomEndpoint(random, bytes)));
  return { added: endpoints().map((endpoint) => ({ endpoint, flags: random.below(256) })), dropped: endpoints() };
}

function randomHolepunch(random: Random): HolepunchMessage {
  const types = Object.values(HolepunchType);
  const type = types[random.below(types.length)] as HolepunchType;
  return { type, endpoint: randomEndpoint(random, random.chance(0.5) ? 6 : 18), error: random.u32() };
}
