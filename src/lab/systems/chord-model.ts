/**
 * Chord as experiments see it: rings of the real protocol objects (`overlays/chord`), and who is responsible by the definition beside them.
 * Owns the nodes it made, who of them lives, and the newcomers' choice of whom to join through.
 */

import { Random } from '../../core/random.ts';
import { CHORD_DEFAULTS, Chord, type ChordOptions, type Contact, idealComplaint, linkIdealRing } from '../../overlays/chord/index.ts';
import type { FindResult } from '../../overlays/chord/find.ts';
import { idOfBytes, type RingId, ringId } from '../../overlays/chord/ring-id.ts';
import type { VirtualNode } from '../../overlays/chord/virtual-node.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import { LiveNodes } from '../live-nodes.ts';
import type { LookupOutcome, OverlayNetwork, OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { ENTRY_STREAM, POINT_STREAM } from '../streams.ts';
import { ChordMembers } from './chord-members.ts';
import { walk } from './chord-walk.ts';

const { join: _join, ids: _ids, endpoint: _endpoint, ...SHARED } = CHORD_DEFAULTS;

/** What `chord-options.ts` has, but for who one is. */
const DEFAULTS = {
  ...SHARED,
  /** False: successors alone, a linear search. */
  fingers: true,
};

/** A newcomer is told of so many. */
const ENTRIES = 8;
const STYLES = ['iterative', 'recursive'] as const;

export const chord: OverlaySystem = {
  name: 'chord',
  title: 'Chord',
  defaults: DEFAULTS,
  build: (world, options, seed) => new ChordNetwork(world, options, seed),
};

export class ChordNetwork implements OverlayNetwork {
  readonly world: World;
  readonly nodes: SimNode<Chord>[] = [];
  readonly members = new ChordMembers();
  readonly endAtList: boolean;
  private readonly options: ChordOptions;
  private readonly alive = new LiveNodes();
  private readonly seed: number;
  private readonly entries: Random;

  /** `options` are complete: every name of `chord.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    const { fingers, ...others } = options as typeof DEFAULTS;
    this.world = world;
    this.options = { ...CHORD_DEFAULTS, ...others, fingersPerRound: fingers ? others.fingersPerRound : 0 };
    this.endAtList = others.endAtList;
    this.seed = seed;
    this.entries = new Random(seed, ENTRY_STREAM);
  }

  get live(): readonly number[] {
    return this.alive.numbers;
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  addIdeal(count: number): void {
    const chords = Array.from({ length: count }, () => this.make([]).protocol);
    linkIdealRing(chords);
    this.members.link(chords.flatMap((each) => each.units));
  }

  join(): number {
    const node = this.make(this.alive.sample(this.entries, ENTRIES).map((entry) => (this.nodes[entry] as SimNode<Chord>).endpoint));
    this.members.add(node.protocol.units);
    return node.index;
  }

  crash(node: number): void {
    const { protocol } = this.bury(node);
    this.members.remove(protocol.units);
    this.world.crash(this.at(node), 'power');
  }

  leave(node: number, done: () => void): void {
    const { world } = this;
    const leaver = this.bury(node);
    const gone = (): void => {
      this.members.remove(leaver.protocol.units);
      world.leave(leaver);
      done();
    };
    // It may have nothing to hand over, and be done before this returns.
    leaver.protocol.leave({ onLeft: () => world.at(world.now, gone) });
  }

  isMember(node: number): boolean {
    return this.alive.has(node) && this.at(node).protocol.isMember;
  }

  // ---- what it is asked ------------------------------------------------------------------------------------------------------

  ownerOf(key: Uint8Array): number {
    const owner = this.members.ownerOf(idOfBytes(key));
    return owner === null ? -1 : this.numberOf(owner.self);
  }

  lookup(node: number, key: Uint8Array, style: string, done: (outcome: LookupOutcome) => void): void {
    const known = STYLES.find((each) => each === style);
    if (known === undefined) throw new RangeError(`a style of lookup of ${STYLES.join(' or ')} expected, got "${style}"`);
    this.at(node).protocol.lookup(key, { onFind: (result) => done(this.outcomeOf(result)) }, known);
  }

  put(node: number, key: Uint8Array, value: Uint8Array, done: (ok: boolean) => void): void {
    this.at(node).protocol.put(key, value, { onAccess: ({ ok }) => done(ok) });
  }

  get(node: number, key: Uint8Array, done: (value: Uint8Array | null) => void): void {
    this.at(node).protocol.get(key, { onAccess: ({ value }) => done(value) });
  }

  contactsOf(node: number): number {
    const { units: points } = this.at(node).protocol;
    const known = points.flatMap(({ successors: list, predecessor, fingers }) => [...list, predecessor, ...fingers.distinct()]);
    return new Set(known.filter((contact) => contact !== null).map((contact) => contact.hex)).size;
  }

  complaint(): string | null {
    const wanted = this.live.length * this.options.units;
    const { all } = this.members;
    if (all.length !== wanted) return `${all.length} of ${wanted} points are members`;
    return idealComplaint(all, this.options.successors);
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    const points = this.at(node).protocol.units;
    return walk(this, points.find((point) => point.isMember) ?? (points[0] as VirtualNode), idOfBytes(key));
  }

  /** The point that a contact names, if it is a living member's. */
  memberAt(contact: Contact): VirtualNode | null {
    const node = this.numberOf(contact);
    const point = this.nodes[node]?.protocol.units[contact.unit];
    return point?.isMember === true && this.at(node).host.running ? point : null;
  }

  numberOf(contact: Contact): number {
    const { addresses } = this.world;
    return addresses.nodeOfPeer(addresses.peer(contact.endpoint));
  }

  private outcomeOf({ owners, hops, timeouts, tookMs }: FindResult): LookupOutcome {
    const owner = owners[0];
    return { owner: owner === undefined ? -1 : this.numberOf(owner), hops, timeouts, tookMs };
  }

  /** SHA-1 of an address would be the same in every world: points are drawn from the seed instead, as evenly as it would spread them. */
  private make(join: ChordOptions['join']): SimNode<Chord> {
    const number = this.nodes.length;
    const random = new Random(this.seed, POINT_STREAM + number);
    const ids: RingId[] = Array.from({ length: this.options.units }, () => ringId.random(random));
    const node = this.world.addNode((host) => new Chord(host, { ...this.options, join, ids }));
    this.nodes.push(node);
    this.alive.add(number);
    return node;
  }

  /** It lives no more, whatever it still has to say. */
  private bury(node: number): SimNode<Chord> {
    this.alive.remove(node);
    return this.at(node);
  }

  private at(node: number): SimNode<Chord> {
    const found = this.nodes[node];
    if (found === undefined) throw new RangeError(`a node of 0 to ${this.nodes.length - 1} expected, got ${node}`);
    return found;
  }
}
