/** Peer exchange (BEP 11) in the simulator: swarms that find themselves without a tracker, and peers that tell us lies by the thousand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import { ExchangeFlag, type PeerExchangeMessage, peerExchangeMessage } from '../../src/transfer/bittorrent/peer-exchange-message.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { RUMOURS_MAX_OF_ONE } from '../../src/transfer/bittorrent/rumours.ts';
import { addFake, type FakeConnection, type FakeScript } from './fake-peer.ts';
import { checkCounters, checkNothingLeft } from './swarm-laws.ts';

const MINUTE = 60_000;
/** Our number for ut_pex, and the one that fakes ask for. */
const OURS = 3;
const THEIRS = 7;
/** So slow that nobody is done and leaves before everybody has met. */
const SLOW = { upBytesPerSecond: MBIT / 50, downBytesPerSecond: MBIT };

function swarmOf(seed = 1, mode: 'reference' | 'bytes' = 'reference', isPrivate = false): SwarmWorld {
  return new SwarmWorld(torrentOf(64, 65_536, isPrivate), { seed, mode, latency: { kind: 'plane', baseMs: 2, acrossMs: 60 } });
}

function meeting({ torrent }: Member): number {
  return torrent.swarm.size;
}

function flagsOf({ torrent }: Member): string {
  return torrent
    .peers()
    .map(({ flags }) => flags)
    .join(' ');
}

function lateComersAfterTheTrackersDeath(seed: number, mode: 'reference' | 'bytes' = 'reference'): SwarmWorld {
  const swarm = swarmOf(seed, mode);
  swarm.seed(SLOW);
  for (let count = 0; count < 15; count++) swarm.leecher(SLOW);
  swarm.world.runFor(MINUTE);
  swarm.world.crash(swarm.tracker, 'power');
  const [first] = swarm.members as [Member, ...Member[]];
  // Each knows one that is in the swarm, as the link said.
  for (let count = 0; count < 10; count++) swarm.leecher(SLOW, {}, { peers: [first.node.endpoint] });
  return swarm;
}

test('a swarm whose tracker dies after the first minute finds everybody who comes later', () => {
  forSeeds(3, (seed) => {
    const swarm = lateComersAfterTheTrackersDeath(seed);
    const everybody = swarm.members.length - 1;
    assert.ok(
      swarm.world.runUntil(() => swarm.members.every((member) => meeting(member) === everybody), 4 * MINUTE),
      `of ${everybody} others they have met ${swarm.members.map(meeting).join(', ')}`,
    );
    for (const member of swarm.members) checkCounters(member);
    assert.match(flagsOf(swarm.members.at(-1) as Member), /X/);
    checkNothingLeft(swarm);
  });
});

test('a run with peer exchange is a function of its seed, whether its bytes are encoded or not', () => {
  const trace = (seed: number, mode: 'reference' | 'bytes'): string => {
    const swarm = lateComersAfterTheTrackersDeath(seed, mode);
    swarm.world.runFor(2 * MINUTE);
    return swarm.world.traceHash();
  };
  const first = trace(5, 'reference');
  assert.equal(trace(5, 'reference'), first);
  assert.equal(trace(5, 'bytes'), first);
  assert.notEqual(trace(6, 'reference'), first);
});

test('a chain in which each knows the one before becomes a swarm', () => {
  const swarm = swarmOf();
  let last: Member | null = null;
  for (let count = 0; count < 12; count++) {
    last = swarm.leecher(SLOW, {}, { trackers: [], peers: last === null ? [] : [last.node.endpoint] });
  }
  assert.ok(
    swarm.world.runUntil(() => swarm.members.every((member) => meeting(member) === 11), 10 * MINUTE),
    swarm.members.map(meeting).join(', '),
  );
});

test('BEP 27: in a private torrent nobody hears of anybody, and nobody listens', () => {
  const swarm = swarmOf(1, 'reference', true);
  const hub = swarm.seed(SLOW, {}, { trackers: [] });
  for (let count = 0; count < 4; count++) swarm.leecher(SLOW, {}, { trackers: [], peers: [hub.node.endpoint] });
  const liar = addFake(swarm, telling(2 * MINUTE, [at('10.0.0.99:6881')]), [hub.node]);
  swarm.world.runFor(5 * MINUTE);
  assert.deepEqual(swarm.members.map(meeting), [5, 1, 1, 1, 1]);
  assert.equal(liar.protocol.connection.heard(PeerMessageId.extended).filter(({ extension }) => extension === THEIRS).length, 0);
  assert.equal(hub.torrent.swarm.candidates.size, 0);
});

test('BEP 27: a magnet link that turns out to be private leaves whom hearsay has led it to', () => {
  const swarm = swarmOf(1, 'reference', true);
  const seed = swarm.seed(SLOW, {}, { trackers: [] });
  const stranger = addFake(swarm, {});
  const gossip = addFake(swarm, telling(0, [stranger.endpoint]));
  const leecher = swarm.leecher(SLOW, {}, { trackers: [], metainfo: null, peers: [gossip.endpoint] });
  swarm.world.runFor(20_000);
  assert.equal(stranger.protocol.connection.isClosed, false);
  leecher.torrent.dial(seed.node.endpoint);
  swarm.world.runFor(MINUTE);
  assert.ok(leecher.watch.metadata);
  assert.ok(stranger.protocol.connection.isClosed);
  assert.deepEqual(
    leecher.torrent.peers().map(({ sources }) => sources[0]),
    ['magnet', 'manual'],
  );
});

test('BEP 11: a peer hears of others no more than once a minute, of each once, and when they have gone', () => {
  const swarm = swarmOf();
  const hub = swarm.leecher(SLOW, { connectionsPerTorrentMax: 200 }, { trackers: [] });
  const listener = addFake(swarm, listening, [hub.node]);
  const others = Array.from({ length: 70 }, () => swarm.leecher(SLOW, {}, { trackers: [], peers: [hub.node.endpoint] }));
  swarm.world.runFor(3 * MINUTE);
  const half = others.slice(0, 35);
  for (const { node } of half) swarm.world.leave(node);
  swarm.world.runFor(2 * MINUTE);
  const heard = exchanges(listener.protocol.connection);
  assert.ok(heard.length >= 3 && heard.length <= 5, `${heard.length} messages in five minutes`);
  for (const { added, dropped } of heard) assert.ok(added.length <= 50 && dropped.length <= 50);
  const added = heard.flatMap((message) => message.added.map(({ endpoint }) => endpoint.join('.')));
  const dropped = heard.flatMap((message) => message.dropped.map((endpoint) => endpoint.join('.')));
  assert.deepEqual(new Set(added), new Set(others.map(({ node }) => node.endpoint.join('.'))));
  assert.deepEqual([added.length, dropped.length], [70, 35]);
  assert.deepEqual(new Set(dropped), new Set(half.map(({ node }) => node.endpoint.join('.'))));
});

test('messages arrive a minute apart or more, on a network with jitter too: webtorrent hangs up on less', () => {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed: 1, faults: { jitterMs: 500 } });
  const hub = swarm.leecher(SLOW, {}, { trackers: [] });
  const times: number[] = [];
  addFake(
    swarm,
    {
      ...listening,
      onMessage(_connection, message) {
        if (message.id === PeerMessageId.extended && message.extension === THEIRS) times.push(swarm.world.now);
      },
    },
    [hub.node],
  );
  // A fake that says nothing is given up after four minutes.
  for (let count = 0; count < 8; count++) {
    swarm.leecher(SLOW, {}, { trackers: [], peers: [hub.node.endpoint] });
    swarm.world.runFor(30_000);
  }
  const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
  assert.ok(pauses.length >= 2 && Math.min(...pauses) >= MINUTE, `pauses of ${pauses.join(', ')} ms`);
});

test('BEP 11: flags tell who is a seed, who prefers encryption, who can be introduced, and who was dialled', () => {
  const swarm = swarmOf();
  const seed = swarm.seed(SLOW, { encryption: 'prefer' }, { trackers: [] });
  const hub = swarm.leecher(SLOW, { encryption: 'allow' }, { trackers: [], peers: [seed.node.endpoint] });
  swarm.leecher(SLOW, {}, { trackers: [], peers: [hub.node.endpoint] });
  const listener = addFake(swarm, listening, [hub.node]);
  swarm.world.runFor(30_000);
  const flags = exchanges(listener.protocol.connection).flatMap(({ added }) => added.map((peer) => peer.flags));
  const { prefersEncryption, uploadOnly, holepunch, reachable } = ExchangeFlag;
  assert.deepEqual(new Set(flags), new Set([prefersEncryption | uploadOnly | holepunch | reachable, holepunch]));
});

const LIES: readonly (readonly [what: string, endpoints: readonly string[], kept: number])[] = [
  ['addresses of this machine', ['127.0.0.1:80', '[::1]:80', '169.254.1.1:80'], 0],
  ['ports and addresses where nobody is', ['1.2.3.4:0', '0.0.0.0:80', '224.0.0.1:80', '[ff02::1]:80', '[::ffff:1.2.3.4]:80'], 0],
  ['many ports of one address', ['1.2.3.4:1', '1.2.3.4:2', '1.2.3.4:3'], 1],
  ['addresses of both families', ['1.2.3.4:80', '[2001:db8::1]:80'], 2],
];

for (const [what, endpoints, kept] of LIES) {
  test(`a peer that names ${what} gets ${kept} of them believed`, () => {
    const swarm = swarmOf();
    const victim = swarm.leecher(SLOW, {}, { trackers: [] });
    addFake(swarm, telling(0, endpoints.map(at)), [victim.node]);
    swarm.world.runFor(500);
    const { candidates } = victim.torrent.swarm;
    const known = endpoints.filter((endpoint) => candidates.sourcesOf(at(endpoint)).includes('pex'));
    assert.equal(known.length, kept);
  });
}

test('our own address is no news to us', () => {
  const swarm = swarmOf();
  const victim = swarm.leecher(SLOW, {}, { trackers: [] });
  addFake(swarm, telling(0, [victim.node.endpoint]), [victim.node]);
  swarm.world.runFor(500);
  assert.deepEqual(victim.torrent.swarm.candidates.sourcesOf(victim.node.endpoint), []);
});

test('a thousand invented peers a minute lead to as many dials as fifty, and keep nobody from downloading', () => {
  const swarm = swarmOf();
  const seed = swarm.seed({ upBytesPerSecond: MBIT });
  const victim = swarm.leecher();
  let invented = 0;
  const liar = addFake(
    swarm,
    {
      onOpen: introduceOneself,
      tickMs: 11_000,
      onTick(connection) {
        const added = Array.from({ length: 200 }, () => ({ endpoint: inventedPeer(invented++), flags: 0x1f }));
        sayExchange(connection, { added, dropped: added.slice(0, 100).map(({ endpoint }) => endpoint) });
      },
    },
    [victim.node, seed.node],
  );
  const before = swarm.world.counters.streamsFailed;
  assert.ok(swarm.finish(5 * MINUTE));
  swarm.world.runFor(10 * MINUTE);
  const dials = swarm.world.counters.streamsFailed - before;
  assert.ok(invented > 5000);
  assert.ok(dials <= 4 * RUMOURS_MAX_OF_ONE, `${dials} dials to ${invented} invented peers`);
  assert.ok(liar.protocol.connections.length >= 2);
});

test('who sends ten messages a minute is hung up on', () => {
  const swarm = swarmOf();
  const victim = swarm.leecher(SLOW, {}, { trackers: [] });
  const flood: FakeScript = {
    onOpen: introduceOneself,
    tickMs: 6000,
    onTick: (connection) => sayExchange(connection, { added: [], dropped: [] }),
  };
  const flooder = addFake(swarm, flood, [victim.node]);
  const patient = addFake(swarm, { ...flood, tickMs: 15_000 }, [victim.node]);
  swarm.world.runFor(3 * MINUTE);
  assert.ok(flooder.protocol.connection.isClosed);
  assert.equal(patient.protocol.connection.isClosed, false);
  assert.match(victim.watch.partings.join(), /floods us with peers/);
});

const listening: FakeScript = {
  onOpen(connection) {
    connection.sayHandshake();
    connection.sayExtensions({ extensions: new Map([['ut_pex', THEIRS]]) });
  },
};

/** Says who it is, and that it knows these, when it has been connected for so long. */
function telling(afterMs: number, endpoints: readonly Endpoint[]): FakeScript {
  const message = { added: endpoints.map((endpoint) => ({ endpoint, flags: 0 })), dropped: [] };
  let told = false;
  return {
    onOpen(connection) {
      introduceOneself(connection);
      if (afterMs === 0) sayExchange(connection, message);
    },
    tickMs: Math.max(1000, afterMs),
    onTick(connection) {
      if (afterMs > 0 && !told) sayExchange(connection, message);
      told = true;
    },
  };
}

function introduceOneself(connection: FakeConnection): void {
  connection.sayHandshake();
  connection.sayExtensions({ extensions: new Map([['ut_pex', THEIRS]]) });
}

function sayExchange(connection: FakeConnection, message: PeerExchangeMessage): void {
  connection.say({ id: PeerMessageId.extended, extension: OURS, payload: encodeToBytes(peerExchangeMessage, message) });
}

function exchanges(connection: FakeConnection): PeerExchangeMessage[] {
  const messages = connection.heard(PeerMessageId.extended).filter(({ extension }) => extension === THEIRS);
  return messages.map(({ payload }) => peerExchangeMessage.decode(payload, 0, payload.length));
}

/** Nobody is at 10.200.x.y. */
function inventedPeer(index: number): Endpoint {
  return Uint8Array.of(10, 200, (index >> 8) & 0xff, index & 0xff, 26, 225);
}

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}
