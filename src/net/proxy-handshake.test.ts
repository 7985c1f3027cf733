/** What is said to proxies, step by step, without a socket. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEED } from '../../test/codec-laws.ts';
import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { Random } from '../core/random.ts';
import { SocksCommand } from '../wire/socks5.ts';
import { HttpConnectHandshake, PROXY_HEAD_BYTES_MAX, type ProxyHandshake, type ProxyStep, SocksHandshake } from './proxy-handshake.ts';

const TO = { name: 'peer.example', port: 6881 };
const ALICE = { user: 'alice', password: 'secret' };
const GRANTED = '05000001000000000000';

function bytes(hex: string): Uint8Array {
  return bytesOfHex(hex) as Uint8Array;
}

/** Everything that is sent, and the last step, when the proxy says that in chunks of so many bytes. */
function conversation(handshake: ProxyHandshake, said: Uint8Array, chunkBytes: number): readonly [sent: string, last: ProxyStep] {
  const sent: Uint8Array[] = [handshake.begin()];
  for (let at = 0; ; at += chunkBytes) {
    const step = handshake.receive(said.subarray(at, at + chunkBytes));
    if (step.kind === 'more' && step.send !== null) sent.push(step.send);
    if (step.kind === 'open')
      return [hexOf(concatBytes(sent)), { ...step, rest: concatBytes([step.rest, said.subarray(at + chunkBytes)]) }];
    if (step.kind !== 'more' || at >= said.length) return [hexOf(concatBytes(sent)), step];
  }
}

test('RFC 1928, 1929: a user is let in and gets through to a name, and bytes of the other side behind the answer are kept', () => {
  const name = hexOf(latin1Bytes('peer.example'));
  for (const chunkBytes of [1, 2]) {
    const said = bytes(`05020100${GRANTED}aabbcc`);
    const [sent, last] = conversation(new SocksHandshake(SocksCommand.connect, TO, ALICE), said, chunkBytes);
    assert.equal(sent, `050200020105616c69636506736563726574050100030c${name}1ae1`);
    assert.equal(last.kind === 'open' && hexOf(last.rest), 'aabbcc');
  }
});

test('each refusal of a SOCKS proxy says why, and which of them concern us', () => {
  const refusals: readonly (readonly [string, string, string, boolean])[] = [
    ['05ff', 'refused', 'it wants another way of authentication', false],
    ['05020101', 'refused', 'it does not take this user and password', false],
    ['050005050001000000000000', 'refused', 'it says connection refused', true],
    ['050005040001000000000000', 'unreachable', 'it says host unreachable', true],
    ['05000507', 'unreachable', 'it says command not supported', true],
    ['48545450', 'malformed', 'it speaks something else: expected version 5, got 72', false],
  ];
  for (const [said, reason, detail, letIn] of refusals) {
    const [, last] = conversation(new SocksHandshake(SocksCommand.connect, TO, ALICE), bytes(said), 100);
    assert.deepEqual(last, { kind: 'refused', reason, detail, letIn });
  }
});

test('RFC 9110 §9.3.6: CONNECT names the server and the user, and what follows the head is the other side', () => {
  const said = latin1Bytes('HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nhello');
  for (const chunkBytes of [1, 7, 100]) {
    const [sent, last] = conversation(new HttpConnectHandshake(TO, ALICE), said, chunkBytes);
    const text = latin1(bytes(sent));
    assert.equal(
      text,
      'CONNECT peer.example:6881 HTTP/1.1\r\nHost: peer.example:6881\r\nProxy-Authorization: Basic YWxpY2U6c2VjcmV0\r\n\r\n',
    );
    assert.equal(last.kind === 'open' && latin1(last.rest), 'hello');
  }
});

test('each refusal of an HTTP proxy says why, and one that talks without end is none', () => {
  const step = (said: string): ProxyStep => conversation(new HttpConnectHandshake(TO, null), latin1Bytes(said), 4096)[1];
  const detail = (said: string): string => {
    const last = step(said);
    return last.kind === 'refused' ? `${last.reason}: ${last.detail}` : last.kind;
  };
  assert.match(detail('HTTP/1.1 407 Who\r\n\r\n'), /^refused: it does not take this user and password, or wants some/);
  assert.equal(detail('HTTP/1.0 403 Forbidden\r\nX: y\r\n\r\n'), 'unreachable: it says 403 Forbidden');
  assert.equal(detail('HTTP/1.0 504\r\n\r\n'), 'timeout: it says 504');
  assert.match(detail('SSH-2.0-OpenSSH\r\n'), /^malformed/);
  assert.match(detail(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(PROXY_HEAD_BYTES_MAX + 4096)}`), /^malformed: it says more than/);
});

test('nonsense from a proxy ends as a refusal, never as an exception', () => {
  const random = new Random(SEED, 7);
  for (let round = 0; round < 3000; round++) {
    const said = random.fill(new Uint8Array(random.below(40)));
    if (random.chance(0.8)) said.set([5, random.below(3), 1, 0, 5, 0, 0].slice(0, said.length));
    const handshake = round % 2 === 0 ? new SocksHandshake(SocksCommand.connect, TO, ALICE) : new HttpConnectHandshake(TO, null);
    conversation(handshake, said, 1 + random.below(10));
  }
});
