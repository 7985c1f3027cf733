/** When a search is over: all who carry it out are through, as they say themselves or by their silence, and nothing comes any more. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  add,
  file,
  grown,
  LEAF_HEADERS,
  neighbour,
  neighboursOf,
  network,
  type Network,
  search,
  type ServentNode,
  sharing,
  type Talker,
  ULTRAPEER_HEADERS,
} from '../../../test/gnutella/networks.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { hitPackets } from './answers.ts';
import { ENOUGH } from './dynamic-query.ts';
import type { GnutellaOptions } from './gnutella-options.ts';
import { newGuid } from './guid.ts';
import { Packet, PacketType } from './packet.ts';
import {
  encodedVendor,
  MESSAGES_SUPPORTED,
  u16Data,
  u16Of,
  VendorKind,
  vendorCodec,
  vendorKindOf,
  vendorMessage,
} from './vendor-message.ts';

/** What the talker was asked of that kind. */
function asked(talker: Talker, kind: string): Packet[] {
  return talker.of(PacketType.vendor).filter(({ payload }) => vendorKindOf(vendorCodec.decode(payload, 0, payload.length)) === kind);
}

function tells(talker: Talker, query: Packet, hits: number): void {
  talker.say(new Packet(query.guid, PacketType.vendor, 1, 0, encodedVendor(vendorMessage(VendorKind.hitsSoFar, 1, u16Data(hits)))));
}

/** A leaf with an ultrapeer that the test moves, and what it has been asked. */
function leafOf(headers: Readonly<Record<string, string>>): { net: Network; leaf: ServentNode; ultrapeer: SimNode<Talker> } {
  const net = network();
  const leaf = add(net, { mode: 'leaf', degreeMin: 0 });
  net.world.runFor(10);
  const ultrapeer = neighbour(net, leaf, headers);
  net.world.runFor(2_000);
  assert.deepEqual(
    neighboursOf(leaf).map(({ kind }) => kind),
    ['ultrapeer'],
  );
  return { net, leaf, ultrapeer };
}

/** One that has told that it understands vendor messages. */
function telling() {
  const made = leafOf(ULTRAPEER_HEADERS);
  const guid = newGuid(made.net.random);
  made.ultrapeer.protocol.say(new Packet(guid, PacketType.vendor, 1, 0, encodedVendor(MESSAGES_SUPPORTED)));
  made.net.world.runFor(500);
  return made;
}

test('a search in a network of one ultrapeer and its leaves is over in a few seconds, with all that there is', () => {
  const net = network();
  const ultrapeer = add(net, { mode: 'ultrapeer', files: sharing('walrus one.mp3') });
  net.world.runFor(10);
  const leaf = add(net, { mode: 'leaf', degreeMin: 0 }, [ultrapeer.endpoint]);
  add(net, { mode: 'leaf', degreeMin: 0, files: sharing('walrus two.mp3') }, [ultrapeer.endpoint]);
  net.world.runFor(30_000);
  for (const from of [leaf, ultrapeer]) {
    const found = search(from, 'walrus');
    const beginMs = net.world.now;
    assert.ok(net.world.runUntil(() => found.ended, 60_000));
    assert.ok(net.world.now - beginMs <= 5_000, `${net.world.now - beginMs} ms`);
    assert.deepEqual(found.names, from === leaf ? ['walrus one.mp3', 'walrus two.mp3'] : ['walrus two.mp3']);
  }
});

test('an ultrapeer is asked by the name of the query (BEAR/11), and waited for as long as it says that it is at work', () => {
  const { net, leaf, ultrapeer } = telling();
  const found = search(leaf, 'walrus');
  net.world.runFor(1_500);
  const [query] = ultrapeer.protocol.of(PacketType.query);
  assert.ok(query !== undefined);
  for (let seconds = 0; seconds < 30; seconds++) {
    tells(ultrapeer.protocol, query, 0);
    net.world.runFor(1_000);
  }
  assert.equal(found.ended, false);
  const [question] = asked(ultrapeer.protocol, VendorKind.hitsQuestion) as [Packet];
  assert.deepEqual([question.guid, question.payload.length], [query.guid, 8]);
  tells(ultrapeer.protocol, query, ENOUGH);
  net.world.runFor(4_000);
  assert.equal(found.ended, true);
});

test('an ultrapeer that never is through, or says nothing, keeps a search open for no longer than its time', () => {
  const { net, leaf, ultrapeer } = telling();
  const found = search(leaf, 'walrus');
  net.world.runFor(1_500);
  const [query] = ultrapeer.protocol.of(PacketType.query) as [Packet];
  for (let seconds = 0; seconds < 70; seconds++) {
    tells(ultrapeer.protocol, query, 7);
    net.world.runFor(1_000);
  }
  assert.equal(found.ended, true);
  const questions = asked(ultrapeer.protocol, VendorKind.hitsQuestion).length;
  assert.ok(questions > 50 && questions <= 61, `${questions} questions in a minute`);
});

test('of an ultrapeer that cannot tell, ten seconds without a hit are the end, and each hit begins them anew', () => {
  const { net, leaf, ultrapeer } = leafOf({ ...ULTRAPEER_HEADERS, 'Vendor-Message': '' });
  const found = search(leaf, 'walrus');
  net.world.runFor(8_000);
  const [query] = ultrapeer.protocol.of(PacketType.query) as [Packet];
  const us = {
    endpoint: ultrapeer.endpoint,
    servent: newGuid(net.random),
    vendor: 'TEST',
    isFirewalled: false,
    proxies: [],
    speed: 1,
    isBusy: false,
  };
  for (const hit of hitPackets(query.guid, 4, [file(1, 'walrus.mp3')], 1, us)) ultrapeer.protocol.say(hit);
  net.world.runFor(9_000);
  assert.deepEqual([found.names, found.ended], [['walrus.mp3'], false]);
  net.world.runFor(5_000);
  assert.equal(found.ended, true);
});

test('one ultrapeer that says that it is through does not speak for another, nor who is none of both', () => {
  const { net, leaf, ultrapeer: first } = telling();
  const second = neighbour(net, leaf, ULTRAPEER_HEADERS);
  const found = search(leaf, 'walrus');
  net.world.runFor(1_500);
  const [query] = first.protocol.of(PacketType.query) as [Packet];
  const late = neighbour(net, leaf, ULTRAPEER_HEADERS);
  for (const { protocol } of [first, late]) tells(protocol, query, ENOUGH);
  net.world.runFor(5_000);
  assert.equal(found.ended, false);
  second.protocol.end();
  net.world.runFor(4_000);
  assert.equal(found.ended, true, 'who is gone is not waited for');
});

test('an ultrapeer tells a leaf how far its own query is, and of queries of others that there is nothing to wait for', () => {
  const net = network();
  const servent = add(net, { mode: 'ultrapeer' });
  net.world.runFor(10);
  neighbour(net, servent, ULTRAPEER_HEADERS);
  const [leaf, other] = [neighbour(net, servent, LEAF_HEADERS), neighbour(net, servent, LEAF_HEADERS)];
  net.world.runFor(2_000);
  const query = leaf.protocol.tell(PacketType.query, 4, Uint8Array.of(0x80, 0, 0x61, 0x62, 0x63, 0));
  const ask = (talker: Talker): number | null => {
    talker.heard.length = 0;
    talker.say(
      new Packet(query.guid, PacketType.vendor, 1, 0, encodedVendor(vendorMessage(VendorKind.hitsQuestion, 1, new Uint8Array(0)))),
    );
    net.world.runFor(300);
    const [answer] = asked(talker, VendorKind.hitsSoFar);
    return answer === undefined ? null : u16Of(vendorCodec.decode(answer.payload, 0, answer.payload.length).data);
  };
  net.world.runFor(300);
  assert.deepEqual([ask(leaf.protocol), ask(other.protocol)], [0, ENOUGH]);
  net.world.runFor(60_000);
  assert.equal(ask(leaf.protocol), ENOUGH);
});

const SEEDS = Number(process.env.KITH_SEEDS ?? 24);

test(`a search that ends by itself finds what one finds that uses all of its time, and is far sooner over (${SEEDS} seeds)`, () => {
  let sumMs = 0;
  const holders = [7, 13, 19];
  forSeeds(SEEDS, (seed) => {
    const results = [true, false].map((endsWhenAsked) => {
      const optionsOf = (index: number): Partial<GnutellaOptions> => ({
        ...{ mode: index % 5 === 0 ? 'ultrapeer' : 'leaf', degreeMin: 0, endsWhenAsked, searchMs: 180_000 },
        files: holders.includes(index) ? sharing(`rare walrus ${index}.mp3`) : sharing(`other ${index}.mp3`),
      });
      const net = grown(25, optionsOf, { seed, latency: { kind: 'uniform', minMs: 10, maxMs: 150 } });
      const found = search(net.nodes[3] as ServentNode, 'rare walrus');
      const beginMs = net.world.now;
      net.world.runUntil(() => found.ended, 200_000);
      if (endsWhenAsked) sumMs += net.world.now - beginMs;
      return found.names;
    });
    assert.deepEqual(results[0], results[1]);
    assert.equal(results[0]?.length, holders.length);
  });
  assert.ok(sumMs / SEEDS < 30_000, `${sumMs / SEEDS} ms on average`);
});
