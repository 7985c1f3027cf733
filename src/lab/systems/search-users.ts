/** The users of a simulated search network by number: which node each of them is, who lives, and whose address is whose. Owns their nodes. */

import type { Endpoint, Host, Protocol } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import { largestComponent } from '../link-graph.ts';
import { LiveNodes } from '../live-nodes.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import type { NeighbourView } from '../overlay-model.ts';
import type { SearchNetwork } from '../search-model.ts';
import { ENTRY_STREAM } from '../streams.ts';

const SETTLE_MS_MAX = 600_000;
const LOOK_MS = 1_000;

export class SearchUsers<P extends Protocol> {
  readonly alive = new LiveNodes();
  private readonly world: World;
  private readonly nodes: SimNode<P>[] = [];
  private readonly users = new Map<number, number>();

  constructor(world: World) {
    this.world = world;
  }

  /** As many as there ever were: the number that the next one gets. */
  get count(): number {
    return this.nodes.length;
  }

  add(make: (host: Host) => P): number {
    const user = this.nodes.length;
    const node = this.world.addNode(make);
    this.nodes.push(node);
    this.users.set(node.index, user);
    this.alive.add(user);
    return user;
  }

  at(user: number): SimNode<P> {
    const node = this.nodes[user];
    if (node === undefined) throw new RangeError(`a user of 0 to ${this.nodes.length - 1} expected, got ${user}`);
    return node;
  }

  /** Who is to be reached there; -1: no user. */
  byEndpoint(endpoint: Endpoint | null): number {
    if (endpoint === null) return -1;
    const { addresses } = this.world;
    return this.users.get(addresses.nodeOfPeer(addresses.peer(endpoint))) ?? -1;
  }

  /** Who is the node of that index in the world; -1: no user. */
  byIndex(index: number): number {
    return this.users.get(index) ?? -1;
  }

  /** Those of them who live. */
  livingAt(endpoints: Iterable<Endpoint>): number[] {
    return [...endpoints].map((endpoint) => this.byEndpoint(endpoint)).filter((user) => user >= 0 && this.alive.has(user));
  }

  /** Endpoints of up to `count` living users, but that one, by chance, of those that serve others. */
  serversFor(user: number, count: number, share: number, random: Random): Endpoint[] {
    const servers = this.alive.numbers.filter((other) => other !== user && serves(other, share));
    return random
      .shuffle(servers)
      .slice(0, count)
      .map((server) => this.at(server).endpoint);
  }

  crash(user: number): void {
    this.alive.remove(user);
    this.world.crash(this.at(user), 'power');
  }

  leave(user: number, done: () => void): void {
    this.alive.remove(user);
    this.world.leave(this.at(user));
    this.world.at(this.world.now, done);
  }
}

/** What networks without a center have in common: everybody is made alike, is told of some others, and dials them. Owns the users. */
export abstract class PeerNetwork<P extends Protocol>
  implements Pick<SearchNetwork, 'live' | 'addIdeal' | 'join' | 'crash' | 'leave' | 'nodeOf' | 'userAt' | 'center'>
{
  readonly center = null;
  protected readonly world: World;
  protected readonly users: SearchUsers<P>;
  /** Whom newcomers are told of. */
  protected readonly entries: Random;

  constructor(world: World, seed: number) {
    this.world = world;
    this.users = new SearchUsers(world);
    this.entries = new Random(seed, ENTRY_STREAM);
  }

  get live(): readonly number[] {
    return this.users.alive.numbers;
  }

  addIdeal(shares: readonly SharedFiles[]): void {
    for (const files of shares) this.make(files);
    for (const user of this.live) this.tell(user);
    settle(this.world, this);
  }

  join(files: SharedFiles): number {
    const user = this.make(files);
    this.tell(user);
    return user;
  }

  crash(user: number): void {
    this.users.crash(user);
  }

  leave(user: number, done: () => void): void {
    this.users.leave(user, done);
  }

  nodeOf(user: number): SimNode {
    return this.users.at(user);
  }

  userAt(index: number): number {
    return this.users.byIndex(index);
  }

  /** Nobody else is there who serves others: a small network has one such, who has nobody to be linked to but those whom he serves. */
  protected servesAlone(user: number): boolean {
    return this.live.every((other) => other === user || !this.isServing(other));
  }

  abstract isServing(user: number): boolean;
  abstract complaint(): string | null;
  protected abstract make(files: SharedFiles): number;
  protected abstract tell(user: number): void;
}

/** Whom a user is linked to and as what, those left out who are to be found nowhere. */
export function neighboursAt<P extends Protocol>(
  users: SearchUsers<P>,
  links: Iterable<{ readonly endpoint: Endpoint | null; readonly role: string; readonly note?: string }>,
): NeighbourView[] {
  const neighbours: NeighbourView[] = [];
  for (const { endpoint, role, note } of links) {
    const user = users.byEndpoint(endpoint);
    if (user >= 0) neighbours.push({ node: users.at(user).index, role, ...(note !== undefined && { note }) });
  }
  return neighbours;
}

/** What a table that a neighbour has sent says of him; nothing where he has sent none. */
export function tableNote(table: { readonly count: number } | null): { readonly note?: string } {
  return table === null ? {} : { note: `its table has ${table.count} ${table.count === 1 ? 'slot' : 'slots'}` };
}

/** Whether the user of that number is one of those that serve others: that share of all, evenly among the numbers, and the first. */
export function serves(user: number, share: number): boolean {
  return user === 0 || Math.floor((user + 1) * share) > Math.floor(user * share);
}

/** Lets those who were made at once find each other by the protocol. */
export function settle(world: World, network: Pick<SearchNetwork, 'complaint'>): void {
  const untilMs = world.now + SETTLE_MS_MAX;
  for (let complaint = network.complaint(); complaint !== null; complaint = network.complaint()) {
    if (world.now >= untilMs) throw new Error(`a network in order after ${SETTLE_MS_MAX} ms expected, got: ${complaint}`);
    world.runFor(LOOK_MS);
  }
}

/** Who has no place, and whether all of them reach each other. */
export function complaintOf(network: SearchNetwork): string | null {
  const apart = network.live.length - largestComponent(network).size;
  return aloneComplaint(network) ?? (apart === 0 ? null : `${apart} of ${network.live.length} users are apart from the others`);
}

/** Who has no place. */
export function aloneComplaint(network: SearchNetwork): string | null {
  const alone = network.live.filter((user) => !network.isMember(user)).length;
  return alone === 0 ? null : `${alone} of ${network.live.length} users have no place`;
}
