/**
 * A BitTorrent swarm that is watched: a tracker, one seed, leechers, all with the real engine; who holds how much, who serves whom, and which pieces are
 * rare. Nodes go by their index in the world: the tracker is 0, the seed 1. Owns the swarm.
 */

import { Churn } from '../churn.ts';
import { LiveNodes } from '../live-nodes.ts';
import { latencySpecOf } from '../networks.ts';
import type { NeighbourView } from '../overlay-model.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import { engineOf } from '../scenarios/swarm.ts';
import { type Member, SwarmWorld, torrentOf } from '../swarm-world.ts';
import type { Bitset } from '../../core/bitset.ts';
import type { World } from '../../sim/world.ts';
import { CHOKE_REASONS } from '../../transfer/bittorrent/choke-reasons.ts';
import { rimSpot } from './graph-layout.ts';
import { type Frame, type NodeView, NodeRole, type Places, type SwarmFrame } from './live-frame.ts';
import { counted, type LiveNetwork, type Say } from './live-network.ts';
import { ringSpots } from './tier-layout.ts';

const FOREVER_MS = 1e12;
/** Of one frame. */
const SERVING_MAX = 4_000;
const SERVING_NUMBERS = 3;
const ALL = 255;
const RING_RADIUS_MIN = 0.2;
const TRACKER_SPOT = [0.06, 0.06] as const;
const SEED_SPOT = [0.5, 0.5] as const;
/** The tracker and the seed. */
const FIRST_LEECHER = 2;

export class WatchedSwarm implements LiveNetwork {
  readonly shape = 'swarm';
  readonly world: World;
  private readonly made: SwarmWorld;
  private readonly link: { readonly upBytesPerSecond: number; readonly downBytesPerSecond: number };
  private readonly engine: ReturnType<typeof engineOf>;
  private readonly alive = new LiveNodes();
  private readonly churn: Churn;
  private readonly say: Say;
  private readonly firstSpots: Float32Array;

  /** Throws RangeError when the system is none, or an option is not known. */
  constructor(spec: RunSpec, workload: Extract<WorkloadSpec, { kind: 'swarm' }>, seed: number, say: Say) {
    const { pieces, pieceBytes, upBytesPerSecond, downBytesPerSecond } = workload;
    this.engine = engineOf(spec);
    this.say = say;
    this.link = { upBytesPerSecond, downBytesPerSecond };
    const options = { seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss } };
    this.made = new SwarmWorld(torrentOf(pieces, pieceBytes), options);
    this.world = this.made.world;
    this.alive.add(this.made.seed(this.link, this.engine).node.index);
    for (let count = 0; count < spec.nodes; count++) {
      if (spec.start === 'ideal') this.join();
      else this.world.at(count * spec.joinEveryMs, () => this.join());
    }
    const leechers = {
      live: this.alive.numbers,
      join: () => this.join(),
      crash: (node: number) => this.crash(node),
      leave: (node: number, done: () => void) => this.leave(node, done),
    };
    this.churn = new Churn(this.world, leechers, spec.churn, seed);
    // Nodes start in events of this moment.
    if (spec.start === 'ideal') this.world.runFor(1);
    this.firstSpots = placeFirst(FIRST_LEECHER + spec.nodes);
  }

  get live(): readonly number[] {
    return this.alive.numbers;
  }

  get helpers(): readonly number[] {
    const { tracker } = this.made;
    return tracker.host.running ? [tracker.index] : [];
  }

  isMember(node: number): boolean {
    const { state } = this.memberAt(node)?.torrent ?? {};
    return this.alive.has(node) && (state === 'downloading' || state === 'seeding');
  }

  /** A leecher; its number. */
  join(): number {
    const { node } = this.made.leecher(this.link, this.engine);
    this.alive.add(node.index);
    return node.index;
  }

  crash(node: number): void {
    if (this.alive.has(node)) this.alive.remove(node);
    this.world.crash(this.machine(node), 'power');
  }

  leave(node: number, done: () => void): void {
    if (this.alive.has(node)) this.alive.remove(node);
    this.world.leave(this.machine(node));
    this.world.at(this.world.now, done);
  }

  startChurn(): void {
    this.churn.start(FOREVER_MS);
  }

  complaint(): string | null {
    const { holders, done } = this.frame();
    const lost = holders.reduce((count, each) => count + (each === 0 ? 1 : 0), 0);
    if (lost > 0)
      return `${counted(lost, 'piece')} of ${holders.length} ${lost === 1 ? 'is' : 'are'} with nobody who is left: nobody can finish`;
    const missing = this.live.length - done;
    return missing === 0 ? null : `${done} of ${this.live.length} peers have all ${counted(holders.length, 'piece')}`;
  }

  look(before: Places | null): Omit<Places, 'version'> {
    const count = this.world.nodes.length;
    if (before !== null && before.spots.length === 2 * count) return before;
    const spots = new Float32Array(2 * count);
    spots.set(this.firstSpots.subarray(0, 2 * count));
    for (let node = this.firstSpots.length / 2; node < count; node++) spots.set(rimSpot(node), 2 * node);
    const roles = new Uint8Array(count);
    roles[this.made.tracker.index] = NodeRole.helper;
    return { shape: this.shape, groups: 1, spots, boxes: NO_BOXES, roles, links: NO_LINKS, linkCount: 0 };
  }

  lookAt(node: number): readonly NodeView[] {
    const member = this.memberAt(node);
    const running = this.world.nodes[node]?.host.running === true;
    if (member === null) return [this.trackerView(running)];
    const { torrent } = member;
    const status = torrent.status();
    const connections = running ? [...torrent.connections] : [];
    const facts = [
      { label: 'Pieces', value: `${status.piecesHave} of ${status.pieceCount}` },
      { label: 'Gets', value: `${Math.round(status.downloadRate / 1000)} kB/s` },
      { label: 'Sends', value: `${Math.round(status.uploadRate / 1000)} kB/s` },
      { label: 'Has sent', value: `${(status.uploadedBytes / Math.max(1, this.made.metainfo.totalBytes)).toFixed(2)} copies` },
      { label: 'Connections', value: connections.length },
    ];
    const neighbours: NeighbourView[] = [];
    for (const { peer, amChoking, peerInterested, peerChoking, amInterested, why } of connections) {
      const other = this.world.addresses.machineOfPeer(peer);
      const note = CHOKE_REASONS[why];
      if (!peerChoking && amInterested) neighbours.push({ node: other, role: 'is served by' });
      const role = !amChoking && peerInterested ? 'serves' : peerInterested ? 'chokes, though it waits' : 'has nothing that it wants';
      neighbours.push({ node: other, role, ...(peerInterested && { note }) });
    }
    neighbours.sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role) || a.node - b.node);
    const pieces = this.piecesOf(torrent.content.store?.have ?? null, connections);
    const state = running ? torrent.state : 'gone';
    return [{ id: `${node}`, state, keys: status.piecesHave, boxes: [], group: null, neighbours, facts, shares: [], pieces }];
  }

  refusal(): string {
    return 'a swarm has nothing to look up, and nothing to search';
  }

  ask(): void {
    this.say('nothing can be asked of a swarm');
  }

  seen(): Pick<Frame, 'lookups' | 'searches' | 'swarm'> {
    return { lookups: [], searches: [], swarm: this.frame() };
  }

  onMessage(): void {}

  private frame(): SwarmFrame {
    const parts = new Uint8Array(this.world.nodes.length);
    const holders = new Uint16Array(this.made.metainfo.pieceCount);
    const serving: number[] = [];
    let done = 0;
    for (const node of this.live) {
      const torrent = this.memberAt(node)?.torrent;
      const have = torrent?.content.store?.have;
      if (torrent === undefined || have === undefined) continue;
      parts[node] = have.full ? ALL : Math.floor(((ALL - 1) * have.count) / have.length);
      if (have.full) done++;
      for (let piece = 0; piece < have.length; piece++) if (have.has(piece)) holders[piece] = (holders[piece] as number) + 1;
      for (const { peer, amChoking, peerInterested, optimistic } of torrent.connections) {
        if (amChoking || !peerInterested || serving.length >= SERVING_MAX * SERVING_NUMBERS) continue;
        serving.push(node, this.world.addresses.machineOfPeer(peer), optimistic ? 1 : 0);
      }
    }
    return { parts, holders, serving: Uint32Array.from(serving), done };
  }

  private piecesOf(have: Bitset | null, connections: readonly { readonly have: Bitset | null }[]): number[] {
    return Array.from({ length: this.made.metainfo.pieceCount }, (_, piece) => {
      if (have?.has(piece) === true) return -1;
      return connections.reduce((count, connection) => count + (connection.have?.has(piece) === true ? 1 : 0), 0);
    });
  }

  private trackerView(running: boolean): NodeView {
    const facts = [{ label: 'What it does', value: 'tells peers of each other; no piece passes it' }];
    const node = this.made.tracker.index;
    const state = running ? 'tracker' : 'gone';
    return { id: `${node}`, state, keys: 0, boxes: [], group: null, neighbours: [], facts, shares: [], pieces: [] };
  }

  /** Members are made after the tracker, one node each. */
  private memberAt(node: number): Member | null {
    return this.made.members[node - 1] ?? null;
  }

  private machine(node: number): Parameters<World['crash']>[0] {
    return this.memberAt(node)?.node ?? this.made.tracker;
  }
}

const NO_BOXES = new Float32Array(0);
const NO_LINKS = new Uint32Array(0);
/** In which roles are shown. */
const ORDER = ['serves', 'chokes, though it waits', 'is served by', 'has nothing that it wants'];

/** The seed in the middle, leechers around it. */
function placeFirst(count: number): Float32Array {
  const spots = new Float32Array(2 * count);
  spots.set(TRACKER_SPOT, 0);
  spots.set(SEED_SPOT, 2);
  if (count > FIRST_LEECHER) spots.set(ringSpots(count - FIRST_LEECHER, RING_RADIUS_MIN), 2 * FIRST_LEECHER);
  return spots;
}
