/** Swarms whose members think differently of encryption, in the simulator: who can talk to whom does, and nothing else changes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { KEY_BYTES } from '../../src/transfer/bittorrent/encryption-keys.ts';
import type { EncryptionPolicy } from '../../src/transfer/bittorrent/encryption-policy.ts';
import { addFake, type FakeConnection, fakeSeed } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { treeTorrent } from './tree-torrent.ts';

const LINK = { upBytesPerSecond: 8 * MBIT, downBytesPerSecond: 8 * MBIT };
const MINUTE = 60_000;

function swarmOf(options: Partial<WorldOptions> = {}): SwarmWorld {
  return new SwarmWorld(torrentOf(16, 65_536), { seed: 1, latency: { kind: 'plane', baseMs: 2, acrossMs: 60 }, ...options });
}

/** A seed and a leecher that does not find it through the tracker but dials it. */
function pair(dialler: EncryptionPolicy, seeds: EncryptionPolicy): { swarm: SwarmWorld; seed: Member; leecher: Member } {
  const swarm = swarmOf();
  const seed = swarm.seed(LINK, { encryption: seeds }, { trackers: [] });
  const leecher = swarm.leecher(LINK, { encryption: dialler }, { trackers: [], peers: [seed.node.endpoint] });
  return { swarm, seed, leecher };
}

function flagsOf({ torrent }: Member): string[] {
  return torrent.swarm.peerStatuses().map(({ flags }) => flags.replace(/[^Ee]/g, ''));
}

test('whoever can talk to one another does, encrypted as far as both want it', () => {
  const policies = ['off', 'allow', 'prefer', 'require'] as const;
  const expected = {
    off: ['', '', '', null],
    allow: ['', '', '', 'E'],
    prefer: ['', 'e', 'E', 'E'],
    require: [null, 'E', 'E', 'E'],
  };
  for (const dialler of policies) {
    for (const [column, seeds] of policies.entries()) {
      const { swarm, leecher } = pair(dialler, seeds);
      const flags = expected[dialler][column] as string | null;
      const shown = new Set<string>();
      const complete = swarm.world.runUntil(() => {
        for (const each of flagsOf(leecher)) shown.add(each);
        return leecher.watch.completeAtMs !== null;
      }, MINUTE);
      assert.deepEqual([complete, [...shown]], [flags !== null, flags === null ? [] : [flags]], `${dialler} dials ${seeds}`);
    }
  }
});

test('a hybrid is dialled in secret by either of its info-hashes, by the second as soon as it is known (BEP 52)', () => {
  const swarm = new SwarmWorld(treeTorrent([300_000, 5, 100_000], 65_536, 'hybrid'), { seed: 1 });
  const { infoHash, v2 } = swarm.metainfo;
  const infoHashV2 = v2?.infoHash as Uint8Array;
  const secret = { encryption: 'require' } as const;
  const seed = swarm.seed({}, secret, { trackers: [] });
  const byV1 = swarm.leecher({}, secret, { metainfo: null, infoHash, trackers: [], peers: [seed.node.endpoint] });
  const speaks = (member: Member): readonly boolean[] => [...member.torrent.connections].map(({ speaksV2 }) => speaksV2);
  assert.ok(swarm.world.runUntil(() => byV1.torrent.metainfo !== null, MINUTE));
  const named = { metainfo: null, infoHash: infoHashV2.slice(0, 20), infoHashV2, trackers: [], peers: [byV1.node.endpoint] };
  const byV2 = swarm.leecher({}, secret, named);
  assert.ok(swarm.world.runUntil(() => byV2.torrent.swarm.size === 1, 1000));
  assert.deepEqual([flagsOf(byV2), speaks(byV2)], [['E'], [true]]);
  byV2.torrent.dial(seed.node.endpoint);
  assert.ok(swarm.finish(MINUTE), JSON.stringify(swarm.members.map(({ torrent }) => torrent.status())));
  checkNothingLeft(swarm);
});

test('an encrypted dial by the hash of v1 is answered by that of v2, where both know it (BEP 52)', () => {
  const swarm = new SwarmWorld(treeTorrent([300_000, 5], 65_536, 'hybrid'), { seed: 1 });
  const seed = swarm.seed({}, { encryption: 'require' }, { trackers: [] });
  const leecher = swarm.leecher({}, { encryption: 'require' }, { trackers: [], peers: [seed.node.endpoint] });
  assert.ok(swarm.world.runUntil(() => leecher.torrent.swarm.size === 1, 1000));
  for (const { torrent } of [seed, leecher]) {
    const [connection] = torrent.connections;
    assert.deepEqual([connection?.encryption, connection?.speaksV2], ['all', true]);
  }
});

test('who has to try the other way does it at once, and the way that worked first the next time', () => {
  for (const [dialler, seeds] of [
    ['prefer', 'off'],
    ['allow', 'require'],
  ] as const) {
    const { swarm, leecher, seed } = pair(dialler, seeds);
    assert.ok(
      swarm.world.runUntil(() => leecher.torrent.swarm.size === 1, 1000),
      `${dialler} dials ${seeds}`,
    );
    assert.equal(swarm.world.counters.streamsOpened, 2);
    assert.equal(leecher.torrent.swarm.candidates.hintsTo(seed.node.endpoint).before?.encrypted, seeds === 'require');
  }
});

test('a swarm in which all think differently completes, plain to plain and secret to secret', () => {
  forSeeds(5, (seed) => {
    const swarm = swarmOf({ seed });
    swarm.seed(LINK, { encryption: 'allow' });
    for (const encryption of ['off', 'allow', 'prefer', 'require', 'off', 'allow', 'prefer', 'require'] as const) {
      swarm.leecher(LINK, { encryption });
    }
    assert.ok(swarm.finish(10 * MINUTE), JSON.stringify(swarm.members.map(({ torrent }) => torrent.status())));
    checkNothingLeft(swarm);
  });
});

function run(seed: number, mode: 'reference' | 'bytes', chunkBytes = 16_384): string {
  const swarm = swarmOf({ seed, mode, chunkBytes, faults: { jitterMs: 20 } });
  swarm.seed(LINK, { encryption: 'prefer' });
  for (const encryption of ['off', 'allow', 'prefer', 'require', 'prefer'] as const) swarm.leecher(LINK, { encryption });
  swarm.world.runFor(MINUTE);
  assert.ok(swarm.allComplete);
  return swarm.world.traceHash();
}

test('an encrypted run is a function of its seed, whether its bytes are really enciphered or not', () => {
  forSeeds(5, (seed) => {
    const first = run(seed, 'reference');
    assert.equal(run(seed, 'reference'), first);
    assert.equal(run(seed, 'bytes'), first);
    assert.notEqual(run(seed + 100, 'reference'), first);
  });
});

test('really enciphered bytes arrive in chunks that cut through everything', () => {
  forSeeds(3, (seed) => assert.equal(run(seed, 'bytes', 97), run(seed, 'reference', 97)));
});

/** What strangers may do to a node that answers encrypted handshakes, and how many at once. */
const HOSTILE: readonly (readonly [what: string, count: number, onOpen: (connection: FakeConnection, random: Random) => void])[] = [
  ['say nothing', 20, () => {}],
  ['send a key and nothing more', 20, (connection, random) => connection.sayBytes(random.fill(new Uint8Array(KEY_BYTES)))],
  ['never come to the end of a padding', 20, (connection, random) => connection.sayBytes(random.fill(new Uint8Array(5000)))],
  [
    'leave in the middle',
    20,
    (connection, random) => {
      connection.sayBytes(random.fill(new Uint8Array(KEY_BYTES + 50)));
      connection.stream?.end();
    },
  ],
  ['send keys by the hundred', 300, (connection, random) => connection.sayBytes(random.fill(new Uint8Array(KEY_BYTES)))],
];

for (const [what, count, act] of HOSTILE) {
  test(`strangers that ${what} end nothing but their own connections`, () => {
    const swarm = swarmOf();
    const random = new Random(7);
    const victim = swarm.leecher(LINK, { encryption: 'prefer' });
    const fakes = Array.from(
      { length: count },
      () => addFake(swarm, { onOpen: (connection) => act(connection, random) }, [victim.node]).protocol,
    );
    swarm.world.runFor(200);
    swarm.seed(LINK, { encryption: 'require' });
    assert.ok(swarm.finish(MINUTE));
    swarm.world.runFor(20_000);
    assert.ok(fakes.every((fake) => fake.connections.every((connection) => connection.isClosed)));
    checkNothingLeft(swarm);
  });
}

test('a seed that speaks plainly and first to everybody is still reached', () => {
  const swarm = swarmOf();
  const fake = addFake(
    swarm,
    fakeSeed((connection, { piece, begin, length }) => connection.sayBlock({ piece, begin, length })),
  );
  const leecher = swarm.leecher(LINK, { encryption: 'prefer' }, { trackers: [], peers: [fake.endpoint] });
  assert.ok(swarm.finish(2 * MINUTE));
  assert.deepEqual(leecher.watch.failure, null);
});
