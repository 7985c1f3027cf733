/** BEP 42 where it counts: whom a lookup trusts, and where things are stored, among public addresses. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { PublicHost } from '../../../test/kademlia/public-host.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { Contact } from './contact.ts';
import type { PeersFound } from './find-peers.ts';
import { Kademlia } from './kademlia.ts';
import { KADEMLIA_DEFAULTS } from './kademlia-options.ts';
import type { KrpcMessage, KrpcQuery } from './krpc-messages.ts';
import { bytesOfId, NodeId, randomId } from './node-id.ts';
import { conforms, secureId } from './secure-id.ts';

const TARGET = new NodeId(7, 7, 7, 7, 7);

function reply(query: KrpcQuery, id: NodeId, nodes: readonly Contact[]): KrpcMessage {
  const { transaction } = query;
  const none = { values: null, values6: null, scrape: null, item: null, samples: null } as const;
  return { kind: 'reply', transaction, version: '', id, ip: null, nodes, nodes6: null, token: 'token', ...none };
}

/** A node that knows everybody, announces, and where its announces went. */
function announce(everybody: readonly Contact[]): { readonly stored: string[]; readonly found: PeersFound; readonly asked: Set<string> } {
  const net = new PublicHost();
  const node = new Kademlia(net.host, KADEMLIA_DEFAULTS);
  for (const contact of everybody) node.v4?.table.answered(contact, 1, 0);
  const byAddress = new Map(everybody.map((contact) => [formatEndpoint(contact.endpoint), contact]));
  const stored: string[] = [];
  const asked = new Set<string>();
  const results: PeersFound[] = [];
  node.announce(bytesOfId(TARGET), 1, { onPeers() {}, onPeersDone: (found) => void results.push(found) });
  net.run(node, (to: Endpoint, query: KrpcQuery) => {
    const contact = byAddress.get(formatEndpoint(to));
    if (contact === undefined) return null;
    asked.add(contact.hex);
    if (query.method === 'announce_peer') stored.push(contact.hex);
    return reply(query, contact, everybody.slice(0, 60));
  });
  assert.equal(results.length, 1);
  return { stored, asked, found: results[0] as PeersFound };
}

test('who chose an id beside the target is asked and gets nothing to store, when the id does not fit the address', () => {
  const random = new Random(3);
  const honest = Array.from({ length: 30 }, (_, index) => {
    const endpoint = Uint8Array.of(198, 18 + index, 1, 1, 1, 1);
    return new Contact(secureId(endpoint, random), endpoint);
  });
  const besides = Array.from(
    { length: 12 },
    (_, index) => new Contact(new NodeId(7, 7, 7, 7, index + 100), Uint8Array.of(203, index, 5, 5, 1, 1)),
  );
  const { stored, asked, found } = announce([...besides, ...honest]);
  assert.equal(found.stored, 8);
  assert.ok(besides.some((contact) => asked.has(contact.hex)));
  const honestIds = new Set(honest.map(({ hex }) => hex));
  assert.ok(stored.every((id) => honestIds.has(id)));
});

test('one party with a hundred nodes in a /24 is asked six times in a lookup at most', () => {
  const random = new Random(4);
  const party = Array.from({ length: 100 }, (_, index) => {
    const endpoint = Uint8Array.of(203, 0, 113, 10 + index, 1, 1);
    return new Contact(secureId(endpoint, random), endpoint);
  });
  const others = Array.from({ length: 10 }, (_, index) => {
    const endpoint = Uint8Array.of(198, 18 + index, 1, 1, 1, 1);
    return new Contact(secureId(endpoint, random), endpoint);
  });
  const { asked } = announce([...party.slice(0, 50), ...others]);
  assert.ok(party.filter(({ hex }) => asked.has(hex)).length <= 6);
  assert.ok(party.every((contact) => conforms(contact, contact.endpoint)));
});

test('a random id fits a public address once in two million times', () => {
  const random = new Random(5);
  let fitting = 0;
  for (let round = 0; round < 20_000; round++)
    if (conforms(randomId(random), Uint8Array.of(198, 51, round >> 8, round & 255, 1, 1))) fitting++;
  assert.equal(fitting, 0);
});
