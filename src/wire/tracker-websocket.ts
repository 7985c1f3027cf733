/**
 * The tracker protocol of WebTorrent, JSON over a WebSocket, as bittorrent-tracker 11 speaks it: a peer announces itself together with
 * offers of WebRTC connections, the tracker hands each to another peer, and the answers back. Bytes (info-hashes, peer ids) are strings
 * of one character a byte. Owns no state.
 */

import { latin1, latin1Bytes } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import { readUtf8, utf8Size, writeUtf8 } from '../core/utf8.ts';
import { DESCRIPTION_CHARS_MAX } from '../core/web-rtc.ts';
import { ANNOUNCE_EVENTS, type AnnounceEvent, type ScrapeCounts } from './tracker-udp.ts';

/** Of one message from a client, of which an announce with ten offers is the largest, and from a tracker. */
export const WEBSOCKET_REQUEST_BYTES_MAX = 128 << 10;
export const WEBSOCKET_REPLY_BYTES_MAX = 64 << 10;
/** Clients of today make five offers, those of before made ten. More are left out. */
export const OFFERS_MAX = 10;
export const WEBSOCKET_SCRAPE_MAX = 100;
const OFFER_ID_CHARS_MAX = 128;
const WORDS_CHARS_MAX = 1000;
const ID_BYTES = 20;

export interface Offer {
  /** Chosen by who offers: 20 random bytes as a rule. */
  readonly offerId: string;
  readonly sdp: string;
}

export interface WebSocketAnnounce {
  readonly kind: 'announce';
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly uploaded: number;
  readonly downloaded: number;
  /** MAX_SAFE_INTEGER where the client does not know. */
  readonly left: number;
  readonly event: AnnounceEvent;
  readonly numwant: number;
  readonly offers: readonly Offer[];
  readonly trackerId: string | null;
}

export interface WebSocketAnswer {
  readonly kind: 'answer';
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly toPeerId: Uint8Array;
  readonly offerId: string;
  readonly sdp: string;
}

export interface WebSocketScrape {
  readonly kind: 'scrape';
  readonly infoHashes: readonly Uint8Array[];
}

/** What a client says. */
export type WebSocketTrackerRequest = WebSocketAnnounce | WebSocketAnswer | WebSocketScrape;

export interface WebSocketAnnounced {
  readonly kind: 'announced';
  readonly infoHash: Uint8Array;
  readonly intervalSeconds: number | null;
  readonly minIntervalSeconds: number | null;
  readonly complete: number | null;
  readonly incomplete: number | null;
  readonly trackerId: string | null;
  readonly warning: string | null;
}

/** Another peer's offer to us, or its answer to ours. */
export interface WebSocketIntroduction {
  readonly kind: 'offer' | 'answer';
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly offerId: string;
  readonly sdp: string;
}

export interface WebSocketScraped {
  readonly kind: 'scraped';
  readonly files: readonly (ScrapeCounts & { readonly infoHash: Uint8Array })[];
}

export interface WebSocketFailure {
  readonly kind: 'failure';
  /** Null where the tracker does not say what it is about. */
  readonly infoHash: Uint8Array | null;
  readonly reason: string;
}

/** What a tracker says. */
export type WebSocketTrackerReply = WebSocketAnnounced | WebSocketIntroduction | WebSocketScraped | WebSocketFailure;

type Json = Readonly<Record<string, unknown>>;

export const webSocketTrackerRequest = jsonCodec('WebSocket tracker request', WEBSOCKET_REQUEST_BYTES_MAX, jsonOfRequest, requestOf);
export const webSocketTrackerReply = jsonCodec('WebSocket tracker reply', WEBSOCKET_REPLY_BYTES_MAX, jsonOfReply, replyOf);

function jsonCodec<M>(name: string, bytesMax: number, toJson: (message: M) => Json, fromJson: (json: Json) => M): Codec<M> {
  return {
    name,
    size: (message) => utf8Size(JSON.stringify(toJson(message))),
    encode: (message, into, offset) => writeUtf8(JSON.stringify(toJson(message)), into, offset),
    decode(bytes, start, end) {
      if (end - start > bytesMax) throw new MalformedMessage(`a ${name} has at most ${bytesMax} bytes, got ${end - start}`);
      let json: unknown;
      try {
        json = JSON.parse(readUtf8(bytes, start, end));
      } catch {
        throw new MalformedMessage(`a ${name} is JSON`);
      }
      if (!isObject(json)) throw new MalformedMessage(`a ${name} is an object of JSON`);
      return fromJson(json);
    },
  };
}

// ---- from a client -----------------------------------------------------------------------------------------------------------

function jsonOfRequest(message: WebSocketTrackerRequest): Json {
  switch (message.kind) {
    case 'announce': {
      const { uploaded, downloaded, left, event, numwant, offers, trackerId } = message;
      return {
        action: 'announce',
        info_hash: latin1(message.infoHash),
        peer_id: latin1(message.peerId),
        uploaded,
        downloaded,
        left: left === Number.MAX_SAFE_INTEGER ? null : left,
        ...(event !== 'none' && { event }),
        numwant,
        offers: offers.map(({ offerId, sdp }) => ({ offer: { type: 'offer', sdp }, offer_id: offerId })),
        ...(trackerId !== null && { trackerid: trackerId }),
      };
    }
    case 'answer':
      return {
        action: 'announce',
        info_hash: latin1(message.infoHash),
        peer_id: latin1(message.peerId),
        to_peer_id: latin1(message.toPeerId),
        answer: { type: 'answer', sdp: message.sdp },
        offer_id: message.offerId,
      };
    case 'scrape':
      return { action: 'scrape', info_hash: message.infoHashes.map((infoHash) => latin1(infoHash)) };
  }
}

function requestOf(json: Json): WebSocketTrackerRequest {
  if (json.action === 'scrape') return scrapeOf(json);
  if (json.action !== 'announce') throw new MalformedMessage('action is announce or scrape');
  const infoHash = idOf(json, 'info_hash');
  const peerId = idOf(json, 'peer_id');
  if (json.answer !== undefined) {
    const toPeerId = idOf(json, 'to_peer_id');
    return { kind: 'answer', infoHash, peerId, toPeerId, offerId: offerIdOf(json), sdp: sdpOf(json.answer, 'answer') };
  }
  return {
    kind: 'announce',
    infoHash,
    peerId,
    uploaded: countOf(json.uploaded) ?? 0,
    downloaded: countOf(json.downloaded) ?? 0,
    // Who does not know what it lacks says null, and is no seed.
    left: countOf(json.left) ?? Number.MAX_SAFE_INTEGER,
    event: ANNOUNCE_EVENTS.find((event) => event === json.event) ?? 'none',
    numwant: countOf(json.numwant) ?? 0,
    offers: offersOf(json.offers),
    trackerId: wordsOf(json.trackerid),
  };
}

function scrapeOf(json: Json): WebSocketScrape {
  const asked = Array.isArray(json.info_hash) ? json.info_hash : [json.info_hash];
  if (asked.length === 0 || asked.length > WEBSOCKET_SCRAPE_MAX) {
    throw new MalformedMessage(`a scrape asks about 1 to ${WEBSOCKET_SCRAPE_MAX} torrents, got ${asked.length}`);
  }
  return { kind: 'scrape', infoHashes: asked.map((each) => bytesOf(each, 'info_hash')) };
}

function offersOf(value: unknown): Offer[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, OFFERS_MAX).map((each: unknown) => {
    if (!isObject(each)) throw new MalformedMessage('an offer is an object');
    return { offerId: offerIdOf(each), sdp: sdpOf(each.offer, 'offer') };
  });
}

// ---- from a tracker ----------------------------------------------------------------------------------------------------------

function jsonOfReply(message: WebSocketTrackerReply): Json {
  switch (message.kind) {
    case 'announced': {
      const { infoHash, intervalSeconds, minIntervalSeconds, complete, incomplete, trackerId, warning } = message;
      return {
        action: 'announce',
        info_hash: latin1(infoHash),
        ...(intervalSeconds !== null && { interval: intervalSeconds }),
        ...(minIntervalSeconds !== null && { 'min interval': minIntervalSeconds }),
        ...(complete !== null && { complete }),
        ...(incomplete !== null && { incomplete }),
        ...(trackerId !== null && { 'tracker id': trackerId }),
        ...(warning !== null && { 'warning message': warning }),
      };
    }
    case 'offer':
    case 'answer':
      return {
        action: 'announce',
        info_hash: latin1(message.infoHash),
        peer_id: latin1(message.peerId),
        [message.kind]: { type: message.kind, sdp: message.sdp },
        offer_id: message.offerId,
      };
    case 'scraped':
      return {
        action: 'scrape',
        files: Object.fromEntries(
          message.files.map(({ infoHash, seeders, leechers, completed }) => [
            latin1(infoHash),
            { complete: seeders, incomplete: leechers, downloaded: completed },
          ]),
        ),
      };
    case 'failure':
      return {
        'failure reason': message.reason,
        ...(message.infoHash !== null && { action: 'announce', info_hash: latin1(message.infoHash) }),
      };
  }
}

function replyOf(json: Json): WebSocketTrackerReply {
  const reason = wordsOf(json['failure reason']);
  if (reason !== null) return { kind: 'failure', infoHash: json.info_hash === undefined ? null : idOf(json, 'info_hash'), reason };
  if (json.action === 'scrape') return scrapedOf(json);
  if (json.action !== 'announce') throw new MalformedMessage('action is announce or scrape');
  const infoHash = idOf(json, 'info_hash');
  for (const kind of ['offer', 'answer'] as const) {
    if (json[kind] === undefined) continue;
    return { kind, infoHash, peerId: idOf(json, 'peer_id'), offerId: offerIdOf(json), sdp: sdpOf(json[kind], kind) };
  }
  return {
    kind: 'announced',
    infoHash,
    intervalSeconds: countOf(json.interval),
    minIntervalSeconds: countOf(json['min interval']),
    complete: countOf(json.complete),
    incomplete: countOf(json.incomplete),
    trackerId: wordsOf(json['tracker id']),
    warning: wordsOf(json['warning message']),
  };
}

function scrapedOf(json: Json): WebSocketScraped {
  if (!isObject(json.files)) throw new MalformedMessage('a scrape is answered by files');
  const files = Object.entries(json.files).slice(0, WEBSOCKET_SCRAPE_MAX);
  return {
    kind: 'scraped',
    files: files.map(([key, counts]) => {
      if (!isObject(counts)) throw new MalformedMessage('what is told of a torrent is an object');
      return {
        infoHash: bytesOf(key, 'info_hash'),
        seeders: countOf(counts.complete) ?? 0,
        leechers: countOf(counts.incomplete) ?? 0,
        completed: countOf(counts.downloaded) ?? 0,
      };
    }),
  };
}

// ---- what both have ----------------------------------------------------------------------------------------------------------

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function idOf(json: Json, key: string): Uint8Array {
  return bytesOf(json[key], key);
}

function bytesOf(value: unknown, key: string): Uint8Array {
  if (typeof value !== 'string' || value.length !== ID_BYTES || !LATIN1.test(value)) {
    throw new MalformedMessage(`${key} is a string of ${ID_BYTES} bytes`);
  }
  return latin1Bytes(value);
}

function offerIdOf(json: Json): string {
  const id = json.offer_id;
  if (typeof id !== 'string' || id.length === 0 || id.length > OFFER_ID_CHARS_MAX || !LATIN1.test(id)) {
    throw new MalformedMessage(`offer_id is a string of 1 to ${OFFER_ID_CHARS_MAX} bytes`);
  }
  return id;
}

/** `{"type": "offer", "sdp": "v=0…"}`, as browsers have it. What the text says is the business of who connects. */
function sdpOf(value: unknown, type: 'offer' | 'answer'): string {
  if (!isObject(value) || value.type !== type || typeof value.sdp !== 'string')
    throw new MalformedMessage(`an ${type} has its type and sdp`);
  const { sdp } = value;
  if (sdp.length > DESCRIPTION_CHARS_MAX || !ASCII.test(sdp)) {
    throw new MalformedMessage(`sdp is plain text of at most ${DESCRIPTION_CHARS_MAX} characters`);
  }
  return sdp;
}

function wordsOf(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, WORDS_CHARS_MAX) : null;
}

/** Whole and not below zero; what is nonsense was not said. */
function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER) : null;
}

const LATIN1 = /^[\0-\xff]*$/;
const ASCII = /^[\t\r\n\x20-\x7e]*$/;
