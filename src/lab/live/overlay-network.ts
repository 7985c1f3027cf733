/** A structured overlay that is watched: its shape, whom each node knows, and lookups with their ways. Owns the run. */

import { hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import { sha1 } from '../../core/sha1.ts';
import type { World } from '../../sim/world.ts';
import type { OverlayNetwork, Shape, Step } from '../overlay-model.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec } from '../run-spec.ts';
import { overlaySystemOf } from '../systems/index.ts';
import { spotOf } from './layout.ts';
import type { Frame, LiveLookup, NodeView, Places } from './live-frame.ts';
import { counted, type LiveNetwork, type Question, type Say } from './live-network.ts';

const LOOKUPS_MAX = 20;
const FOREVER_MS = 1e12;
const NO_NUMBERS = new Uint32Array(0);
const NO_BYTES = new Uint8Array(0);

export class WatchedOverlay implements LiveNetwork {
  readonly shape: Shape;
  readonly helpers: readonly number[] = [];
  private readonly run: OverlayRun;
  private readonly groups: number;
  private readonly say: Say;
  private readonly lookups: LiveLookup[] = [];
  private lookupCount = 0;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, seed: number, say: Say) {
    const { shape, defaults } = overlaySystemOf(spec.system);
    const { groups } = { ...defaults, ...spec.options };
    this.shape = shape;
    this.groups = typeof groups === 'number' ? groups : 1;
    this.say = say;
    this.run = new OverlayRun(spec, seed);
    if (spec.start === 'ideal') this.run.begin();
    else for (let count = 0; count < spec.nodes; count++) this.world.at(count * spec.joinEveryMs, () => this.join());
  }

  get world(): World {
    return this.run.world;
  }

  get live(): readonly number[] {
    return this.network.live;
  }

  isMember(node: number): boolean {
    return this.network.isMember(node);
  }

  join(): void {
    this.network.join();
  }

  crash(node: number): void {
    this.network.crash(node);
  }

  leave(node: number, done: () => void): void {
    this.network.leave(node, done);
  }

  startChurn(): void {
    this.run.churn.start(FOREVER_MS);
  }

  complaint(): string | null {
    return this.network.complaint();
  }

  look(before: Places | null): Omit<Places, 'version'> {
    const { shape, groups, network } = this;
    const count = this.world.nodes.length;
    // A ring only grows by those who come; boxes also change hands.
    if (before !== null && shape !== 'torus' && before.spots.length === 2 * count) return before;
    const spots = new Float32Array(2 * count);
    const boxes: number[] = [];
    if (before !== null) spots.set(before.spots.subarray(0, 2 * count));
    const living = new Set(network.live);
    for (let node = 0; node < count; node++) {
      const isOld = 2 * node < (before?.spots.length ?? 0);
      if (isOld && (shape !== 'torus' || !living.has(node))) continue;
      const [place] = network.look(node);
      if (place === undefined) continue;
      const { x, y } = spotOf(shape, place, groups);
      spots.set([x, y], 2 * node);
      for (const { lows, sizes } of place.boxes) boxes.push(node, lows[0] ?? 0, lows[1] ?? 0, sizes[0] ?? 1, sizes[1] ?? 1);
    }
    return { shape, groups, spots, boxes: Float32Array.from(boxes), roles: NO_BYTES, links: NO_NUMBERS, linkCount: 0 };
  }

  lookAt(node: number): readonly NodeView[] {
    return this.network.look(node).map((place) => {
      return { ...place, facts: [{ label: 'Keys', value: place.keys }], shares: [], pieces: [] };
    });
  }

  /** The way to a key by the tables of this moment; nothing is sent. Throws RangeError for a node that does not live. */
  walk(from: number, key: string): readonly Step[] {
    if (!this.live.includes(from)) throw new RangeError(`a node that lives expected, got ${from}`);
    return this.network.walk(from, keyOf(key));
  }

  refusal({ kind }: Question): string | null {
    return kind === 'lookup' ? null : 'search: only networks that find files by words are searched; an overlay looks up keys';
  }

  ask(deed: Question, random: Random): void {
    if (deed.kind === 'lookup') this.lookup(deed.from < 0 ? this.run.drawMember(random) : deed.from, deed.key);
  }

  seen(): Pick<Frame, 'lookups' | 'searches' | 'swarm'> {
    return { lookups: [...this.lookups], searches: [], swarm: null };
  }

  onMessage(): void {}

  private get network(): OverlayNetwork {
    return this.run.network;
  }

  private lookup(from: number, key: string): void {
    const { network } = this;
    const bytes = keyOf(key);
    if (!network.live.includes(from)) return this.say(`nobody looks for "${key}": node ${from} does not live`);
    const number = ++this.lookupCount;
    const begun: LiveLookup = {
      number,
      atMs: Math.round(this.world.now),
      from,
      key,
      keyHex: hexOf(bytes),
      steps: network.walk(from, bytes),
      owner: network.ownerOf(bytes),
      outcome: null,
    };
    this.lookups.push(begun);
    if (this.lookups.length > LOOKUPS_MAX) this.lookups.shift();
    network.lookup(from, bytes, 'iterative', (outcome) => {
      const place = this.lookups.findIndex((other) => other.number === number);
      if (place >= 0) this.lookups[place] = { ...begun, outcome };
      const { owner, hops, tookMs } = outcome;
      const what =
        owner < 0 ? 'nobody' : `node ${owner}${owner === begun.owner ? '' : `, but ${begun.owner} was responsible when it began`}`;
      this.say(`"${key}" looked for by node ${from}: ${what}, after ${counted(hops, 'hop')} and ${Math.round(tookMs)} ms`);
    });
  }
}

function keyOf(text: string): Uint8Array {
  return sha1(new TextEncoder().encode(text));
}
