/** Napster as experiments see it: the real index server, which is no user, and real clients (`overlays/napster`). Owns the nodes it made. */

import {
  INDEX_DEFAULTS,
  NAPSTER_CLIENT_DEFAULTS,
  NapsterClient,
  NapsterIndex,
  type NapsterListener,
  type NapsterMessage,
  type SharedBytes,
  Type,
} from '../../overlays/napster/index.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { World } from '../../sim/world.ts';
import type { SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { SharedFiles } from '../../wire/shared-file.ts';
import type { SystemOptions } from '../run-spec.ts';
import type { SearchMessage, SearchNetwork, SearchNodeView, SearchSystem } from '../search-model.ts';
import { SearchUsers, settle } from './search-users.ts';

const DEFAULTS = {
  resultsMax: 200,
  sharesMax: NAPSTER_CLIENT_DEFAULTS.sharesMax,
  shareMessagesPerSecond: NAPSTER_CLIENT_DEFAULTS.shareMessagesPerSecond,
};
/** A server of its time had fifteen thousand; here one has all. */
const USERS_MAX = 1_000_000;
const FILES_MAX = 100_000_000;
const NICK = /^user(\d+)$/;

export const napster: SearchSystem = {
  name: 'napster',
  title: 'Napster',
  shape: 'server',
  defaults: DEFAULTS,
  build: (world, options) => new NapsterNetwork(world, options),
};

class NapsterNetwork implements SearchNetwork {
  private readonly world: World;
  private readonly options: typeof DEFAULTS;
  private readonly index: SimNode<NapsterIndex>;
  private readonly users: SearchUsers<NapsterClient>;
  /** How many searches each client has sent: answers name no question, and the server answers one after the other. */
  private readonly asked = new Map<number, number>();

  /** `options` are complete: every name of `napster.defaults`, each of the type that it has there. */
  constructor(world: World, options: SystemOptions) {
    this.world = world;
    this.options = options as typeof DEFAULTS;
    this.users = new SearchUsers(world);
    const { resultsMax, sharesMax } = this.options;
    this.index = world.addNode(
      (host) => new NapsterIndex(host, { ...INDEX_DEFAULTS, usersMax: USERS_MAX, filesMax: FILES_MAX, resultsMax, sharesMax }),
    );
  }

  get live(): readonly number[] {
    return this.users.alive.numbers;
  }

  /** They log in and list what they share. */
  addIdeal(shares: readonly SharedFiles[]): void {
    for (const files of shares) this.join(files);
    settle(this.world, this);
  }

  join(files: SharedFiles): number {
    const { sharesMax, shareMessagesPerSecond } = this.options;
    const nick = `user${this.users.count}`;
    return this.users.add((host) => {
      const options = { ...NAPSTER_CLIENT_DEFAULTS, nick, sharesMax, shareMessagesPerSecond };
      const client = new NapsterClient(host, options, files, NO_BYTES, NOBODY);
      client.addServer(this.index.endpoint);
      return client;
    });
  }

  crash(user: number): void {
    this.users.crash(user);
  }

  leave(user: number, done: () => void): void {
    this.users.leave(user, done);
  }

  isMember(user: number): boolean {
    return this.users.alive.has(user) && this.users.at(user).protocol.isOnline;
  }

  search(user: number, words: readonly string[], listener: SearchListener): void {
    this.users.at(user).protocol.search({ words, limit: this.options.resultsMax, hashes: null }, listener);
  }

  holderOf({ holder }: SearchHit): number {
    const number = NICK.exec(holder.id)?.[1];
    return number === undefined ? -1 : Number(number);
  }

  /** To nobody but the index. */
  linksOf(): readonly number[] {
    return [];
  }

  roleOf(): string {
    return 'user';
  }

  isServing(): boolean {
    return false;
  }

  nodeOf(user: number): SimNode {
    return this.users.at(user);
  }

  userAt(index: number): number {
    return this.users.byIndex(index);
  }

  get center(): SimNode {
    return this.index;
  }

  look(user: number): SearchNodeView {
    if (user < 0) return this.lookAtIndex();
    const { isOnline, shares } = this.users.at(user).protocol;
    const facts = [{ label: 'Files that the server knows of', value: isOnline ? shares.count : 0 }];
    return { facts, neighbours: isOnline ? [{ node: this.index.index, role: 'server' }] : [] };
  }

  private lookAtIndex(): SearchNodeView {
    const { users, files, searches } = this.index.protocol;
    const facts = [
      { label: 'Users logged in', value: users },
      { label: 'Files in its index', value: files.count },
      { label: 'Searches answered', value: searches },
    ];
    const online = this.live.filter((user) => this.isMember(user));
    return { facts, neighbours: online.map((user) => ({ node: this.users.at(user).index, role: 'user' })) };
  }

  classify(message: unknown, from: number, to: number): SearchMessage | null {
    // All that is sent in this world are messages of users and index, and what greets between users.
    const { type } = message as NapsterMessage;
    const user = from === this.index.index ? to : from;
    if (type === Type.search) this.asked.set(user, (this.asked.get(user) ?? 0) + 1);
    const search = `${user}:${this.asked.get(user) ?? 0}`;
    if (type === Type.search) return { kind: 'query', search };
    return type === Type.result || type === Type.resultsEnd ? { kind: 'hit', search } : null;
  }

  complaint(): string | null {
    const { numbers } = this.users.alive;
    const absent = numbers.filter((user) => !this.isMember(user)).length;
    if (absent > 0) return `${absent} of ${numbers.length} users are not logged in`;
    const untold = numbers.filter((user) => !this.users.at(user).protocol.shares.isComplete).length;
    return untold === 0 ? null : `${untold} of ${numbers.length} users have not listed all that they share`;
  }
}

/** No file is fetched. */
const NO_BYTES: SharedBytes = {
  open() {
    throw new Error('searches alone expected');
  },
};

const NOBODY: NapsterListener = {
  onOnline() {},
  onOffline() {},
  onPrivateWords() {},
  onSaid() {},
  onChannelChanged() {},
  onHot() {},
  onServerWords() {},
};
