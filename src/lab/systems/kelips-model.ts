/**
 * Kelips as experiments see it: networks of the real protocol objects (`overlays/kelips`), and who of a key's group is nearest to it beside them. Owns
 * who is a member.
 */

import type { Contact } from '../../core/contact.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { id160, readId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import {
  ALL_GROUPS,
  idealGroupOf,
  Kelips,
  KELIPS_DEFAULTS,
  type KelipsOptions,
  linkIdealViews,
  pointsOf,
  viewsComplaint,
} from '../../overlays/kelips/index.ts';
import type { OwnersHandler } from '../../overlays/values/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { RingMembers } from './ring-members.ts';
import { ValueNetwork } from './value-network.ts';

/** What `kelips-options.ts` has, but for who one is. */
const { join: _join, id: _id, endpoint: _endpoint, ...DEFAULTS } = KELIPS_DEFAULTS;

const OTHERS_MAX = 5;
const NAME_DIGITS = 8;

export const kelips: OverlaySystem = {
  name: 'kelips',
  title: 'Kelips',
  shape: 'groups',
  defaults: DEFAULTS,
  build: (world, options, seed) => new KelipsNetwork(world, options, seed),
};

class KelipsNetwork extends ValueNetwork<Kelips> {
  protected readonly styles = ['iterative'];
  private readonly groups: readonly RingMembers<Kelips>[];
  private readonly options: KelipsOptions;

  /** `options` are complete: every name of `kelips.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = { ...KELIPS_DEFAULTS, ...(options as typeof DEFAULTS) };
    this.groups = Array.from({ length: this.options.groups }, () => new RingMembers<Kelips>());
  }

  ownerOf(key: Uint8Array): number {
    const point = readId(key);
    const group = idealGroupOf(point, this.options.groups, (index) => (this.groups[index]?.all.length ?? 0) >= this.options.replicas);
    const groups = group === ALL_GROUPS ? this.groups : this.groups.slice(group, group + 1);
    const nearest = groups.flatMap((each) => each.nearestTo(point)?.self ?? []).sort((a, b) => compareNearness(a, b, point));
    return nearest[0] === undefined ? -1 : this.numberOf(nearest[0]);
  }

  contactsOf(node: number): number {
    return this.at(node).protocol.state.nodesKnown;
  }

  complaint(): string | null {
    const all = this.groups.flatMap((group) => group.all);
    if (all.length !== this.live.length) return `${all.length} of ${this.live.length} nodes are members`;
    return viewsComplaint(all);
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    const target = readId(key);
    const steps: Step[] = [];
    const asked = new Set<Kelips>();
    for (let at = this.at(node).protocol; !asked.has(at) && steps.length < this.options.triesMax + 2; ) {
      asked.add(at);
      const { holders, ask } = at.route(target, this.options.replicas);
      const choices = holders ?? ask;
      const next = choices.find((contact) => this.memberAt(contact) !== null);
      const group = at.state.groupHolding(target);
      const others = choices.filter((contact) => contact !== next).slice(0, OTHERS_MAX);
      steps.push({
        node: this.numberOf(at.self),
        id: at.self.hex,
        distance: `group ${at.state.group}, the key is of ${group}`,
        why: reason(at, next, holders !== null, group),
        others: others.map((contact) => ({
          id: contact.hex,
          what: this.memberAt(contact) === null ? 'dead' : 'known',
          distance: `group ${at.state.groupOf(contact)}`,
        })),
      });
      if (next === undefined) break;
      at = this.memberAt(next) as Kelips;
    }
    return steps;
  }

  protected create(host: Host, join: readonly Endpoint[], random: Random): Kelips {
    return new Kelips(host, { ...this.options, join, id: id160.random(random) });
  }

  protected link(nodes: readonly SimNode<Kelips>[]): void {
    const protocols = nodes.map((node) => node.protocol);
    linkIdealViews(protocols, this.rttAmong(nodes));
    const members = Map.groupBy(protocols, ({ state }) => state.group);
    for (const [group, those] of members) this.groups[group]?.link(those);
  }

  protected came(node: SimNode<Kelips>): void {
    this.membersWith(node).add([node.protocol]);
  }

  protected went(node: SimNode<Kelips>): void {
    this.membersWith(node).remove([node.protocol]);
  }

  protected readonly pointsOf = pointsOf;

  protected find(node: Kelips, key: Uint8Array, _style: string, handler: OwnersHandler): void {
    node.lookup(key, handler);
  }

  protected override groupOf({ state }: Kelips): number {
    return state.group;
  }

  private membersWith(node: SimNode<Kelips>): RingMembers<Kelips> {
    return this.groups[node.protocol.state.group] as RingMembers<Kelips>;
  }

  /** The node that a contact names, if it is a living member's. */
  private memberAt(contact: Contact): Kelips | null {
    const node = this.numberOf(contact);
    return this.alive.has(node) && this.at(node).protocol.isMember ? this.at(node).protocol : null;
  }
}

function reason(at: Kelips, next: Contact | undefined, isOwn: boolean, group: number): string {
  if (next === undefined) return isOwn ? 'Nobody in its view lives.' : 'None of its contacts lives: the lookup fails.';
  if (next === at.self) return 'The key is of its group, and it is nearest to it: it holds it.';
  const name = `${next.hex.slice(0, NAME_DIGITS)}…`;
  return isOwn
    ? `The key is of its group, where ${name} is nearest to it.`
    : `The key is of group ${group}, where ${name} is its nearest contact.`;
}
