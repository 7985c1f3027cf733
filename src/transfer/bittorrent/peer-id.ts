/** Peer ids (BEP 20): ours, and what those of others say about their client; owns no state. */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import type { Random } from '../../core/random.ts';
import { AZUREUS_CLIENTS, PREFIX_CLIENTS, SHADOW_CLIENTS } from './client-names.ts';

export const PEER_ID_BYTES = 20;
/** Name and version for the extension handshake (`v`, BEP 10), and the same as a prefix of our peer ids. */
export const CLIENT_VERSION = 'kith 0.1.0';
const PREFIX = '-KI0100-';
/** Letters that survive every tracker's URL decoding. */
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const VERSION_DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-';

export function makePeerId(random: Random): Uint8Array {
  let text = PREFIX;
  while (text.length < PEER_ID_BYTES) text += LETTERS.charAt(random.below(LETTERS.length));
  return latin1Bytes(text);
}

/** Name and version of the client, such as `Transmission 3.0.0`; its first characters when the client is not known. Fit to be shown. */
export function clientOf(peerId: Uint8Array): string {
  const text = latin1(peerId);
  return azureusStyle(text) ?? mainlineStyle(text) ?? knownPrefix(text) ?? shadowStyle(text) ?? bitCometStyle(text) ?? unknown(text);
}

/** `-TR3000-`: two letters, three digits of version, and a fourth that is left away when it is 0 or tells a kind of build. */
function azureusStyle(text: string): string | null {
  const match = /^-([0-9A-Za-z][0-9A-Za-z~])([0-9A-Za-z]{3})([0-9A-Za-z])-/.exec(text);
  if (match === null) return null;
  const [, code = '', version = '', last = ''] = match;
  const name = AZUREUS_CLIENTS.get(code);
  if (name === undefined) return null;
  return `${name} ${dotted(/[1-9]/.test(last) ? version + last : version)}`;
}

/** Letters go on where digits end: `D` is 13. */
function dotted(digits: string): string {
  return [...digits].map((digit) => VERSION_DIGITS.indexOf(digit)).join('.');
}

/** `M7-10-1--`: Bram's own client since version 4, and Queen Bee. */
function mainlineStyle(text: string): string | null {
  const match = /^([MQ])(\d{1,2})-(\d{1,2})-(\d{1,2})--?/.exec(text);
  if (match === null) return null;
  const [, letter, ...version] = match;
  return `${letter === 'M' ? 'BitTorrent' : 'Queen Bee'} ${version.join('.')}`;
}

/** `T03I-----`: a letter, then up to five of version, padded with dashes. */
function shadowStyle(text: string): string | null {
  const match = /^([A-Z])([0-9A-Za-z.]{1,5})-{0,4}---/.exec(text);
  if (match === null) return null;
  const [, letter = '', version = ''] = match;
  const name = SHADOW_CLIENTS.get(letter);
  return name === undefined ? null : `${name} ${dotted(version)}`;
}

/** `exbc` and two bytes of version; `LORD` after them tells BitLord. */
function bitCometStyle(text: string): string | null {
  if (!text.startsWith('exbc') && !text.startsWith('FUTB')) return null;
  const name = text.slice(6, 10) === 'LORD' ? 'BitLord' : 'BitComet';
  return `${name} ${text.charCodeAt(4)}.${String(text.charCodeAt(5)).padStart(2, '0')}`;
}

function knownPrefix(text: string): string | null {
  for (const [prefix, name] of PREFIX_CLIENTS) {
    if (!text.startsWith(prefix)) continue;
    const version = /^[0-9]+(?:[.-][0-9]+)*/.exec(text.slice(prefix.length))?.[0];
    return version === undefined ? name : `${name} ${version.replaceAll('-', '.')}`;
  }
  return null;
}

function unknown(text: string): string {
  const readable = /^[\x21-\x7e]{1,8}/.exec(text)?.[0];
  return readable === undefined ? 'unknown' : `unknown (${readable})`;
}
