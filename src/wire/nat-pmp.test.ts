/** The NAT-PMP codecs against the figures of RFC 6886, what a real router answered, and the laws of all codecs. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { MalformedMessage } from '../core/codec.ts';
import { bytesOfHex } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import { type NatPmpRequest, type NatPmpResponse, natPmpRequest, natPmpResponse } from './nat-pmp.ts';

codecLaws(natPmpRequest, randomRequest, {
  captured: { address: '0000', 'map TCP 6881 for an hour': '000200001ae11ae100000e10' },
});
codecLaws(natPmpResponse, randomResponse, {
  captured: {
    'its address, by miniupnpd 2.3.1': '008000000000000105050501',
    'TCP 6881 for an hour, by miniupnpd 2.3.1': '00820000000000011ae11ae100000e10',
    'not authorized': '0082000200000007',
  },
});

test('RFC 6886 §3.3: a request to map has its fields where the figure says, the lifetime in seconds', () => {
  const bytes = bytesOfHex('000100001ae11ae200000e10') as Uint8Array;
  const told = natPmpRequest.decode(bytes, 0, bytes.length);
  assert.deepEqual(told, { op: 'udp', internalPort: 6881, externalPort: 6882, lifetimeSeconds: 3600 });
});

test('RFC 6886 §3.5: of a failure nothing is read beyond the clock', () => {
  const bytes = bytesOfHex('0081000400000064deadbeef') as Uint8Array;
  assert.deepEqual(natPmpResponse.decode(bytes, 0, bytes.length), { op: 'udp', result: 4, epochSeconds: 100 });
});

test('a PCP message is no NAT-PMP', () => {
  const bytes = bytesOfHex('028100000000000000000000') as Uint8Array;
  assert.throws(() => natPmpResponse.decode(bytes, 0, bytes.length), MalformedMessage);
});

function randomRequest(random: Random): NatPmpRequest {
  if (random.chance(0.2)) return { op: 'address' };
  return {
    op: random.chance(0.5) ? 'udp' : 'tcp',
    internalPort: random.below(65_536),
    externalPort: random.below(65_536),
    lifetimeSeconds: random.u32(),
  };
}

function randomResponse(random: Random): NatPmpResponse {
  const epochSeconds = random.u32();
  const op = (['address', 'udp', 'tcp'] as const)[random.below(3)] ?? 'udp';
  if (random.chance(0.3)) return { op, result: 1 + random.below(65_535), epochSeconds };
  if (op === 'address') return { op, result: 0, epochSeconds, address: random.fill(new Uint8Array(4)) };
  const [internalPort, externalPort, lifetimeSeconds] = [random.below(65_536), random.below(65_536), random.u32()];
  return { op, result: 0, epochSeconds, internalPort, externalPort, lifetimeSeconds };
}
