/** What the operator of an index server may choose. */

import type { Endpoint } from '../../core/host.ts';
import type { AccountBook } from './accounts.ts';

export interface IndexOptions {
  /** Shown to users. */
  readonly name: string;
  readonly motd: readonly string[];
  /** Null: anybody may have any nick that nobody has at the moment. */
  readonly accounts: AccountBook | null;
  readonly usersMax: number;
  readonly connectionsPerAddressMax: number;
  /** Files of one user; more are not listed. */
  readonly sharesMax: number;
  readonly filesMax: number;
  readonly resultsMax: number;
  readonly browseMax: number;
  readonly hotListMax: number;
  readonly channelsMax: number;
  /** Channels of one user. */
  readonly channelsPerUserMax: number;
  /** Messages a second that one user may send over time, and at once; a search counts as five. Who sends more is not read for a while. */
  readonly messagesPerSecond: number;
  readonly messagesAtOnce: number;
  /** Users, files and gigabytes are told so often. */
  readonly statsMs: number;
  /** Who has not logged in after so long is let go. */
  readonly loginMs: number;
  /** Servers that know this word are linked. Empty: none are. */
  readonly linkSecret: string;
  /** Servers to link to; of the others that those are linked to one hears from them. */
  readonly links: readonly Endpoint[];
}

export const INDEX_DEFAULTS: IndexOptions = {
  name: 'kith',
  motd: [],
  accounts: null,
  usersMax: 10_000,
  connectionsPerAddressMax: 100,
  sharesMax: 5_000,
  filesMax: 2_000_000,
  resultsMax: 500,
  browseMax: 5_000,
  hotListMax: 256,
  channelsMax: 1_000,
  channelsPerUserMax: 16,
  messagesPerSecond: 50,
  messagesAtOnce: 1_000,
  statsMs: 60_000,
  loginMs: 30_000,
  linkSecret: '',
  links: [],
};
