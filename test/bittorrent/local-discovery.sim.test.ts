/** Local discovery (BEP 14) in the simulator: nodes on one wire that nobody has told of each other. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint, Host } from '../../src/core/host.ts';
import { ENGINE_DEFAULTS, MBIT, Watch } from '../../src/lab/swarm-world.ts';
import { torrentOf } from '../../src/lab/swarm-world.ts';
import { Lan, type SimNode, World } from '../../src/sim/index.ts';
import { BitTorrent, type Metainfo } from '../../src/transfer/bittorrent/index.ts';
import { LOCAL_DISCOVERY_GROUPS, LOCAL_TORRENTS_MAX, localAnnounce } from '../../src/wire/local-discovery.ts';

const MINUTE = 60_000;
const [GROUP] = LOCAL_DISCOVERY_GROUPS as readonly [Endpoint, Endpoint];
const METAINFO = torrentOf(16, 65_536);

/** A node on the wire with these torrents, which has all of them or none. */
function addNode(world: World, lan: Lan | null, torrents: readonly Metainfo[], isSeed: boolean): SimNode<BitTorrent> {
  const factory = (host: Host): BitTorrent => {
    const engine = new BitTorrent(host, { ...ENGINE_DEFAULTS, ...(lan !== null && { localNetwork: lan.join(host) }) });
    for (const metainfo of torrents) engine.add(specOf(world, metainfo));
    return engine;
  };
  const hashes = torrents.map(({ infoHash }) => Buffer.from(infoHash).toString('hex'));
  const stores = isSeed ? Object.fromEntries(hashes.map((hash) => [hash, 'full' as const])) : {};
  return world.addNode(factory, { upBytesPerSecond: MBIT, stores });
}

function specOf(world: World, metainfo: Metainfo) {
  return {
    metainfo,
    infoHash: metainfo.infoHash,
    name: null,
    trackers: [],
    peers: [],
    location: 'disk',
    selectOnly: null,
    writable: true,
    recheck: 'trust' as const,
    sequential: false,
    paused: false,
    uploadRateMax: 0,
    downloadRateMax: 0,
    observer: new Watch(() => world.now),
  };
}

function states(node: SimNode<BitTorrent>): string[] {
  return node.protocol.statuses().map(({ state }) => state);
}

test('two on one wire find each other without a tracker, and a third elsewhere finds nobody', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  addNode(world, lan, [METAINFO], true);
  const [near, far] = [addNode(world, lan, [METAINFO], false), addNode(world, null, [METAINFO], false)];
  world.runFor(MINUTE / 2);
  assert.deepEqual([states(near), states(far)], [['seeding'], ['downloading']]);
});

test('a peer found in the local network has the flag L', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const slow = addNode(world, lan, [torrentOf(64, 1 << 20)], true);
  const near = addNode(world, lan, [torrentOf(64, 1 << 20)], false);
  world.runFor(10_000);
  const flags = [slow, near].flatMap(({ protocol }) =>
    [...protocol.statuses()].map(({ infoHash }) => protocol.torrent(infoHash)?.peers()[0]?.flags),
  );
  assert.match(flags.join(), /L/);
});

test('BEP 27: a private torrent is neither spoken of nor listened for', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const secret = torrentOf(16, 65_536, true);
  addNode(world, lan, [secret], true);
  const other = addNode(world, lan, [secret], false);
  world.runFor(10 * MINUTE);
  assert.equal(lan.said, 0);
  lan.spread(at('10.0.0.1:6771'), announceOf([secret.infoHash]));
  world.runFor(1000);
  assert.equal(other.protocol.statuses()[0]?.peers, 0);
});

test('BEP 14: a torrent is named every five minutes, and no datagram leaves sooner than a minute after another', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const times: number[] = [];
  const spread = lan.spread.bind(lan);
  lan.spread = (from, bytes) => {
    times.push(world.now);
    spread(from, bytes);
  };
  const many = Array.from({ length: 3 * LOCAL_TORRENTS_MAX }, (_, index) => torrentOf(4 + index, 65_536));
  addNode(world, lan, many, true);
  world.runFor(20 * MINUTE);
  const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
  assert.ok(Math.min(...pauses) >= MINUTE, `pauses of ${pauses.join(', ')} ms`);
  // Three datagrams for all of them, four times in twenty minutes.
  assert.equal(times.length, 12);
});

test('with many torrents each has its turn', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const many = Array.from({ length: 10 * LOCAL_TORRENTS_MAX }, (_, index) => torrentOf(4 + index, 65_536));
  const counts = new Map<string, number>();
  lan.join(addNode(world, null, [], false).host).hear(localAnnounce, {
    onHeard(_from, { infoHashes }) {
      for (const hash of infoHashes) counts.set(hash.join(), (counts.get(hash.join()) ?? 0) + 1);
    },
  });
  addNode(world, lan, many, true);
  world.runFor(20 * MINUTE);
  assert.equal(counts.size, many.length);
  assert.ok(Math.max(...counts.values()) - Math.min(...counts.values()) <= 1);
});

test('a storm of announces is listened to for a while only, and leads to dials of those who announced', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const victim = addNode(world, lan, [METAINFO], false);
  world.runFor(2000);
  for (let index = 0; index < 2000; index++) lan.spread(at(`10.200.${index >> 8}.${index & 255}:6771`), announceOf([METAINFO.infoHash]));
  world.runFor(100);
  const { candidates = 0 } = victim.protocol.statuses()[0] ?? {};
  assert.ok(candidates > 100 && candidates <= 200, `${candidates} candidates`);
});

test('a link-local address of IPv6, which cannot be dialled without the name of its wire, is passed over', () => {
  const world = new World({ seed: 1 });
  const lan = new Lan(world, GROUP);
  const node = addNode(world, lan, [METAINFO], false);
  world.runFor(2000);
  lan.spread(at('[fe80::1]:6771'), announceOf([METAINFO.infoHash]));
  world.runFor(100);
  assert.equal(node.protocol.statuses()[0]?.candidates, 0);
});

function announceOf(infoHashes: readonly Uint8Array[]): Uint8Array {
  return encodeToBytes(localAnnounce, { host: '239.192.152.143:6771', port: 6881, infoHashes, cookie: 'somebody' });
}

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}
