/** Magnet links (BEP 9; BitTorrent v2 BEP 52; file selection BEP 53; other networks' URNs kept) and info-hashes as people write them; owns no state. */

import { MalformedMessage } from '../core/codec.ts';
import { bytesOfBase32 } from '../core/base32.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { readUtf8, utf8Bytes } from '../core/utf8.ts';
import { safeText } from './safe-text.ts';

export interface Magnet {
  /** 20 bytes of `urn:btih`, or null in a link for BitTorrent v2 or other networks only. */
  readonly infoHash: Uint8Array | null;
  /** 32 bytes of `urn:btmh`, the info-hash of BitTorrent v2 as a multihash of SHA-256, or null. */
  readonly infoHashV2: Uint8Array | null;
  /** All other exact topics, such as `urn:sha1:…`, `urn:tree:tiger:…`, `urn:ed2k:…`. */
  readonly exact: readonly string[];
  /** `dn`, fit to be shown. */
  readonly name: string | null;
  /** `xl`: bytes of the content. */
  readonly totalBytes: number | null;
  readonly trackers: readonly string[];
  /** `ws`. */
  readonly webSeeds: readonly string[];
  /** `xs` and `as`: web addresses of that very file, of the exact and of like content. */
  readonly sources: readonly string[];
  /** `x.pe`: `host:port`, the host a name or an IP literal, IPv6 in brackets. */
  readonly peers: readonly string[];
  /** `so`: indices of the files wanted, ascending, or null for all. */
  readonly selectOnly: readonly number[] | null;
}

export const MAGNET_CHARS_MAX = 64 * 1024;
/** Trackers, web seeds, peers and topics in one link, each. */
export const MAGNET_ENTRIES_MAX = 200;
export const SELECTED_FILES_MAX = 100_000;
const NAME_CHARS_MAX = 255;

/** Throws MalformedMessage with words for the person who pasted the link. */
export function parseMagnet(text: string): Magnet {
  if (!/^magnet:\?/i.test(text)) throw new MalformedMessage("a magnet link begins with 'magnet:?'");
  if (text.length > MAGNET_CHARS_MAX)
    throw new MalformedMessage(`a magnet link has at most ${MAGNET_CHARS_MAX} characters, got ${text.length}`);
  const fields = fieldsOf(text.slice('magnet:?'.length));
  const topics = fields.get('xt') ?? [];
  const infoHash = infoHashOf(topics);
  const infoHashV2 = infoHashV2Of(topics);
  const exact = topics.filter((topic) => /^urn:[a-z0-9][a-z0-9:-]*:[^\s]+$/i.test(topic) && !BTIH.test(topic) && !BTMH.test(topic));
  if (infoHash === null && infoHashV2 === null && exact.length === 0)
    throw new MalformedMessage("a magnet link needs a topic such as 'xt=urn:btih:' and 40 hexadecimal digits");
  const name = safeText(fields.get('dn')?.[0] ?? '', NAME_CHARS_MAX).trim();
  const totalBytes = Number(fields.get('xl')?.[0] ?? Number.NaN);
  return {
    infoHash,
    infoHashV2,
    exact,
    name: name === '' ? null : name,
    totalBytes: Number.isSafeInteger(totalBytes) && totalBytes >= 0 ? totalBytes : null,
    trackers: valuesOf(fields, 'tr', /^(https?|udp|wss?):\/\/[^\s]+$/i),
    webSeeds: valuesOf(fields, 'ws', /^(https?|ftp):\/\/[^\s]+$/i),
    sources: [...new Set(['xs', 'as'].flatMap((key) => valuesOf(fields, key, /^https?:\/\/[^\s]+$/i)))].slice(0, MAGNET_ENTRIES_MAX),
    peers: valuesOf(fields, 'x.pe', /^(\[[0-9a-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/i),
    selectOnly: selectionOf(fields.get('so')),
  };
}

/** The link in the spelling that all clients read. */
export function formatMagnet(magnet: Partial<Magnet>): string {
  const fields: string[] = [];
  const add = (key: string, value: string): number => fields.push(`${key}=${escape(value)}`);
  if (magnet.infoHash) add('xt', `urn:btih:${hexOf(magnet.infoHash)}`);
  if (magnet.infoHashV2) add('xt', `urn:btmh:${SHA256_MULTIHASH}${hexOf(magnet.infoHashV2)}`);
  for (const topic of magnet.exact ?? []) add('xt', topic);
  if (magnet.name) add('dn', magnet.name);
  if (typeof magnet.totalBytes === 'number') add('xl', String(magnet.totalBytes));
  for (const tracker of magnet.trackers ?? []) add('tr', tracker);
  for (const webSeed of magnet.webSeeds ?? []) add('ws', webSeed);
  for (const source of magnet.sources ?? []) add('xs', source);
  for (const peer of magnet.peers ?? []) add('x.pe', peer);
  if (magnet.selectOnly) fields.push(`so=${rangesOf(magnet.selectOnly)}`);
  return `magnet:?${fields.join('&')}`;
}

/** The 20 bytes of a v1 info-hash written as 40 hexadecimal digits or 32 characters of base32, or null. */
export function parseInfoHash(text: string): Uint8Array | null {
  if (text.length === 40) return bytesOfHex(text);
  return /^[a-z2-7]{32}$/i.test(text) ? bytesOfBase32(text) : null;
}

/** The 32 bytes of a v2 info-hash written as 64 hexadecimal digits, with or without the mark of a multihash before them, or null. */
export function parseInfoHashV2(text: string): Uint8Array | null {
  const digits = text.length === 68 && text.startsWith(SHA256_MULTIHASH) ? text.slice(SHA256_MULTIHASH.length) : text;
  return digits.length === 64 ? bytesOfHex(digits) : null;
}

const BTIH = /^urn:btih:/i;
const BTMH = /^urn:btmh:/i;
/** A multihash of SHA-256 (0x12) with its 32 bytes (0x20). */
const SHA256_MULTIHASH = '1220';

/** Decoded values by key, in order. `xt.1` counts as `xt`; `&amp;` is what copying out of a page's source leaves. */
function fieldsOf(query: string): ReadonlyMap<string, readonly string[]> {
  const fields = new Map<string, string[]>();
  for (const field of query.split('&')) {
    const equals = field.indexOf('=');
    if (equals < 0) continue;
    const key = field
      .slice(0, equals)
      .toLowerCase()
      .replace(/^amp;/, '')
      .replace(/\.\d+$/, '');
    // Only names are written by forms, which turn a blank into a plus; in an URL a plus is a plus.
    const raw = field.slice(equals + 1);
    const value = unescape(key === 'dn' ? raw.replaceAll('+', ' ') : raw).trim();
    const values = fields.get(key);
    if (values === undefined) fields.set(key, [value]);
    else if (values.length < MAGNET_ENTRIES_MAX) values.push(value);
  }
  return fields;
}

function valuesOf(fields: ReadonlyMap<string, readonly string[]>, key: string, form: RegExp): readonly string[] {
  const values = (fields.get(key) ?? []).filter((value) => form.test(value) && safeText(value, MAGNET_CHARS_MAX) === value);
  return [...new Set(values)];
}

function infoHashOf(topics: readonly string[]): Uint8Array | null {
  const topic = topics.find((candidate) => BTIH.test(candidate));
  if (topic === undefined) return null;
  const text = topic.slice('urn:btih:'.length);
  const infoHash = parseInfoHash(text);
  if (infoHash !== null) return infoHash;
  throw new MalformedMessage(
    `an info-hash has 40 hexadecimal digits or 32 characters of base32, got ${text.length}: ${JSON.stringify(safeText(text, 50))}`,
  );
}

function infoHashV2Of(topics: readonly string[]): Uint8Array | null {
  const topic = topics.find((candidate) => BTMH.test(candidate));
  if (topic === undefined) return null;
  const text = topic.slice('urn:btmh:'.length);
  const infoHash = text.startsWith(SHA256_MULTIHASH) && text.length === 68 ? parseInfoHashV2(text) : null;
  if (infoHash !== null) return infoHash;
  throw new MalformedMessage(
    `an info-hash of BitTorrent v2 has ${SHA256_MULTIHASH} and 64 hexadecimal digits, got ${JSON.stringify(safeText(text, 80))}`,
  );
}

/** `0,2,6-8`. A mistake is refused, since leaving it out would fetch what nobody asked for. */
function selectionOf(values: readonly string[] | undefined): readonly number[] | null {
  if (values === undefined) return null;
  const indices = new Set<number>();
  for (const part of values.join(',').split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last >= SELECTED_FILES_MAX) {
      throw new MalformedMessage(
        `'so' lists file numbers below ${SELECTED_FILES_MAX}, as in 0,2,6-8; got ${JSON.stringify(safeText(part, 50))}`,
      );
    }
    for (let index = first; index <= last; index++) indices.add(index);
  }
  return [...indices].sort((a, b) => a - b);
}

function rangesOf(indices: readonly number[]): string {
  const sorted = [...indices].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let from = 0; from < sorted.length; ) {
    const first = sorted[from] as number;
    let to = from;
    while (sorted[to + 1] === first + to + 1 - from) to++;
    ranges.push(to === from ? String(first) : `${first}-${sorted[to]}`);
    from = to + 1;
  }
  return ranges.join(',');
}

/** Colons and slashes may stand in a query, and URLs stay readable with them. */
function escape(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replaceAll('%2F', '/');
}

/** Never fails: a percent sign that begins no byte stands for itself, and bytes that are no UTF-8 become U+FFFD. */
function unescape(text: string): string {
  if (!text.includes('%')) return text;
  const raw = utf8Bytes(text);
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    const escaped = raw[at] === 0x25 && at + 2 < raw.length ? hexPair(raw[at + 1] as number, raw[at + 2] as number) : -1;
    bytes[length++] = escaped < 0 ? (raw[at] as number) : escaped;
    if (escaped >= 0) at += 2;
  }
  return readUtf8(bytes, 0, length);
}

function hexPair(high: number, low: number): number {
  const text = String.fromCharCode(high, low);
  return /^[0-9a-f]{2}$/i.test(text) ? Number.parseInt(text, 16) : -1;
}
