/** The searches of a node, those under way and the last of those that have ended. Owns them. */

import { Failure } from '../failure.ts';
import { LastSearch } from './last-search.ts';
import type { SearchNetwork } from './search-network.ts';
import { SearchRoom } from './search-room.ts';
import { rowDetailOf, type SearchChange, type SearchRowDetail, type SearchView } from './search-view.ts';
import { type SearchAsk, wishOf } from './search-wish.ts';

/** Under way at once: each costs other people's machines something. */
export const UNDER_WAY_MAX = 8;
/** Kept after their end. */
export const ENDED_MAX = 24;
/** What is found is written while it is looked for, too: `kith get` does not wait for the end. */
const KEEP_MS = 2_000;

export class Searches {
  readonly #networks: () => readonly SearchNetwork[];
  readonly #last: LastSearch;
  readonly #rooms = new Map<number, SearchRoom>();
  readonly #keeping: NodeJS.Timeout;
  #count = 0;
  #kept = '';

  /** `networks`: those that run now. */
  constructor(stateFolder: string, networks: () => readonly SearchNetwork[]) {
    this.#networks = networks;
    this.#last = new LastSearch(stateFolder);
    this.#keeping = setInterval(() => this.#keep(), KEEP_MS);
    this.#keeping.unref();
  }

  /** Throws a Failure: what is asked for makes no sense, or no such network runs. */
  start(ask: SearchAsk): SearchView {
    const wish = wishOf(ask);
    const running = this.#networks();
    const networks = wish.networks === null ? running : running.filter(({ name }) => wish.networks?.includes(name));
    if (networks.length === 0) {
      const names = wish.networks?.join(', ') ?? '';
      const what = names === '' ? 'This node takes part in no search network.' : `This node does not take part in ${names}.`;
      throw new Failure('unreachable', what, 'The setting networks.use says in which.', 'For example: kith config set networks.use all');
    }
    if ([...this.#rooms.values()].filter(({ isOver }) => !isOver).length >= UNDER_WAY_MAX) {
      throw new Failure('interrupted', 'Too many searches are under way.', `There are ${UNDER_WAY_MAX}.`, 'Stop one, or wait for its end.');
    }
    const room = new SearchRoom(++this.#count, wish, networks);
    this.#rooms.set(room.id, room);
    this.#forget();
    void room.ended.then(() => this.#keep());
    return room.view();
  }

  list(): readonly SearchView[] {
    return [...this.#rooms.values()].map((room) => room.view());
  }

  /** Throws a not-found Failure, as all below. */
  room(id: number): SearchRoom {
    const room = this.#rooms.get(id);
    if (room !== undefined) return room;
    throw new Failure('not-found', `There is no search ${id}.`, 'It never was, or is long over.', 'Start a new one.');
  }

  changes(id: number, after: number): SearchChange {
    return this.room(id).changesAfter(after);
  }

  row(id: number, number: number): SearchRowDetail {
    const group = this.room(id).group(number);
    if (group !== null) return rowDetailOf(group);
    throw new Failure('not-found', `Search ${id} has no row ${number}.`, '', '');
  }

  stop(id: number): SearchView {
    const room = this.room(id);
    room.stop('Stopped.');
    return room.view();
  }

  close(): void {
    clearInterval(this.#keeping);
    for (const room of this.#rooms.values()) room.stop('The node stops.');
    this.#keep();
  }

  #forget(): void {
    const ended = [...this.#rooms.values()].filter(({ isOver }) => isOver);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - ENDED_MAX))) this.#rooms.delete(id);
  }

  /** The latest, when there is news of it. A disk that is full costs `kith get 3`, not the search. */
  #keep(): void {
    const room = this.#rooms.get(this.#count);
    if (room === undefined) return;
    const state = `${room.id} ${room.groups.sequence} ${room.isOver}`;
    if (state === this.#kept) return;
    this.#kept = state;
    try {
      this.#last.keep(room);
    } catch {
      this.#kept = '';
    }
  }
}
