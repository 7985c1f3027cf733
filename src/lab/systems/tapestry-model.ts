/**
 * Tapestry as experiments see it: networks of the real protocol objects (`overlays/tapestry`), and the root of each key beside them. Owns who is a
 * member.
 */

import type { Contact } from '../../core/contact.ts';
import { digitsOf, sharedDigits } from '../../core/digits.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { id160, type Id160, readId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import {
  linkIdealMesh,
  meshComplaint,
  Tapestry,
  TAPESTRY_DEFAULTS,
  type TapestryOptions,
  pointsOf,
} from '../../overlays/tapestry/index.ts';
import type { OwnersHandler } from '../../overlays/values/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { RingMembers } from './ring-members.ts';
import { ValueNetwork } from './value-network.ts';

/** What `tapestry-options.ts` has, but for who one is. */
const { join: _join, id: _id, endpoint: _endpoint, ...DEFAULTS } = TAPESTRY_DEFAULTS;

/** A walk that goes astray ends. */
const STEPS_MAX = 64;
const OTHERS_MAX = 5;
const NAME_DIGITS = 8;

export const tapestry: OverlaySystem = {
  name: 'tapestry',
  title: 'Tapestry',
  shape: 'mesh',
  defaults: DEFAULTS,
  build: (world, options, seed) => new TapestryNetwork(world, options, seed),
};

class TapestryNetwork extends ValueNetwork<Tapestry> {
  protected readonly styles = ['iterative'];
  private readonly members = new RingMembers<Tapestry>();
  private readonly options: TapestryOptions;

  /** `options` are complete: every name of `tapestry.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = { ...TAPESTRY_DEFAULTS, ...(options as typeof DEFAULTS) };
  }

  ownerOf(key: Uint8Array): number {
    const owner = this.members.surrogateOf(readId(key), this.options.digitBits);
    return owner === null ? -1 : this.numberOf(owner.self);
  }

  contactsOf(node: number): number {
    return this.at(node).protocol.map.all().length;
  }

  complaint(): string | null {
    const { all } = this.members;
    if (all.length !== this.live.length) return `${all.length} of ${this.live.length} nodes are members`;
    return meshComplaint(all);
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    const target = readId(key);
    const steps: Step[] = [];
    let level = 0;
    let dead: Contact[] = [];
    for (let at = this.at(node).protocol; steps.length < STEPS_MAX; ) {
      const route = at.route(target, level, dead);
      const next = route.contacts.find((contact) => this.memberAt(contact) !== null);
      const passed = route.contacts.slice(0, next === undefined ? route.contacts.length : route.contacts.indexOf(next));
      if (next === undefined && passed.length > 0) {
        // An entry of the dead: the way leads round it.
        dead = [...dead, ...passed];
        continue;
      }
      const names = [...dead, ...passed].map((contact) => `${contact.hex.slice(0, NAME_DIGITS)}… is dead and costs a timeout. `);
      const others = at.map.level(level).map(({ contact }) => contact);
      steps.push({
        node: this.numberOf(at.self),
        id: at.self.hex,
        distance: this.distance(at.self, target),
        why: names.join('') + this.reason(target, route.level, next),
        others: others
          .filter((contact) => contact !== next)
          .slice(0, OTHERS_MAX)
          .map((contact) => ({
            id: contact.hex,
            what: this.memberAt(contact) === null ? 'dead' : 'link',
            distance: this.distance(contact, target),
          })),
      });
      if (next === undefined) break;
      level = route.level;
      dead = [];
      at = this.memberAt(next) as Tapestry;
    }
    return steps;
  }

  protected create(host: Host, join: readonly Endpoint[], random: Random): Tapestry {
    return new Tapestry(host, { ...this.options, join, id: id160.random(random) });
  }

  protected link(nodes: readonly SimNode<Tapestry>[]): void {
    const protocols = nodes.map((node) => node.protocol);
    linkIdealMesh(protocols, this.rttAmong(nodes));
    this.members.link(protocols);
  }

  protected came(node: SimNode<Tapestry>): void {
    this.members.add([node.protocol]);
  }

  protected went(node: SimNode<Tapestry>): void {
    this.members.remove([node.protocol]);
  }

  protected readonly pointsOf = pointsOf;

  protected find(node: Tapestry, key: Uint8Array, _style: string, handler: OwnersHandler): void {
    node.lookup(key, handler);
  }

  private reason(target: Id160, level: number, next: Contact | undefined): string {
    if (next === undefined) return 'Nobody that it knows has more of the digits, or of those that stand in for them: it is the root.';
    const name = `${next.hex.slice(0, NAME_DIGITS)}…`;
    const shared = sharedDigits(next, target, this.options.digitBits);
    if (shared >= level) return `${name} is the nearest link that has digit ${level} of the key as well.`;
    return `Nobody has digit ${level} of the key here; ${name} is the nearest link with the next digit that somebody has: a surrogate.`;
  }

  private distance(from: Id160, target: Id160): string {
    const { digitBits } = this.options;
    return `${sharedDigits(from, target, digitBits)} of ${digitsOf(digitBits)} digits`;
  }

  /** The node that a contact names, if it is a living member's. */
  private memberAt(contact: Contact): Tapestry | null {
    const node = this.numberOf(contact);
    return this.alive.has(node) && this.at(node).protocol.isMember ? this.at(node).protocol : null;
  }
}
