/** The last search, kept so that `kith get 3` knows what row 3 was. Owns one file in the state folder, which nobody else can read: it tells what somebody looks for. */

import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { isObject } from '../control/control-connection.ts';
import type { SearchRoom } from './search-room.ts';
import { rowDetailOf, type SearchRowDetail, type SearchView } from './search-view.ts';

const FILE_VERSION = 1;
/** Of each row: a download looks for more by itself. */
const HOLDERS_KEPT_MAX = 20;
/** Two thousand rows of twenty holders are some ten megabytes. */
const FILE_BYTES_MAX = 64 << 20;

interface KeptSearch {
  readonly version: typeof FILE_VERSION;
  readonly search: SearchView;
  readonly rows: readonly SearchRowDetail[];
  readonly joined: readonly { readonly number: number; readonly into: number }[];
}

export class LastSearch {
  readonly #file: string;

  constructor(stateFolder: string) {
    this.#file = join(stateFolder, 'last-search.json');
  }

  /** Takes the place of the one before. */
  keep(room: SearchRoom): void {
    const kept: KeptSearch = {
      version: FILE_VERSION,
      search: room.view(),
      rows: room.groups.changedAfter(0).map((group) => rowDetailOf(group, HOLDERS_KEPT_MAX)),
      joined: room.groups.joinedAfter(0),
    };
    mkdirSync(join(this.#file, '..'), { recursive: true, mode: 0o700 });
    const fresh = `${this.#file}.${process.pid}.new`;
    writeFileSync(fresh, JSON.stringify(kept), { mode: 0o600 });
    renameSync(fresh, this.#file);
  }

  /** The row of that number. Throws a not-found Failure. */
  row(number: number): SearchRowDetail {
    const kept = this.#read();
    if (kept === null) {
      throw new Failure('not-found', `There is no row ${number}.`, 'Nothing has been searched for yet.', 'Search first: kith search WORDS');
    }
    const standing = kept.joined.find((each) => each.number === number)?.into ?? number;
    const row = kept.rows.find((each) => each.number === standing);
    if (row !== undefined) return row;
    const found =
      kept.rows.length === 0 ? 'It has found nothing.' : `It has rows up to ${Math.max(...kept.rows.map((each) => each.number))}.`;
    throw new Failure('not-found', `There is no row ${number}.`, `The last search was for “${kept.search.text}”. ${found}`, '');
  }

  /** Null when there is none, or none that this version understands. */
  #read(): KeptSearch | null {
    try {
      if (statSync(this.#file).size > FILE_BYTES_MAX) return null;
      const kept: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return isObject(kept) && kept.version === FILE_VERSION ? (kept as unknown as KeptSearch) : null;
    } catch {
      return null;
    }
  }
}
