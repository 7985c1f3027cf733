/**
 * Chord as experiments see it: rings of the real protocol objects (`overlays/chord`), and who is responsible by the definition beside them.
 * Owns who is a member.
 */

import type { Contact } from '../../core/contact.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { CHORD_DEFAULTS, Chord, type ChordOptions, idealComplaint, linkIdealRing, pointsOf } from '../../overlays/chord/index.ts';
import { idOfBytes, ringId } from '../../overlays/chord/ring-id.ts';
import type { VirtualNode } from '../../overlays/chord/virtual-node.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { OwnersHandler } from '../../overlays/values/index.ts';
import type { OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { walk } from './chord-walk.ts';
import { RingMembers } from './ring-members.ts';
import { ValueNetwork } from './value-network.ts';

const { join: _join, ids: _ids, endpoint: _endpoint, ...SHARED } = CHORD_DEFAULTS;

/** What `chord-options.ts` has, but for who one is. */
const DEFAULTS = {
  ...SHARED,
  /** False: successors alone, a linear search. */
  fingers: true,
};

export const chord: OverlaySystem = {
  name: 'chord',
  title: 'Chord',
  shape: 'ring',
  defaults: DEFAULTS,
  build: (world, options, seed) => new ChordNetwork(world, options, seed),
};

export class ChordNetwork extends ValueNetwork<Chord> {
  readonly members = new RingMembers<VirtualNode>();
  readonly endAtList: boolean;
  protected readonly styles = ['iterative', 'recursive'];
  private readonly options: ChordOptions;

  /** `options` are complete: every name of `chord.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    const { fingers, ...others } = options as typeof DEFAULTS;
    this.options = { ...CHORD_DEFAULTS, ...others, fingersPerRound: fingers ? others.fingersPerRound : 0 };
    this.endAtList = others.endAtList;
  }

  ownerOf(key: Uint8Array): number {
    const owner = this.members.successorOf(idOfBytes(key));
    return owner === null ? -1 : this.numberOf(owner.self);
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

  protected create(host: Host, join: readonly Endpoint[], random: Random): Chord {
    const ids = Array.from({ length: this.options.units }, () => ringId.random(random));
    return new Chord(host, { ...this.options, join, ids });
  }

  protected link(nodes: readonly SimNode<Chord>[]): void {
    const chords = nodes.map((node) => node.protocol);
    linkIdealRing(chords);
    this.members.link(chords.flatMap((each) => each.units));
  }

  protected came(node: SimNode<Chord>): void {
    this.members.add(node.protocol.units);
  }

  protected went(node: SimNode<Chord>): void {
    this.members.remove(node.protocol.units);
  }

  protected readonly pointsOf = pointsOf;

  protected find(node: Chord, key: Uint8Array, style: string, handler: OwnersHandler): void {
    node.lookup(key, handler, style === 'recursive' ? 'recursive' : 'iterative');
  }
}
