/**
 * Pastry as experiments see it: networks of the real protocol objects (`overlays/pastry`), and who is numerically nearest to a key beside them.
 * Owns who is a member.
 */

import type { Contact } from '../../core/contact.ts';
import { digitsOf, sharedDigits } from '../../core/digits.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { id160, type Id160, readId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import { linkIdealTables, Pastry, PASTRY_DEFAULTS, type PastryOptions, tablesComplaint, pointsOf } from '../../overlays/pastry/index.ts';
import type { OwnersFound, OwnersHandler } from '../../overlays/values/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { Meter } from '../measures.ts';
import type { LookupOutcome, OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { measureBest, measureRare } from './pastry-tables.ts';
import { RingMembers } from './ring-members.ts';
import { ValueNetwork } from './value-network.ts';

/** What `pastry-options.ts` has, but for who one is. */
const { join: _join, id: _id, endpoint: _endpoint, ...DEFAULTS } = PASTRY_DEFAULTS;

/** A walk that goes astray ends. */
const STEPS_MAX = 64;
const OTHERS_MAX = 5;
const NAME_DIGITS = 8;

export const pastry: OverlaySystem = {
  name: 'pastry',
  title: 'Pastry',
  shape: 'ring',
  defaults: DEFAULTS,
  build: (world, options, seed) => new PastryNetwork(world, options, seed),
};

class PastryNetwork extends ValueNetwork<Pastry> {
  protected readonly styles = ['iterative'];
  private readonly members = new RingMembers<Pastry>();
  private readonly options: PastryOptions;

  /** `options` are complete: every name of `pastry.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = { ...PASTRY_DEFAULTS, ...(options as typeof DEFAULTS) };
  }

  ownerOf(key: Uint8Array): number {
    const owner = this.members.nearestTo(readId(key));
    return owner === null ? -1 : this.numberOf(owner.self);
  }

  contactsOf(node: number): number {
    return this.at(node).protocol.allKnown().length;
  }

  complaint(): string | null {
    const { all } = this.members;
    if (all.length !== this.live.length) return `${all.length} of ${this.live.length} nodes are members`;
    return tablesComplaint(all);
  }

  measureTables(meter: Meter, grown: boolean): void {
    const nodes = this.members.all;
    measureRare(meter, nodes, (contact) => this.memberAt(contact));
    if (grown) measureBest(meter, nodes, (from, to) => this.world.latencyMs(this.numberOf(from), this.numberOf(to)));
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    const target = readId(key);
    const steps: Step[] = [];
    for (let at = this.at(node).protocol; steps.length < STEPS_MAX; ) {
      const { closer, owners } = at.route(target, this.options.replicas, OTHERS_MAX + 1);
      const next = closer.find((contact) => this.memberAt(contact) !== null);
      const passed = closer.slice(0, next === undefined ? closer.length : closer.indexOf(next));
      const dead = passed.map((contact) => `${contact.hex.slice(0, NAME_DIGITS)}… is dead and costs a timeout. `).join('');
      const others = closer.filter((contact) => contact !== next).slice(0, OTHERS_MAX);
      steps.push({
        node: this.numberOf(at.self),
        id: at.self.hex,
        distance: this.distance(at.self, target),
        why: dead + this.reason(at, target, next, owners.length > 0),
        others: others.map((contact) => ({
          id: contact.hex,
          what: this.memberAt(contact) === null ? 'dead' : at.leaves.get(contact) === null ? 'known' : 'leaf',
          distance: this.distance(contact, target),
        })),
      });
      if (next === undefined) break;
      at = this.memberAt(next) as Pastry;
    }
    return steps;
  }

  protected create(host: Host, join: readonly Endpoint[], random: Random): Pastry {
    return new Pastry(host, { ...this.options, join, id: id160.random(random) });
  }

  protected link(nodes: readonly SimNode<Pastry>[]): void {
    const protocols = nodes.map((node) => node.protocol);
    linkIdealTables(protocols, this.rttAmong(nodes));
    this.members.link(protocols);
  }

  protected came(node: SimNode<Pastry>): void {
    this.members.add([node.protocol]);
  }

  protected went(node: SimNode<Pastry>): void {
    this.members.remove([node.protocol]);
  }

  protected readonly pointsOf = pointsOf;

  protected find(node: Pastry, key: Uint8Array, _style: string, handler: OwnersHandler): void {
    node.trace(key, handler);
  }

  protected override outcomeOf(origin: number, found: OwnersFound): LookupOutcome {
    const outcome = super.outcomeOf(origin, found);
    if (outcome.owner < 0) return outcome;
    let at = origin;
    let wayMs = 0;
    for (const { contact, outcome: what } of found.path) {
      if (what === 'silent' || what === 'gone') continue;
      const next = this.numberOf(contact);
      wayMs += this.msBetween(at, next);
      at = next;
    }
    const straightMs = this.msBetween(origin, outcome.owner);
    if (!this.options.endAtReplica) return { ...outcome, wayMs, straightMs };
    const holders = this.members.nearest(found.target, this.options.replicas).map(({ self }) => this.numberOf(self));
    return { ...outcome, wayMs, straightMs, nearer: holders.filter((holder) => this.msBetween(origin, holder) < straightMs).length };
  }

  private msBetween(from: number, to: number): number {
    return from === to ? 0 : this.world.latencyMs(from, to);
  }

  private reason(at: Pastry, target: Id160, next: Contact | undefined, isLeaf: boolean): string {
    if (next === undefined)
      return isLeaf ? 'It is numerically nearest to the key: it owns it.' : 'Nobody that it knows is nearer and lives.';
    const name = `${next.hex.slice(0, NAME_DIGITS)}…`;
    if (isLeaf) return `The key lies within its leaf set, where ${name} is numerically nearest.`;
    const { digitBits } = this.options;
    const [own, others] = [sharedDigits(at.self, target, digitBits), sharedDigits(next, target, digitBits)];
    if (others > own) return `Row ${own} of its table has ${name}, which shares ${others} digits with the key.`;
    return `Its table has nobody with another digit of the key; ${name} shares as many and is numerically nearer.`;
  }

  private distance(from: Id160, target: Id160): string {
    return `${sharedDigits(from, target, this.options.digitBits)} of ${digitsOf(this.options.digitBits)} digits`;
  }

  /** The node that a contact names, if it is a living member's. */
  private memberAt(contact: Contact): Pastry | null {
    const node = this.numberOf(contact);
    return this.alive.has(node) && this.at(node).protocol.isMember ? this.at(node).protocol : null;
  }
}
