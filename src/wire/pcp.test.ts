/** The PCP codecs against the figures of RFC 6887, what a real router answered, and the laws of all codecs. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { MalformedMessage } from '../core/codec.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import { PCP_BYTES_MAX, type PcpMap, type PcpRequest, type PcpResponse, PcpTransport, pcpRequest, pcpResponse } from './pcp.ts';

const NONCE = '0102030405060708090a0b0c';
const V4 = '00000000000000000000ffff';
const MAP = `${NONCE} 06 000000 1ae1 1ae2 ${V4}05050501`;
const MAP_REQUEST = `02 01 0000 00000e10 ${V4}0a000002 ${MAP}`.replaceAll(' ', '');
const MAP_RESPONSE = `02 81 00 00 00000e10 00000007 000000000000000000000000 ${MAP}`.replaceAll(' ', '');

codecLaws(pcpRequest, randomRequest, {
  captured: { announce: `0200000000000000${V4}0a000002`, map: MAP_REQUEST },
  seeds: [`${MAP_REQUEST}02000000`],
});
codecLaws(pcpResponse, randomResponse, {
  captured: {
    map: MAP_RESPONSE,
    'a sign of life, by miniupnpd 2.3.1': '028000000000000000000001000000000000000000000000',
    'TCP 6882 for an hour, by miniupnpd 2.3.1': `0281000000000e1000000001${'00'.repeat(12)}${NONCE}060000001ae21ae2${V4}05050501`,
    'address mismatch, by miniupnpd 2.3.1': `0281000c0000000000000001${'00'.repeat(12)}${NONCE}060000001ae21ae2${V4}00000000`,
  },
  seeds: [`${MAP_RESPONSE}02000000`],
});

test('RFC 6887 §7.1, §11.1: a request to map has its fields where the figures say, the lifetime in seconds', () => {
  const { lifetimeSeconds, clientAddress, map } = decodeRequest(MAP_REQUEST);
  assert.equal(lifetimeSeconds, 3600);
  assert.equal(clientAddress.join('.'), '10.0.0.2');
  assert.equal(hexOf((map as PcpMap).nonce), NONCE);
  assert.equal(map?.protocol, PcpTransport.tcp);
  assert.deepEqual([map?.internalPort, map?.externalPort, map?.externalAddress.join('.')], [6881, 6882, '5.5.5.1']);
});

test('RFC 6887 §7.2: an answer has the result, the lifetime and the clock of the router', () => {
  const bytes = bytesOfHex(MAP_RESPONSE) as Uint8Array;
  const { result, lifetimeSeconds, epochSeconds } = pcpResponse.decode(bytes, 0, bytes.length);
  assert.deepEqual([result, lifetimeSeconds, epochSeconds], [0, 3600, 7]);
});

test('RFC 6887 §5: an IPv6 address stays one, an IPv4 address comes out of its IPv6 form', () => {
  const v6 = `20010db8${'00'.repeat(11)}01`;
  assert.equal(hexOf(decodeRequest(`0200000000000000${v6}`).clientAddress), v6);
});

test('RFC 6887 §7: what is too long, or no multiple of four, or of another version, is no message', () => {
  for (const hex of [`${MAP_REQUEST}00`, MAP_REQUEST + '00'.repeat(PCP_BYTES_MAX), `01${MAP_REQUEST.slice(2)}`]) {
    assert.throws(() => decodeRequest(hex), MalformedMessage);
  }
});

function decodeRequest(hex: string): PcpRequest {
  const bytes = bytesOfHex(hex) as Uint8Array;
  return pcpRequest.decode(bytes, 0, bytes.length);
}

function randomRequest(random: Random): PcpRequest {
  return { lifetimeSeconds: random.u32(), clientAddress: randomAddress(random), map: randomMap(random) };
}

function randomResponse(random: Random): PcpResponse {
  return { result: random.below(256), lifetimeSeconds: random.u32(), epochSeconds: random.u32(), map: randomMap(random) };
}

function randomMap(random: Random): PcpMap | null {
  if (random.chance(0.2)) return null;
  return {
    nonce: random.fill(new Uint8Array(12)),
    protocol: random.below(256),
    internalPort: random.below(65_536),
    externalPort: random.below(65_536),
    externalAddress: randomAddress(random),
  };
}

/** Of IPv6 one that is no IPv4 address in disguise. */
function randomAddress(random: Random): Uint8Array {
  const address = random.fill(new Uint8Array(random.chance(0.5) ? 4 : 16));
  if (address.length === 16) address[0] = 0x20;
  return address;
}
