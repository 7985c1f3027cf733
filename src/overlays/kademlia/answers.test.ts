/** What one node says to another, message by message, and what it does not believe. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { FakeNode } from '../../../test/kademlia/fake-node.ts';
import { announce, findNode, grownDht, idealDht, type KademliaNode, pick, randomKey } from '../../../test/kademlia/worlds.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import { Contact } from './contact.ts';
import { immutableTarget } from './item.ts';
import { krpc } from './krpc.ts';
import { type GetPeersQuery, KrpcCode, type KrpcMessage, type KrpcQuery, type KrpcReply, WANT_V4, WANT_V6 } from './krpc-messages.ts';
import { NodeId, readId } from './node-id.ts';

const ID = new NodeId(1, 2, 3, 4, 5);
const HEAD = { kind: 'query', transaction: 'aa', version: '', readOnly: true, id: ID } as const;

/** A node, and a stranger who asks it one thing. */
function stranger(count = 60) {
  const dht = idealDht(count);
  const [node] = dht.nodes as [KademliaNode];
  const asker = dht.world.addNode((host) => new FakeNode(host));
  dht.world.runFor(1);
  const ask = (query: KrpcQuery): KrpcMessage => {
    asker.protocol.heard.length = 0;
    asker.protocol.say(node.peer, query);
    dht.world.runFor(1000);
    assert.equal(asker.protocol.heard.length, 1, 'one answer to one query');
    return asker.protocol.heard[0] as KrpcMessage;
  };
  const askForToken = (target: NodeId): string => {
    const reply = ask({ ...HEAD, method: 'get_peers', target, want: 0, noseed: false, scrape: false });
    assert.ok(reply.kind === 'reply' && reply.token !== null);
    return reply.token;
  };
  return { dht, node, asker, ask, askForToken };
}

test('BEP 5: a ping is answered with the own id, and BEP 42: the address that it came from', () => {
  const { node, asker, ask } = stranger();
  const reply = ask({ ...HEAD, method: 'ping' });
  assert.ok(reply.kind === 'reply' && reply.ip !== null);
  assert.equal(reply.id.hex, node.protocol.id.hex);
  assert.equal(reply.transaction, 'aa');
  assert.equal(hexOf(reply.ip), hexOf(asker.endpoint));
});

test('BEP 5: find_node and get_peers name the 8 nearest contacts, never the asker', () => {
  const { node, ask } = stranger();
  const other = [...(node.protocol.v4?.table.all() ?? [])][0] as Contact;
  const reply = ask({ ...HEAD, id: other, method: 'find_node', target: other, want: 0 });
  assert.ok(reply.kind === 'reply' && reply.nodes !== null);
  assert.equal(reply.nodes.length, 8);
  assert.ok(reply.nodes.every((contact) => contact.hex !== other.hex));
  assert.equal(reply.nodes6, null);
});

test('BEP 32: contacts of the families that are wanted are named, as far as we have any', () => {
  const { ask } = stranger();
  const reply = ask({ ...HEAD, method: 'find_node', target: ID, want: WANT_V4 | WANT_V6 });
  assert.ok(reply.kind === 'reply' && reply.nodes?.length === 8 && reply.nodes6 === null);
  const only6 = ask({ ...HEAD, method: 'find_node', target: ID, want: WANT_V6 });
  assert.ok(only6.kind === 'reply' && only6.nodes === null);
});

test('errors have the codes of BEP 5: 203 for wrong arguments and tokens, 204 for what nobody knows', () => {
  const { ask } = stranger();
  const codeOf = (query: KrpcQuery): number | null => {
    const answer = ask(query);
    return answer.kind === 'error' ? answer.code : null;
  };
  const { kind, transaction, version, readOnly } = HEAD;
  assert.equal(codeOf({ kind, transaction, version, readOnly, method: 'invalid', name: 'ping' }), KrpcCode.protocol);
  assert.equal(codeOf({ ...HEAD, method: 'unknown', name: 'vote', target: null, want: 0 }), KrpcCode.unknownMethod);
  assert.equal(codeOf({ ...HEAD, method: 'unknown', name: 'vote', target: ID, want: 0 }), null);
  const wrong = { target: ID, port: 1, impliedPort: false, seed: false, token: 'made up' };
  assert.equal(codeOf({ ...HEAD, method: 'announce_peer', ...wrong }), KrpcCode.protocol);
  assert.equal(codeOf({ ...HEAD, method: 'put', token: 'made up', value: latin1Bytes('i1e'), mutable: null }), KrpcCode.protocol);
});

test('a token is of no use from another address: who forges a source sees no token, and stores no victim', () => {
  const { dht, node, askForToken } = stranger();
  const token = askForToken(ID);
  const victim = dht.world.addNode((host) => new FakeNode(host));
  dht.world.runFor(1);
  // What leaves the victim's address here was written by whoever forged it.
  victim.protocol.say(node.peer, { ...HEAD, method: 'announce_peer', target: ID, port: 80, impliedPort: false, seed: false, token });
  dht.world.runFor(1000);
  assert.equal(node.protocol.v4?.peers.size, 0);
});

test('BEP 32: no reply is larger than 1024 bytes, nor than ten times its query, whatever is wanted', () => {
  const { dht, node, ask } = stranger(200);
  const infoHash = new Uint8Array(20);
  for (let index = 1; index < 150; index++)
    node.protocol.v4?.peers.announce(readId(infoHash), (dht.nodes[index] as KademliaNode).endpoint, false, 0);
  const sizes: number[] = [];
  for (const transaction of ['aa', 't'.repeat(64)]) {
    for (const scrape of [false, true]) {
      for (const want of [0, WANT_V4 | WANT_V6]) {
        const query: GetPeersQuery = { ...HEAD, transaction, method: 'get_peers', target: readId(infoHash), want, noseed: false, scrape };
        const reply = ask(query) as KrpcReply;
        assert.ok(reply.values !== null && reply.values.length > 0);
        sizes.push(krpc.size(reply));
        assert.ok(krpc.size(reply) <= 10 * krpc.size(query), `${krpc.size(reply)} bytes for ${krpc.size(query)}`);
      }
    }
  }
  assert.ok(Math.max(...sizes) > 900 && Math.max(...sizes) <= 1024, sizes.join());
});

test('BEP 44: with the largest item there are fewer contacts, so that a reply fits into a packet', () => {
  const { node, ask } = stranger(200);
  const value = latin1Bytes(`996:${'x'.repeat(996)}`);
  node.protocol.items.put(value, null, Uint8Array.of(198, 51, 100, 1, 1, 1), 0);
  const target = readId(immutableTarget(value));
  const reply = ask({ ...HEAD, method: 'get', target, want: 0, seq: null }) as KrpcReply;
  assert.equal(reply.item?.value?.length, 1000);
  assert.ok(krpc.size(reply) <= 1400 && (reply.nodes?.length ?? 0) > 0, `${krpc.size(reply)} bytes`);
});

test('a reply counts only from the address that was asked, with the id that was meant', () => {
  const dht = grownDht(20);
  const liar = dht.world.addNode((host) => new FakeNode(host));
  dht.world.runFor(1);
  const node = pick(dht);
  const before = node.protocol.v4?.table.size;
  for (let number = 0; number < 65_536; number += 7) {
    const transaction = String.fromCharCode(number >> 8, number & 255);
    liar.protocol.say(node.peer, blank({ transaction, id: ID }));
  }
  findNode(dht, node, randomKey(dht));
  assert.equal(node.protocol.v4?.table.size, before);
  assert.equal(node.protocol.v4?.table.find(ID), null);
});

test('a node that answers with another id than it was known by loses its place', () => {
  const dht = idealDht(2);
  const [node] = dht.nodes as [KademliaNode];
  const liar = dht.world.addNode((host) => new FakeNode(host));
  liar.protocol.react = (from, message) => {
    if (message.kind === 'query') liar.protocol.say(from, blank({ transaction: message.transaction, id: new NodeId(9, 9, 9, 9, 9) }));
  };
  dht.world.runFor(1);
  node.protocol.v4?.table.answered(new Contact(ID, liar.endpoint), 1, 0);
  for (let round = 0; round < 3; round++) findNode(dht, node, randomKey(dht));
  const addresses = [...(node.protocol.v4?.table.all() ?? [])].filter((contact) => hexOf(contact.endpoint) === hexOf(liar.endpoint));
  assert.deepEqual(
    addresses.map(({ hex }) => hex),
    [new NodeId(9, 9, 9, 9, 9).hex],
  );
});

test('liars who name ever nearer nodes that are not there do not keep a search from its end', () => {
  const dht = idealDht(100);
  for (let index = 0; index < 30; index++) {
    const liar = dht.nodes[index] as KademliaNode;
    const { protocol } = liar;
    Object.assign(protocol.responder, {
      onQuery: (from: never, query: KrpcQuery) => {
        if (query.method === 'invalid' || !('target' in query) || query.target === null) return;
        const { target } = query;
        const invented = Array.from(
          { length: 8 },
          (_, at) =>
            new Contact(
              new NodeId(target.w0, target.w1, target.w2, target.w3, target.w4 ^ (at + 1)),
              Uint8Array.of(10, 200, index, at, 1, 1),
            ),
        );
        protocol.host.send(from, krpc, { ...blank({ transaction: query.transaction, id: protocol.id }), nodes: invented });
      },
    });
  }
  const honest = dht.nodes[50] as KademliaNode;
  const result = announce(dht, honest, randomKey(dht));
  assert.ok(result.questions <= 256 && result.tookMs < 120_000);
});

function blank(given: Pick<KrpcReply, 'transaction' | 'id'>): KrpcReply {
  return {
    kind: 'reply',
    version: '',
    ip: null,
    nodes: null,
    nodes6: null,
    token: null,
    values: null,
    values6: null,
    scrape: null,
    item: null,
    samples: null,
    ...given,
  };
}
