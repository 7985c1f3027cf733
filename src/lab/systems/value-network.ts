/**
 * What the models of all overlays that keep values have in common: nodes come by the protocol or all at once, go by crash or in good order, and
 * are asked. Owns the nodes it made, who of them lives, and the newcomers' choice of whom to join through.
 */

import type { Contact } from '../../core/contact.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { OwnersFound, OwnersHandler, Point, RttOf, ValueNode } from '../../overlays/values/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import { LiveNodes } from '../live-nodes.ts';
import type { LookupOutcome, OverlayNetwork, PlaceView, Step } from '../overlay-model.ts';
import { ENTRY_STREAM, POINT_STREAM } from '../streams.ts';

/** A newcomer is told of so many. */
const ENTRIES = 8;

export abstract class ValueNetwork<N extends ValueNode> implements OverlayNetwork {
  readonly world: World;
  readonly nodes: SimNode<N>[] = [];
  protected readonly alive = new LiveNodes();
  private readonly seed: number;
  private readonly entries: Random;
  /** Ways to look up, `iterative` among them. */
  protected abstract readonly styles: readonly string[];

  constructor(world: World, seed: number) {
    this.world = world;
    this.seed = seed;
    this.entries = new Random(seed, ENTRY_STREAM);
  }

  get live(): readonly number[] {
    return this.alive.numbers;
  }

  // ---- what each overlay says of itself --------------------------------------------------------------------------------------

  /** A node that has not started. Its places are drawn from `random`: SHA-1 of an address would be the same in every world. */
  protected abstract create(host: Host, join: readonly Endpoint[], random: Random): N;
  /** Links nodes that have not started as they would be in the end, and takes them for members. */
  protected abstract link(nodes: readonly SimNode<N>[]): void;
  /** A newcomer begins to join. */
  protected abstract came(node: SimNode<N>): void;
  /** It is no member any more: it has crashed, or left. */
  protected abstract went(node: SimNode<N>): void;
  protected abstract find(node: N, key: Uint8Array, style: string, handler: OwnersHandler): void;
  protected abstract pointsOf(node: N): readonly Point[];
  abstract ownerOf(key: Uint8Array): number;
  abstract contactsOf(node: number): number;
  abstract complaint(): string | null;
  abstract walk(node: number, key: Uint8Array): readonly Step[];

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  addIdeal(count: number): void {
    this.link(Array.from({ length: count }, () => this.make([])));
  }

  join(): number {
    const node = this.make(this.alive.sample(this.entries, ENTRIES).map((entry) => this.at(entry).endpoint));
    this.came(node);
    return node.index;
  }

  crash(node: number): void {
    this.went(this.bury(node));
    this.world.crash(this.at(node), 'power');
  }

  leave(node: number, done: () => void): void {
    const { world } = this;
    const leaver = this.bury(node);
    const gone = (): void => {
      this.went(leaver);
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

  lookup(node: number, key: Uint8Array, style: string, done: (outcome: LookupOutcome) => void): void {
    if (!this.styles.includes(style)) throw new RangeError(`a style of lookup of ${this.styles.join(' or ')} expected, got "${style}"`);
    this.find(this.at(node).protocol, key, style, { onFind: (found) => done(this.outcomeOf(node, found)) });
  }

  put(node: number, key: Uint8Array, value: Uint8Array, done: (ok: boolean) => void): void {
    this.at(node).protocol.put(key, value, { onAccess: ({ ok }) => done(ok) });
  }

  get(node: number, key: Uint8Array, done: (value: Uint8Array | null) => void): void {
    this.at(node).protocol.get(key, { onAccess: ({ value }) => done(value) });
  }

  look(node: number): readonly PlaceView[] {
    const { protocol } = this.at(node);
    return this.pointsOf(protocol).map(({ self, state, keys, boxes, neighbours }) => ({
      id: self.hex,
      state,
      keys,
      boxes,
      group: this.groupOf(protocol),
      neighbours: neighbours.map(({ contact, role }) => ({ node: this.numberOf(contact), role })),
    }));
  }

  numberOf(contact: Contact): number {
    const { addresses } = this.world;
    return addresses.nodeOfPeer(addresses.peer(contact.endpoint));
  }

  protected at(node: number): SimNode<N> {
    const found = this.nodes[node];
    if (found === undefined) throw new RangeError(`a node of 0 to ${this.nodes.length - 1} expected, got ${node}`);
    return found;
  }

  /** There and back between two of these nodes, by their places in the array. */
  protected rttAmong(nodes: readonly SimNode[]): RttOf {
    // In a row of their own: the nodes lie all over the memory, and a network of 100,000 asks hundreds of millions of times.
    const indices = Int32Array.from(nodes, ({ index }) => index);
    return (from, to) => 2 * this.world.latencyMs(indices[from] as number, indices[to] as number);
  }

  /** The group that a node is of, where there are groups. */
  protected groupOf(_node: N): number | null {
    return null;
  }

  /** What there is to say of a lookup; overlays that note the way say more. */
  protected outcomeOf(_origin: number, { owners, hops, timeouts, tookMs }: OwnersFound): LookupOutcome {
    const owner = owners[0];
    return { owner: owner === undefined ? -1 : this.numberOf(owner), hops, timeouts, tookMs };
  }

  private make(join: readonly Endpoint[]): SimNode<N> {
    const number = this.nodes.length;
    const node = this.world.addNode((host) => this.create(host, join, new Random(this.seed, POINT_STREAM + number)));
    this.nodes.push(node);
    this.alive.add(number);
    return node;
  }

  /** It lives no more, whatever it still has to say. */
  private bury(node: number): SimNode<N> {
    this.alive.remove(node);
    return this.at(node);
  }
}
