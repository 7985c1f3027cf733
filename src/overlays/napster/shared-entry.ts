/** A file as a user tells the server of it: name, hash of its beginning, size and tags. Owns no state. */

import { quoted } from './frames.ts';

export interface SharedEntry {
  /** With folders, as the user's system writes them. */
  readonly name: string;
  /** An opaque hint (napster.txt): clients disagree about what is hashed. */
  readonly md5: string;
  readonly bytes: number;
  /** Kilobits a second. */
  readonly bitRate: number;
  /** Hertz. */
  readonly frequency: number;
  readonly seconds: number;
}

/** Words behind a name in messages. */
const ENTRY_FIELDS = 5;
export const NAME_LENGTH_MAX = 512;
const MD5_LENGTH_MAX = 80;

/** Of the fields from `at` on; null when they are no file. */
export function entryOf(fields: readonly string[], at: number, folder = ''): SharedEntry | null {
  const [name, md5, ...numbers] = fields.slice(at, at + 1 + ENTRY_FIELDS);
  if (name === undefined || name === '' || md5 === undefined || md5.length > MD5_LENGTH_MAX) return null;
  if (folder.length + name.length > NAME_LENGTH_MAX || numbers.length < ENTRY_FIELDS - 1) return null;
  const [bytes, bitRate, frequency, seconds] = numbers.map(wholeNumber) as [number, number, number, number];
  if ([bytes, bitRate, frequency, seconds].some(Number.isNaN)) return null;
  return { name: folder + name, md5, bytes, bitRate, frequency, seconds };
}

/** `"name" md5 bytes kbps Hz seconds`. */
export function entryText({ name, md5, bytes, bitRate, frequency, seconds }: SharedEntry): string {
  return `${quoted(name)} ${md5} ${bytes} ${bitRate} ${frequency} ${seconds}`;
}

/** NaN when it is none, or more than any file has. */
export function wholeNumber(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
