/** What a user of Napster may choose. */

import type { ByteBudget } from '../../../core/budget-turns.ts';

/** login: as somebody whom the server knows, or will. register: as a new one. auto: the server is asked which. */
export type EntryKind = 'login' | 'register' | 'auto';

export interface NapsterClientOptions {
  readonly nick: string;
  /** Goes over the line as it is. */
  readonly password: string;
  readonly email: string;
  readonly entry: EntryKind;
  /** The program, as servers show it. */
  readonly client: string;
  /** A number of LINK_NAMES. */
  readonly linkSpeed: number;
  /** Where others dial us, if that is not where we listen; 0: nobody can. */
  readonly dataPort: number | null;
  /** Files that are told to the server; more are not listed. */
  readonly sharesMax: number;
  readonly uploadSlots: number;
  readonly uploadsPerUserMax: number;
  readonly budget: ByteBudget | null;
  /** Messages with shared files in a second, below what servers take. */
  readonly shareMessagesPerSecond: number;
}

export const NAPSTER_CLIENT_DEFAULTS: NapsterClientOptions = {
  nick: 'kith',
  password: 'kith',
  email: '',
  entry: 'auto',
  client: 'kith',
  linkSpeed: 0,
  dataPort: null,
  sharesMax: 5_000,
  uploadSlots: 8,
  uploadsPerUserMax: 2,
  budget: null,
  shareMessagesPerSecond: 20,
};
