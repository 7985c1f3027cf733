/**
 * CAN as experiments see it: networks of the real protocol objects (`overlays/can`), and in whose zone a point is beside them. Owns who is a member.
 */

import type { Contact } from '../../core/contact.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { id160, readId } from '../../core/id160.ts';
import type { Random } from '../../core/random.ts';
import {
  Can,
  CAN_DEFAULTS,
  type CanOptions,
  distanceOf,
  linkIdealZones,
  placeOfKey,
  pointsOf,
  type Reality,
  SIDE,
  zonesComplaint,
} from '../../overlays/can/index.ts';
import type { OwnersHandler } from '../../overlays/values/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { OverlaySystem, Step } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { CanOwners } from './can-owners.ts';
import { ValueNetwork } from './value-network.ts';

/** What `can-options.ts` has, but for who one is; landmarks are addresses, which a run has not. */
const { join: _join, id: _id, endpoint: _endpoint, landmarks: _landmarks, ...DEFAULTS } = CAN_DEFAULTS;

/** The longest way through 2^18 nodes in two dimensions, and a walk that goes astray ends. */
const STEPS_MAX = 2048;
const OTHERS_MAX = 5;
const NAME_DIGITS = 8;

export const can: OverlaySystem = {
  name: 'can',
  title: 'CAN',
  shape: 'torus',
  defaults: DEFAULTS,
  build: (world, options, seed) => new CanNetwork(world, options, seed),
};

class CanNetwork extends ValueNetwork<Can> {
  /** `realities`: the way may change between them, and ends wherever the point is owned in one. */
  protected readonly styles = ['iterative', 'realities'];
  private readonly options: CanOptions;
  private readonly owners: CanOwners;

  /** `options` are complete: every name of `can.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions, seed: number) {
    super(world, seed);
    this.options = { ...CAN_DEFAULTS, ...(options as typeof DEFAULTS) };
    this.owners = new CanOwners(this.options.dims, this.options.units);
  }

  ownerOf(key: Uint8Array): number {
    const { unit, point } = placeOfKey(readId(key), 0, this.options);
    const owner = this.owners.ownerAt(unit, point);
    return owner === null ? -1 : this.numberOf(owner.self);
  }

  contactsOf(node: number): number {
    return this.at(node).protocol.realities.reduce((sum, { neighbours }) => sum + neighbours.length, 0);
  }

  /** Of the first reality, which is that of the first point of a key; shared zones are shared. */
  partOf(node: number): number {
    const reality = this.at(node).protocol.realities[0] as Reality;
    return reality.claims.reduce((sum, claim) => sum + 1 / 2 ** claim.zone.depth / (1 + reality.peersOf(claim).length), 0);
  }

  complaint(): string | null {
    const all = this.live.map((node) => this.at(node).protocol);
    const members = all.filter((node) => node.isMember);
    return members.length === all.length ? zonesComplaint(all) : `${members.length} of ${all.length} nodes are members`;
  }

  walk(node: number, key: Uint8Array): readonly Step[] {
    const { point, unit } = placeOfKey(readId(key), 0, this.options);
    const steps: Step[] = [];
    for (let at = this.at(node).protocol.realities[unit] as Reality; steps.length < STEPS_MAX; ) {
      const { peers, closer } = at.route(point, { wide: false, width: OTHERS_MAX + 1 });
      const next = closer.find(({ contact }) => this.memberAt(contact) !== null);
      const passed = next === undefined ? closer : closer.slice(0, closer.indexOf(next));
      const dead = passed.map(({ contact }) => `${nameOf(contact)} is dead and costs a timeout. `).join('');
      steps.push({
        node: this.numberOf(at.self),
        id: at.self.hex,
        distance: distance(distanceOf(at.claims, point)),
        why: dead + reason(peers.length > 0, next?.contact),
        others: closer
          .filter((named) => named !== next)
          .slice(0, OTHERS_MAX)
          .map(({ contact, zones }) => ({
            id: contact.hex,
            what: this.memberAt(contact) === null ? 'dead' : 'neighbour',
            distance: distance(Math.min(...zones.map((zone) => zone.distance(point)))),
          })),
      });
      if (next === undefined) break;
      at = (this.memberAt(next.contact) as Can).realities[unit] as Reality;
    }
    return steps;
  }

  protected create(host: Host, join: readonly Endpoint[], random: Random): Can {
    const node = new Can(host, { ...this.options, join, id: id160.random(random) });
    node.watcher = this.owners;
    return node;
  }

  protected link(nodes: readonly SimNode<Can>[]): void {
    const protocols = nodes.map((node) => node.protocol);
    linkIdealZones(protocols, this.rttAmong(nodes));
    for (const node of protocols) this.owners.add(node);
  }

  protected came(): void {
    // The node itself tells of its zones.
  }

  protected went(node: SimNode<Can>): void {
    this.owners.remove(node.protocol);
  }

  protected readonly pointsOf = pointsOf;

  protected find(node: Can, key: Uint8Array, style: string, handler: OwnersHandler): void {
    if (style !== 'realities') {
      node.lookup(key, handler);
      return;
    }
    const { point, unit } = placeOfKey(readId(key), 0, this.options);
    node.lookup(
      key,
      {
        onFind: (found) => {
          // Whoever owns the point in any reality has the key: it counts as the owner in the first.
          const by = found.owners[0] === undefined ? null : this.memberAt(found.owners[0]);
          const first = this.owners.ownerAt(unit, point);
          const isRight = by !== null && first !== null && this.owners.hasPoint(by, point);
          handler.onFind(isRight ? { ...found, owners: [first.self] } : found);
        },
      },
      true,
    );
  }

  /** The node that a contact names, if it is a living member's. */
  private memberAt(contact: Contact): Can | null {
    const node = this.numberOf(contact);
    return this.alive.has(node) && this.at(node).protocol.isMember ? this.at(node).protocol : null;
  }
}

function reason(isOwner: boolean, next: Contact | undefined): string {
  if (isOwner) return 'The point lies in its zone: it owns it.';
  return next === undefined
    ? 'Nobody next to it is nearer and lives.'
    : `Of those next to it, the zone of ${nameOf(next)} is the one to go to.`;
}

/** In thousandths of a side of the space. */
function distance(square: number): string {
  return `${((1000 * Math.sqrt(square)) / SIDE).toFixed(1)} thousandths of a side`;
}

function nameOf({ hex }: { readonly hex: string }): string {
  return `${hex.slice(0, NAME_DIGITS)}…`;
}
