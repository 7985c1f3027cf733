/**
 * The UDP tracker protocol (BEP 15, options of BEP 41) as two codecs: what a tracker receives and what a client receives; owns no state.
 * Datagrams longer than their fixed part are accepted, as BEP 15 asks.
 */

import { latin1, readU16, readU32, writeU16, writeU32 } from '../core/bytes.ts';
import type { Codec } from '../core/codec.ts';
import { MalformedMessage } from '../core/codec.ts';

/** An opaque 64-bit token as two halves: a bigint a datagram would cost more than the rest of the codec. */
export interface ConnectionId {
  readonly high: number;
  readonly low: number;
}

/** Index = number on the wire. `paused` (BEP 21) has no number in BEP 15; libtorrent sends 4. */
export const ANNOUNCE_EVENTS = ['none', 'completed', 'started', 'stopped', 'paused'] as const;
export type AnnounceEvent = (typeof ANNOUNCE_EVENTS)[number];

export interface UdpConnectRequest {
  readonly action: 'connect';
  readonly transaction: number;
}

export interface UdpAnnounceRequest {
  readonly action: 'announce';
  readonly connection: ConnectionId;
  readonly transaction: number;
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly downloaded: number;
  readonly left: number;
  readonly uploaded: number;
  readonly event: AnnounceEvent;
  /** IPv4 address to be known by, as a number; 0 is the sender's. */
  readonly ip: number;
  readonly key: number;
  /** -1 leaves it to the tracker. */
  readonly numwant: number;
  readonly port: number;
  /** Path and query of the tracker's URL (BEP 41), or an empty string. */
  readonly urlData: string;
}

export interface UdpScrapeRequest {
  readonly action: 'scrape';
  readonly connection: ConnectionId;
  readonly transaction: number;
  readonly infoHashes: readonly Uint8Array[];
}

export type UdpTrackerRequest = UdpConnectRequest | UdpAnnounceRequest | UdpScrapeRequest;

export interface UdpConnectResponse {
  readonly action: 'connect';
  readonly transaction: number;
  readonly connection: ConnectionId;
}

export interface UdpAnnounceResponse {
  readonly action: 'announce';
  readonly transaction: number;
  readonly intervalSeconds: number;
  readonly leechers: number;
  readonly seeders: number;
  /** Compact endpoints in a row: of 6 bytes when the datagram came over IPv4, of 18 over IPv6. */
  readonly peers: Uint8Array;
}

export interface ScrapeCounts {
  readonly seeders: number;
  readonly completed: number;
  /** All who have not everything, partial seeds (BEP 21) included. */
  readonly leechers: number;
  /** Those of them who want something; only HTTP trackers can tell. */
  readonly downloaders?: number;
}

export interface UdpScrapeResponse {
  readonly action: 'scrape';
  readonly transaction: number;
  readonly torrents: readonly ScrapeCounts[];
}

export interface UdpErrorResponse {
  readonly action: 'error';
  readonly transaction: number;
  readonly message: string;
}

export type UdpTrackerResponse = UdpConnectResponse | UdpAnnounceResponse | UdpScrapeResponse | UdpErrorResponse;

/** As many as BEP 15 says fit into one datagram. */
export const UDP_SCRAPE_MAX = 74;
/** Of one datagram's options (BEP 41); longer URLs are cut by no one we know, and refused here. */
export const URL_DATA_BYTES_MAX = 2048;

const PROTOCOL_HIGH = 0x417;
const PROTOCOL_LOW = 0x27101980;
const Action = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;
const ANNOUNCE_BYTES = 98;
const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_URL_DATA = 2;
const OPTION_BYTES_MAX = 255;

export const udpTrackerRequest: Codec<UdpTrackerRequest> = {
  name: 'udp tracker request',

  size(message) {
    if (message.action === 'connect') return 16;
    if (message.action === 'scrape') return 16 + 20 * message.infoHashes.length;
    return ANNOUNCE_BYTES + optionsBytes(message.urlData.length);
  },

  encode(message, into, offset) {
    if (message.action === 'connect') {
      writeU32(into, offset, PROTOCOL_HIGH);
      writeU32(into, offset + 4, PROTOCOL_LOW);
    } else {
      writeU32(into, offset, message.connection.high);
      writeU32(into, offset + 4, message.connection.low);
    }
    writeU32(into, offset + 8, Action[message.action]);
    writeU32(into, offset + 12, message.transaction);
    if (message.action === 'announce') return encodeAnnounce(message, into, offset);
    let at = offset + 16;
    if (message.action === 'scrape') {
      for (const infoHash of message.infoHashes) {
        into.set(infoHash, at);
        at += 20;
      }
    }
    return at;
  },

  decode(bytes, start, end) {
    if (end - start < 16) throw new MalformedMessage(`a tracker request has at least 16 bytes, got ${end - start}`);
    const high = readU32(bytes, start);
    const low = readU32(bytes, start + 4);
    const action = readU32(bytes, start + 8);
    const transaction = readU32(bytes, start + 12);
    if (action === Action.connect) {
      if (high !== PROTOCOL_HIGH || low !== PROTOCOL_LOW) throw new MalformedMessage('a connect request starts with 0x41727101980');
      return { action: 'connect', transaction };
    }
    if (action === Action.announce) return decodeAnnounce(bytes, start, end, { high, low }, transaction);
    if (action === Action.scrape) {
      const count = Math.floor((end - start - 16) / 20);
      if (count > UDP_SCRAPE_MAX) throw new MalformedMessage(`a scrape asks about at most ${UDP_SCRAPE_MAX} torrents, got ${count}`);
      const infoHashes: Uint8Array[] = [];
      for (let index = 0; index < count; index++) infoHashes.push(bytes.slice(start + 16 + index * 20, start + 36 + index * 20));
      return { action: 'scrape', connection: { high, low }, transaction, infoHashes };
    }
    throw new MalformedMessage(`a tracker request is action 0, 1 or 2, got ${action}`);
  },
};

export const udpTrackerResponse: Codec<UdpTrackerResponse> = {
  name: 'udp tracker response',

  size(message) {
    if (message.action === 'connect') return 16;
    if (message.action === 'announce') return 20 + message.peers.length;
    if (message.action === 'scrape') return 8 + 12 * message.torrents.length;
    return 8 + message.message.length;
  },

  encode(message, into, offset) {
    writeU32(into, offset, Action[message.action]);
    writeU32(into, offset + 4, message.transaction);
    if (message.action === 'connect') {
      writeU32(into, offset + 8, message.connection.high);
      writeU32(into, offset + 12, message.connection.low);
      return offset + 16;
    }
    if (message.action === 'announce') {
      writeU32(into, offset + 8, message.intervalSeconds);
      writeU32(into, offset + 12, message.leechers);
      writeU32(into, offset + 16, message.seeders);
      into.set(message.peers, offset + 20);
      return offset + 20 + message.peers.length;
    }
    if (message.action === 'error') return writeText(message.message, into, offset + 8);
    let at = offset + 8;
    for (const torrent of message.torrents) {
      writeU32(into, at, torrent.seeders);
      writeU32(into, at + 4, torrent.completed);
      writeU32(into, at + 8, torrent.leechers);
      at += 12;
    }
    return at;
  },

  decode(bytes, start, end) {
    if (end - start < 8) throw new MalformedMessage(`a tracker response has at least 8 bytes, got ${end - start}`);
    const action = readU32(bytes, start);
    const transaction = readU32(bytes, start + 4);
    if (action === Action.connect) {
      if (end - start < 16) throw new MalformedMessage(`a connect response has 16 bytes, got ${end - start}`);
      return { action: 'connect', transaction, connection: { high: readU32(bytes, start + 8), low: readU32(bytes, start + 12) } };
    }
    if (action === Action.announce) {
      if (end - start < 20) throw new MalformedMessage(`an announce response has at least 20 bytes, got ${end - start}`);
      return {
        action: 'announce',
        transaction,
        intervalSeconds: readU32(bytes, start + 8),
        leechers: readU32(bytes, start + 12),
        seeders: readU32(bytes, start + 16),
        peers: bytes.slice(start + 20, end),
      };
    }
    if (action === Action.scrape) {
      const torrents: ScrapeCounts[] = [];
      for (let at = start + 8; at + 12 <= end; at += 12) {
        torrents.push({ seeders: readU32(bytes, at), completed: readU32(bytes, at + 4), leechers: readU32(bytes, at + 8) });
      }
      return { action: 'scrape', transaction, torrents };
    }
    if (action === Action.error) return { action: 'error', transaction, message: latin1(bytes, start + 8, end) };
    throw new MalformedMessage(`a tracker response is action 0 to 3, got ${action}`);
  },

  recognizes: (bytes, start, end) => end - start >= 8 && readU32(bytes, start) <= Action.error,
};

function encodeAnnounce(message: UdpAnnounceRequest, into: Uint8Array, offset: number): number {
  into.set(message.infoHash, offset + 16);
  into.set(message.peerId, offset + 36);
  writeU64(into, offset + 56, message.downloaded);
  writeU64(into, offset + 64, message.left);
  writeU64(into, offset + 72, message.uploaded);
  writeU32(into, offset + 80, ANNOUNCE_EVENTS.indexOf(message.event));
  writeU32(into, offset + 84, message.ip);
  writeU32(into, offset + 88, message.key);
  writeU32(into, offset + 92, message.numwant);
  writeU16(into, offset + 96, message.port);
  let at = offset + ANNOUNCE_BYTES;
  for (let from = 0; from < message.urlData.length; from += OPTION_BYTES_MAX) {
    const chunk = message.urlData.slice(from, from + OPTION_BYTES_MAX);
    into[at] = OPTION_URL_DATA;
    into[at + 1] = chunk.length;
    at = writeText(chunk, into, at + 2);
  }
  return at;
}

function decodeAnnounce(bytes: Uint8Array, start: number, end: number, connection: ConnectionId, transaction: number): UdpAnnounceRequest {
  if (end - start < ANNOUNCE_BYTES) throw new MalformedMessage(`an announce has at least ${ANNOUNCE_BYTES} bytes, got ${end - start}`);
  return {
    action: 'announce',
    connection,
    transaction,
    infoHash: bytes.slice(start + 16, start + 36),
    peerId: bytes.slice(start + 36, start + 56),
    downloaded: readU64(bytes, start + 56),
    left: readU64(bytes, start + 64),
    uploaded: readU64(bytes, start + 72),
    event: ANNOUNCE_EVENTS[readU32(bytes, start + 80)] ?? 'none',
    ip: readU32(bytes, start + 84),
    key: readU32(bytes, start + 88),
    numwant: readU32(bytes, start + 92) | 0,
    port: readU16(bytes, start + 96),
    urlData: end - start === ANNOUNCE_BYTES ? '' : decodeUrlData(bytes, start + ANNOUNCE_BYTES, end),
  };
}

function optionsBytes(urlDataBytes: number): number {
  return urlDataBytes + 2 * Math.ceil(urlDataBytes / OPTION_BYTES_MAX);
}

/** BEP 41: options up to the end or to EndOfOptions; pieces of URLData are joined, unknown options skipped. */
function decodeUrlData(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  let at = start;
  while (at < end) {
    const option = bytes[at] as number;
    if (option === OPTION_END) break;
    at++;
    if (option === OPTION_NOP) continue;
    if (at === end) throw new MalformedMessage(`option ${option} has a length, the datagram ends before it`);
    const next = at + 1 + (bytes[at] as number);
    if (next > end) throw new MalformedMessage(`option ${option} has ${next - at - 1} bytes, the datagram ends after ${end - at - 1}`);
    if (option === OPTION_URL_DATA) text += latin1(bytes, at + 1, next);
    at = next;
  }
  if (text.length > URL_DATA_BYTES_MAX) throw new MalformedMessage(`URLData has at most ${URL_DATA_BYTES_MAX} bytes, got ${text.length}`);
  return text;
}

/** Counters above 2^53 - 1 (some clients say 2^64 - 1 for "not known yet") read as 2^53 - 1. */
function readU64(bytes: Uint8Array, at: number): number {
  const value = readU32(bytes, at) * 0x1_0000_0000 + readU32(bytes, at + 4);
  return value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value;
}

function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / 0x1_0000_0000));
  writeU32(bytes, at + 4, value % 0x1_0000_0000);
}

/** One byte a character. */
function writeText(text: string, into: Uint8Array, at: number): number {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
  return at + text.length;
}
