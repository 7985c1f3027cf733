/**
 * The HTTP tracker protocol (BEP 3, 7, 21, 23, 24, 31, 48): the query of an announce or scrape, and the bencoded replies, read and
 * written; owns no state. Queries are binary: %xx gives a byte, everything else is itself.
 */

import { latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES, endpointOf } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import {
  type BencodeDict,
  type BencodeInput,
  bencodeDict,
  decodeBencodeDict,
  dictBytes,
  dictDict,
  dictList,
  dictNumber,
  encodeBencode,
  isDict,
} from './bencode.ts';
import { ANNOUNCE_EVENTS, type AnnounceEvent, type ScrapeCounts } from './tracker-udp.ts';

/** Of one scrape; BEP 48 names no bound, and a scrape of everything is refused. */
export const HTTP_SCRAPE_MAX = 100;
/** Peers that are taken out of one reply; trackers give 200 at most. */
export const REPLY_PEERS_MAX = 2000;

export interface HttpAnnounce {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  readonly event: AnnounceEvent;
  /** -1 leaves it to the tracker. */
  readonly numwant: number;
  readonly key: string | null;
  /** The address that the client wants to be known by, as it came. */
  readonly ip: string | null;
  readonly trackerId: string | null;
}

/** What a tracker says; `peers` and `peers6` are compact endpoints in a row. */
export interface HttpAnnounceReply {
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
  readonly peers: Uint8Array;
  readonly peers6: Uint8Array;
  /** 4 or 16 bytes (BEP 24). */
  readonly externalIp: Uint8Array;
}

/** A reply as a client takes it; null where the tracker said nothing. */
export type HttpTrackerAnswer = HttpTrackerFailure | HttpTrackerPeers;

export interface HttpTrackerFailure {
  readonly kind: 'failure';
  readonly reason: string;
  /** BEP 31; Infinity for "never", null when not said. */
  readonly retryInMinutes: number | null;
}

export interface HttpTrackerPeers {
  readonly kind: 'peers';
  readonly intervalSeconds: number | null;
  readonly minIntervalSeconds: number | null;
  readonly complete: number | null;
  readonly incomplete: number | null;
  readonly endpoints: readonly Endpoint[];
  readonly externalIp: Uint8Array | null;
  readonly trackerId: string | null;
  readonly warning: string | null;
}

/** Reads the part after `?`. Throws MalformedMessage with words that are fit for a failure reason. */
export function decodeAnnounceQuery(query: string): HttpAnnounce {
  let infoHash: string | null = null;
  let peerId: string | null = null;
  let port = '';
  let uploaded = '0';
  let downloaded = '0';
  let left: string | null = null;
  let event: AnnounceEvent = 'none';
  let numwant = '';
  let key: string | null = null;
  let ip: string | null = null;
  let trackerId: string | null = null;
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    switch (equals < 0 ? pair : pair.slice(0, equals)) {
      case 'info_hash':
        infoHash ??= unescape(value);
        break;
      case 'peer_id':
        peerId ??= unescape(value);
        break;
      case 'port':
        port = value;
        break;
      case 'uploaded':
        uploaded = value;
        break;
      case 'downloaded':
        downloaded = value;
        break;
      case 'left':
        left = value;
        break;
      case 'event':
        event = eventOf(value);
        break;
      case 'numwant':
        numwant = value;
        break;
      case 'key':
        key = unescape(value);
        break;
      case 'ip':
        ip = unescape(value);
        break;
      case 'trackerid':
        trackerId = unescape(value);
        break;
    }
  }
  return {
    infoHash: bytes20('info_hash', infoHash),
    peerId: bytes20('peer_id', peerId),
    port: portOf(port),
    uploaded: counter(uploaded),
    downloaded: counter(downloaded),
    // Clients that do not know yet leave it out or send -1: they are no seeds.
    left: left === null ? Number.MAX_SAFE_INTEGER : counter(left),
    event,
    numwant: /^\d{1,9}$/.test(numwant) ? Number(numwant) : -1,
    key,
    ip,
    trackerId,
  };
}

/** The info-hashes that a scrape asks about. */
export function decodeScrapeQuery(query: string): Uint8Array[] {
  const infoHashes: Uint8Array[] = [];
  for (const pair of query.split('&')) {
    if (pair.startsWith('info_hash=')) infoHashes.push(bytes20('info_hash', unescape(pair.slice(10))));
    if (infoHashes.length > HTTP_SCRAPE_MAX) throw new MalformedMessage(`a scrape asks about at most ${HTTP_SCRAPE_MAX} torrents`);
  }
  if (infoHashes.length === 0) throw new MalformedMessage('a scrape names at least one info_hash here');
  return infoHashes;
}

/** The query of an announce as clients send it, without a question mark. */
export function encodeAnnounceQuery(announce: HttpAnnounce): string {
  let query = `info_hash=${percentEncode(announce.infoHash)}&peer_id=${percentEncode(announce.peerId)}&port=${announce.port}`;
  query += `&uploaded=${announce.uploaded}&downloaded=${announce.downloaded}&left=${announce.left}&compact=1&no_peer_id=1`;
  if (announce.numwant >= 0) query += `&numwant=${announce.numwant}`;
  if (announce.event !== 'none') query += `&event=${announce.event}`;
  if (announce.key !== null) query += `&key=${percentEncode(latin1Bytes(announce.key))}`;
  if (announce.ip !== null) query += `&ip=${percentEncode(latin1Bytes(announce.ip))}`;
  if (announce.trackerId !== null) query += `&trackerid=${percentEncode(latin1Bytes(announce.trackerId))}`;
  return query;
}

export function percentEncode(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += ESCAPED[byte] as string;
  return text;
}

export function encodeAnnounceReply(reply: HttpAnnounceReply): Uint8Array {
  return encodeBencode(
    bencodeDict({
      complete: reply.complete,
      downloaded: reply.downloaded,
      'external ip': reply.externalIp,
      incomplete: reply.incomplete,
      interval: reply.intervalSeconds,
      'min interval': reply.minIntervalSeconds,
      peers: reply.peers,
      peers6: reply.peers6.length > 0 ? reply.peers6 : undefined,
    }),
  );
}

/** BEP 31: a client that understands `retry in` waits as many minutes; null says nothing about it. */
export function encodeFailure(reason: string, retryInMinutes: number | null): Uint8Array {
  return encodeBencode(bencodeDict({ 'failure reason': reason, 'retry in': retryInMinutes ?? undefined }));
}

export function encodeScrapeReply(infoHashes: readonly Uint8Array[], counts: readonly ScrapeCounts[]): Uint8Array {
  const files = new Map<string, BencodeInput>();
  for (const [index, infoHash] of infoHashes.entries()) {
    const { seeders, completed, leechers, downloaders } = counts[index] as ScrapeCounts;
    files.set(latin1(infoHash), bencodeDict({ complete: seeders, downloaded: completed, downloaders, incomplete: leechers }));
  }
  return encodeBencode(bencodeDict({ files }));
}

/** Throws MalformedMessage. Accepts compact and dictionary peers, and ignores what it does not know. */
export function decodeAnnounceReply(bytes: Uint8Array): HttpTrackerAnswer {
  const reply = decodeBencodeDict(bytes);
  const failure = dictBytes(reply, 'failure reason');
  if (failure !== null) return { kind: 'failure', reason: latin1(failure), retryInMinutes: retryIn(reply) };
  const endpoints: Endpoint[] = [];
  const listed = dictList(reply, 'peers');
  if (listed === null) unpackEndpoints(dictBytes(reply, 'peers'), ENDPOINT_V4_BYTES, endpoints);
  else readListed(listed, endpoints);
  unpackEndpoints(dictBytes(reply, 'peers6'), ENDPOINT_V6_BYTES, endpoints);
  const externalIp = dictBytes(reply, 'external ip');
  return {
    kind: 'peers',
    intervalSeconds: natural(reply, 'interval'),
    minIntervalSeconds: natural(reply, 'min interval'),
    complete: natural(reply, 'complete'),
    incomplete: natural(reply, 'incomplete'),
    endpoints,
    externalIp: externalIp !== null && (externalIp.length === 4 || externalIp.length === 16) ? externalIp.slice() : null,
    trackerId: text(reply, 'tracker id'),
    warning: text(reply, 'warning message'),
  };
}

/** The counts of one torrent in a scrape reply, or null when it is not there. Throws MalformedMessage. */
export function decodeScrapeReply(bytes: Uint8Array, infoHash: Uint8Array): ScrapeCounts | null {
  const files = dictDict(decodeBencodeDict(bytes), 'files');
  const counts = files === null ? null : dictDict(files, latin1(infoHash));
  if (counts === null) return null;
  const downloaders = natural(counts, 'downloaders');
  return {
    ...(downloaders !== null && { downloaders }),
    seeders: natural(counts, 'complete') ?? 0,
    completed: natural(counts, 'downloaded') ?? 0,
    leechers: natural(counts, 'incomplete') ?? 0,
  };
}

/** Cuts compact endpoints apart, without those that have no port. What is left over at the end is no endpoint. */
export function unpackEndpoints(packed: Uint8Array | null, endpointBytes: number, into: Endpoint[]): void {
  if (packed === null) return;
  for (let at = 0; at + endpointBytes <= packed.length && into.length < REPLY_PEERS_MAX; at += endpointBytes) {
    const endpoint = packed.slice(at, at + endpointBytes);
    if (endpoint[endpointBytes - 1] !== 0 || endpoint[endpointBytes - 2] !== 0) into.push(endpoint);
  }
}

/** BEP 3's original form; host names, which nobody sends any more, are passed over. */
function readListed(listed: readonly unknown[], into: Endpoint[]): void {
  for (const peer of listed.slice(0, REPLY_PEERS_MAX)) {
    if (!isDict(peer as BencodeDict)) continue;
    const ip = dictBytes(peer as BencodeDict, 'ip');
    const port = dictNumber(peer as BencodeDict, 'port');
    const endpoint = ip === null || port === null || port === 0 ? null : endpointOf(latin1(ip), port);
    if (endpoint !== null) into.push(endpoint);
  }
}

/** A number, or its digits as a string as in the examples of BEP 31. */
function retryIn(reply: BencodeDict): number | null {
  const minutes = natural(reply, 'retry in');
  if (minutes !== null) return minutes;
  const words = text(reply, 'retry in');
  if (words === 'never') return Number.POSITIVE_INFINITY;
  return words !== null && /^\d{1,6}$/.test(words) ? Number(words) : null;
}

function natural(dict: BencodeDict, key: string): number | null {
  const value = dictNumber(dict, key);
  return value !== null && value >= 0 ? value : null;
}

function text(dict: BencodeDict, key: string): string | null {
  const bytes = dictBytes(dict, key);
  return bytes === null ? null : latin1(bytes);
}

function eventOf(value: string): AnnounceEvent {
  return ANNOUNCE_EVENTS.find((event) => event === value) ?? 'none';
}

function bytes20(name: string, value: string | null): Uint8Array {
  if (value === null) throw new MalformedMessage(`${name} is missing`);
  if (value.length !== 20) throw new MalformedMessage(`${name} has 20 bytes, got ${value.length}`);
  return latin1Bytes(value);
}

function portOf(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 65_536;
  if (port > 65_535) throw new MalformedMessage(`port is a number up to 65535, got ${value.slice(0, 20)}`);
  return port;
}

/** Nonsense reads as "a lot": whoever sends it is not counted as a seed. */
function counter(value: string): number {
  return /^\d{1,20}$/.test(value) ? Math.min(Number(value), Number.MAX_SAFE_INTEGER) : Number.MAX_SAFE_INTEGER;
}

/** Percent-decoding to one character a byte; a % that is none stays. */
function unescape(value: string): string {
  if (!value.includes('%')) return value;
  let decoded = '';
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    const byte = code === PERCENT ? hexDigit(value.charCodeAt(at + 1)) * 16 + hexDigit(value.charCodeAt(at + 2)) : -1;
    if (byte >= 0) at += 2;
    decoded += String.fromCharCode(byte >= 0 ? byte : code);
  }
  return decoded;
}

const PERCENT = 37;

/** -10000 for what is no hex digit, so that a sum with it is negative. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return code >= 65 && code <= 70 ? code - 55 : -10_000;
}

/** RFC 3986 unreserved characters are themselves, as all trackers expect. */
const ESCAPED: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[0-9A-Za-z._~-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
});
