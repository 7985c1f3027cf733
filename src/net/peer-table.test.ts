/** The peer table against a Map, and what happens at its bound. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint, Peer } from '../core/host.ts';
import { Random } from '../core/random.ts';
import { PeerTable } from './peer-table.ts';

function endpointNumber(index: number): Endpoint {
  const endpoint = new Uint8Array(index % 3 === 0 ? 18 : 6);
  new DataView(endpoint.buffer).setUint32(0, Math.imul(index, 2654435761));
  endpoint[endpoint.length - 1] = index & 0xff;
  return endpoint;
}

test('the same endpoint is the same peer, and comes back as it was', () => {
  const table = new PeerTable(1);
  const peers = Array.from({ length: 20_000 }, (_, index) => table.intern(endpointNumber(index), endpointNumber(index).length));
  assert.equal(new Set(peers).size, peers.length);
  for (const [index, peer] of peers.entries()) {
    const endpoint = endpointNumber(index);
    assert.equal(table.intern(endpoint, endpoint.length), peer);
    assert.deepEqual(table.endpoint(peer), endpoint);
  }
});

test('at the bound idle peers give way, held ones never, and a stale number finds nobody', () => {
  const seed = Date.now() % 1e6;
  const random = new Random(seed);
  const table = new PeerTable(seed, 64);
  const held = new Map<string, Peer>();
  for (let step = 0; step < 20_000; step++) {
    const endpoint = endpointNumber(random.below(500));
    const peer = table.intern(endpoint, endpoint.length);
    assert.deepEqual(table.endpoint(peer), endpoint, `seed ${seed}`);
    if (held.size < 32 && !held.has(formatEndpoint(endpoint))) {
      table.hold(peer);
      held.set(formatEndpoint(endpoint), peer);
    } else if (random.chance(0.05)) {
      const [text, gone] = [...held][random.below(held.size)] as [string, Peer];
      table.release(gone);
      held.delete(text);
    }
    for (const [text, kept] of held) assert.equal(formatEndpoint(table.endpoint(kept)), text, `seed ${seed}`);
  }
  assert.equal(table.size, 64);

  const small = new PeerTable(seed, 2);
  const first = small.intern(endpointNumber(1), 6);
  for (let index = 2; index < 10; index++) small.intern(endpointNumber(index), endpointNumber(index).length);
  assert.equal(small.known(first), false);
  assert.equal(formatEndpoint(small.endpoint(first)), '0.0.0.0:0');
});
