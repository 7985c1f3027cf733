/** Swarms without a tracker, whose members find one another through the DHT that they are nodes of (BEP 5). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { torrentOf } from '../../src/lab/swarm-world.ts';
import { KADEMLIA_DEFAULTS, Kademlia } from '../../src/overlays/kademlia/index.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World } from '../../src/sim/world.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import type { AddTorrent } from '../../src/transfer/bittorrent/torrent-status.ts';
import { FullNode } from './full-node.ts';

const NO_TRACKERS = { trackers: [] } as const;
/** What a link says that names nobody. */
const BARE_LINK = { ...NO_TRACKERS, metainfo: null } as const;

class Swarm {
  readonly world: World;
  readonly members: SimNode<FullNode>[] = [];
  private readonly metainfo: Metainfo;
  private readonly bootstrap: readonly Endpoint[];

  constructor(metainfo: Metainfo, seed: number, mode: 'reference' | 'bytes' = 'reference') {
    this.metainfo = metainfo;
    this.world = new World({ seed, mode });
    const first = this.world.addNode((host) => new Kademlia(host, KADEMLIA_DEFAULTS));
    for (let index = 0; index < 15; index++) {
      this.world.addNode((host) => new Kademlia(host, { ...KADEMLIA_DEFAULTS, bootstrap: [first.endpoint] }));
    }
    this.bootstrap = [first.endpoint];
    this.world.runFor(10_000);
  }

  member(has: 'all' | 'nothing', torrent: Partial<AddTorrent> = NO_TRACKERS, bootstrap = this.bootstrap): SimNode<FullNode> {
    const stores = has === 'all' ? ({ [hexOf(this.metainfo.infoHash)]: 'full' } as const) : {};
    const node = this.world.addNode((host) => new FullNode(host, this.metainfo, { bootstrap, torrent }), { stores });
    this.members.push(node);
    return node;
  }

  finish(msMax: number): boolean {
    return this.world.runUntil(() => this.members.every(({ protocol }) => protocol.isComplete), msMax);
  }
}

test('a swarm without a tracker finds itself, from a link that is nothing but a hash too, in both modes alike', () => {
  const run = (seed: number, mode: 'reference' | 'bytes'): string => {
    const swarm = new Swarm(torrentOf(20, 32_768), seed, mode);
    swarm.member('nothing', BARE_LINK);
    swarm.world.runFor(20_000);
    swarm.member('all');
    for (let count = 0; count < 4; count++) swarm.member('nothing', count % 2 === 0 ? BARE_LINK : NO_TRACKERS);
    const flags = new Set<string>();
    const look = (): void => {
      for (const { protocol } of swarm.members) for (const peer of protocol.torrent.peers()) flags.add(peer.flags.replace(/[^HI]/g, ''));
    };
    assert.ok(
      swarm.world.runUntil(() => (look(), swarm.members.every(({ protocol }) => protocol.isComplete)), 120_000),
      `seed ${seed}`,
    );
    assert.deepEqual([...flags].sort(), ['H', 'I']);
    return swarm.world.traceHash();
  };
  forSeeds(3, (seed) => assert.equal(run(seed, 'bytes'), run(seed, 'reference')));
});

test('BEP 27: a private torrent is not found in the DHT', () => {
  const swarm = new Swarm(torrentOf(20, 32_768, true), 1);
  swarm.member('all');
  swarm.member('nothing');
  assert.equal(swarm.finish(120_000), false);
});

test('BEP 5: peers tell each other the port of their DHT nodes, and one that knew nobody joins through it', () => {
  const swarm = new Swarm(torrentOf(400, 65_536), 1);
  const seed = swarm.member('all');
  swarm.world.runFor(5000);
  const stranger = swarm.member('nothing', { ...NO_TRACKERS, peers: [seed.endpoint] }, []);
  swarm.world.runFor(60_000);
  assert.ok(stranger.protocol.dht.isJoined);
});
