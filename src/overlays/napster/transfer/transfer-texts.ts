/**
 * What users say to each other on a data connection before the bytes (napster.txt, section 5): texts without lengths or ends, so that only what
 * they mean tells where they stop. Owns no state.
 */

import { quoted, textOf } from '../frames.ts';

/** What whoever was dialled says first. */
export const GREETING = '1';
/** No text is longer: a verb, a nick, a name and a number. */
export const ASK_BYTES_MAX = 1_024;
export const REFUSALS = { invalid: 'INVALID REQUEST', unshared: 'FILE NOT SHARED' } as const;

/** get: the file from that offset. send: a holder who could not be dialled has come with it. */
export type FileTransferAsk =
  | { readonly kind: 'get'; readonly nick: string; readonly name: string; readonly offset: number }
  | { readonly kind: 'send'; readonly nick: string; readonly name: string; readonly bytes: number };

/** get-list: all that we share. send-list: somebody who could not be dialled has come with what he shares, which follows behind the line. */
export type TransferAsk = FileTransferAsk | { readonly kind: 'get-list' } | { readonly kind: 'send-list'; readonly nick: string };

/** Text of the data connection never holds more than these digits. */
const DIGITS_MAX = 15;
const ASK = /^(GET|SEND)([^\s"]{1,64}) "([^"]{1,512})" (\d{1,15})$/;
const SEND_LIST = /^SENDLIST ([^\s"]{1,64})\r?\n$/;
export const GET_LIST = 'GETLIST';

export function getText(nick: string, name: string, offset: number): string {
  return `GET${nick} ${quoted(name)} ${offset}`;
}

export function sendText(nick: string, name: string, bytes: number): string {
  return `SEND${nick} ${quoted(name)} ${bytes}`;
}

/** The first line of a list; who was dialled for it says the nick alone. */
export function sendListText(nick: string): string {
  return `SENDLIST ${nick}\n`;
}

/** Null: it is none yet, or none at all; `mayBecomeAsk` tells which. */
export function parseAsk(bytes: Uint8Array): TransferAsk | null {
  const text = textOf(bytes, 0, bytes.length);
  if (text === GET_LIST) return { kind: 'get-list' };
  const lister = SEND_LIST.exec(text)?.[1];
  if (lister !== undefined) return { kind: 'send-list', nick: lister };
  const [, verb, nick, name, digits] = ASK.exec(text) ?? [];
  if (verb === undefined || nick === undefined || name === undefined) return null;
  const number = Number(digits);
  return verb === 'GET' ? { kind: 'get', nick, name, offset: number } : { kind: 'send', nick, name, bytes: number };
}

/** Whether more bytes could make one of it. */
export function mayBecomeAsk(bytes: Uint8Array): boolean {
  if (bytes.length > ASK_BYTES_MAX) return false;
  const verb = textOf(bytes, 0, Math.min(bytes.length, 4));
  return verb === 'SEND'.slice(0, verb.length) || verb.slice(0, 3) === 'GET'.slice(0, Math.min(3, verb.length));
}

/** A number that comes without an end. */
export function isNumber(text: string): boolean {
  return new RegExp(`^\\d{1,${DIGITS_MAX}}$`).test(text);
}

/** Whether a number up to `most` that begins with these digits has all of them: what else came would be too much. */
export function isWholeNumber(digits: string, most: number): boolean {
  return digits.startsWith('0') || Number(digits) * 10 > most;
}
