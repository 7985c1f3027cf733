/** Peers over WebRTC in the simulator: who nobody can dial is introduced by the tracker's WebSocket side, and swarms with the others. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../../src/core/endpoint.ts';
import type { Host } from '../../src/core/host.ts';
import { ENGINE_DEFAULTS, MBIT, torrentOf, Watch } from '../../src/lab/swarm-world.ts';
import { Tracker } from '../../src/overlays/tracker/index.ts';
import { SimChannels, type SimNode, SimWebRtc, World, type WorldOptions } from '../../src/sim/index.ts';
import { BitTorrent, IpFilterParser } from '../../src/transfer/bittorrent/index.ts';

import type { BitTorrentOptions } from '../../src/transfer/bittorrent/torrent-status.ts';

const SEED = Number(process.env.KITH_SEED ?? 11);
const METAINFO = torrentOf(32, 65_536);
const HASH = Buffer.from(METAINFO.infoHash).toString('hex');
const MINUTE = 60_000;

interface Swarm {
  readonly world: World;
  readonly tracker: SimNode<Tracker>;
  /** A node that is found over WebRTC alone unless `both` lets it listen too. */
  add(isSeed: boolean, options?: Partial<BitTorrentOptions>, both?: boolean): SimNode<BitTorrent>;
}

test('a browser-like peer that has nothing gets everything from one that has it, over WebRTC alone', () => {
  const { world, add } = swarmWorld();
  const seed = add(true);
  const leech = add(false);
  world.runFor(1500);
  const [peer] = seed.protocol.torrent(HASH)?.peers() ?? [];
  assert.equal(peer?.transport, 'webrtc', `seed ${SEED}`);
  assert.match(peer.flags, /E.*R/);
  world.runFor(MINUTE);
  assert.equal(state(leech), 'seeding', `seed ${SEED}`);
});

test('the crowd that announces to the tracker is introduced to each other, and all have it in the end', () => {
  const { world, tracker, add } = swarmWorld();
  add(true);
  const crowd = Array.from({ length: 12 }, () => add(false));
  world.runFor(5 * MINUTE);
  assert.deepEqual(new Set(crowd.map(state)), new Set(['seeding']), `seed ${SEED}`);
  const { peersIntroduced, webSocket } = tracker.protocol.inspect();
  assert.equal(peersIntroduced, 13);
  assert.ok(webSocket.answers > 12, `${webSocket.answers} answers`);
});

test('one that is reached both ways hands on to browsers what it gets over TCP, and two such keep TCP', () => {
  const { world, add } = swarmWorld();
  const both = [add(true, {}, true), add(false, {}, true)];
  const browser = add(false);
  world.runFor(1500);
  const transports = both.map((node) =>
    node.protocol
      .torrent(HASH)
      ?.peers()
      .map(({ transport }) => transport)
      .sort(),
  );
  assert.deepEqual(
    transports,
    [
      ['tcp', 'webrtc'],
      ['tcp', 'webrtc'],
    ],
    `seed ${SEED}`,
  );
  world.runFor(MINUTE);
  assert.equal(state(browser), 'seeding', `seed ${SEED}`);
});

test('whoever the IP filter blocks is not met over WebRTC either', () => {
  const { world, add } = swarmWorld();
  const seed = add(true);
  const parser = new IpFilterParser();
  parser.push('0.0.0.0 - 255.255.255.255\n');
  seed.protocol.setIpFilter(parser.finish().filter);
  const leech = add(false);
  world.runFor(MINUTE);
  assert.equal(state(leech), 'downloading', `seed ${SEED}`);
});

test('when the tracker is restarted all come back to it by themselves', () => {
  const { world, tracker, add } = swarmWorld();
  for (let count = 0; count < 3; count++) add(false);
  world.runFor(10_000);
  world.restart(tracker);
  world.runFor(MINUTE);
  assert.equal(tracker.protocol.inspect().peersIntroduced, 3, `seed ${SEED}`);
});

test('who stops says so, closes the channel and leaves no meeting behind', () => {
  const { world, tracker, add } = swarmWorld();
  const node = add(false);
  world.runFor(1000);
  assert.equal(tracker.protocol.inspect().channels, 1);
  node.protocol.remove(HASH);
  world.runFor(MINUTE);
  const { peersIntroduced, channels } = tracker.protocol.inspect();
  assert.deepEqual([peersIntroduced, channels], [0, 0]);
  assert.deepEqual(node.protocol.webSocketTrackers?.inspect(), { trackers: [], introductions: 0 });
});

test('a world in which everything is encoded runs the same way', () => {
  const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
    const { world, add } = swarmWorld({ mode });
    add(true);
    for (let count = 0; count < 4; count++) add(false);
    world.runFor(MINUTE);
    return world.traceHash();
  });
  assert.equal(bytes, reference);
});

function swarmWorld(options: Partial<WorldOptions> = {}): Swarm {
  const world = new World({ seed: SEED, ...options });
  const tracker = world.addNode((host) => new Tracker(host, { channels: new SimChannels(host) }));
  const url = `ws://${formatEndpoint(tracker.endpoint)}/`;
  const httpUrl = `udp://${formatEndpoint(tracker.endpoint)}/`;
  const add: Swarm['add'] = (isSeed, engine = {}, both = false) => {
    const factory = (host: Host): BitTorrent => {
      const webRtc = { channels: new SimChannels(host), meetings: new SimWebRtc(world, host) };
      const ours = new BitTorrent(host, { ...ENGINE_DEFAULTS, ...(both ? {} : { listenPort: 0 }), webRtc, ...engine });
      ours.add({
        metainfo: METAINFO,
        infoHash: METAINFO.infoHash,
        name: null,
        trackers: both ? [[url], [httpUrl]] : [[url]],
        peers: [],
        location: 'disk',
        selectOnly: null,
        writable: true,
        recheck: 'trust',
        sequential: false,
        paused: false,
        uploadRateMax: 0,
        downloadRateMax: 0,
        observer: new Watch(() => world.now),
      });
      return ours;
    };
    return world.addNode(factory, { upBytesPerSecond: 10 * MBIT, stores: isSeed ? { [HASH]: 'full' } : {} });
  };
  return { world, tracker, add };
}

function state(node: SimNode<BitTorrent>): string | undefined {
  return node.protocol.torrent(HASH)?.status().state;
}
