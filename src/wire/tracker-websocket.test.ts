/** WebTorrent's tracker protocol against messages of webtorrent 3 and bittorrent-tracker 11, and hostile ones. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { latin1Bytes } from '../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import type { Random } from '../core/random.ts';
import { utf8Bytes } from '../core/utf8.ts';
import { DESCRIPTION_CHARS_MAX } from '../core/web-rtc.ts';
import {
  OFFERS_MAX,
  WEBSOCKET_REQUEST_BYTES_MAX,
  type WebSocketAnnounce,
  type WebSocketTrackerReply,
  type WebSocketTrackerRequest,
  webSocketTrackerReply,
  webSocketTrackerRequest,
} from './tracker-websocket.ts';
import { ANNOUNCE_EVENTS } from './tracker-udp.ts';

const HASH = latin1Bytes(`\0\xff"\\${'h'.repeat(16)}`);
const ID = latin1Bytes('-WW0300-\x80bcdefghijkl');
const SDP = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n';
/** Captured from webtorrent 3.0.21, with a shorter description. */
const CAPTURED = String.raw`{"numwant":1,"uploaded":0,"downloaded":0,"event":"started","action":"announce","info_hash":"ÿ\u0000hhhhhhhhhhhhhhhhhh","peer_id":"-WW0300-abcdefghijkl","offers":[{"offer":{"type":"offer","sdp":"v=0\r\n"},"offer_id":"\u0001¢3456789012345678901"}],"left":null}`;

codecLaws(webSocketTrackerRequest, randomRequest, { seeds: [hex(CAPTURED.replace('8901"', '890"'))] });
codecLaws(webSocketTrackerReply, randomReply);

test('what webtorrent announces is read: bytes as characters, and who does not know what it lacks is no seed', () => {
  const announce = decode(CAPTURED) as WebSocketAnnounce;
  assert.deepEqual([announce.kind, announce.event, announce.left], ['announce', 'started', Number.MAX_SAFE_INTEGER]);
  assert.deepEqual([...announce.infoHash.subarray(0, 3)], [0xff, 0, 0x68]);
  assert.deepEqual(announce.offers, [{ offerId: '\x01\xa23456789012345678901', sdp: 'v=0\r\n' }]);
});

test('a message over its bound is refused before it is parsed, and so is one nested a thousand times over', () => {
  const long = `{"action":"announce","x":"${'x'.repeat(WEBSOCKET_REQUEST_BYTES_MAX)}"}`;
  assert.throws(() => decode(long), /at most 131072 bytes/);
  assert.throws(() => decode('['.repeat(60_000)), MalformedMessage);
  assert.throws(() => decode(`{"action":${'['.repeat(30_000)}${']'.repeat(30_000)}}`), MalformedMessage);
});

test('of a thousand offers ten are taken, and a description of 16 KiB is the longest', () => {
  const offers = Array.from({ length: 1000 }, (_, index) => ({ offerId: String(index), sdp: 'v=0' }));
  const announce = decode(text({ ...PLAIN, offers })) as WebSocketAnnounce;
  assert.equal(announce.offers.length, OFFERS_MAX);
  const huge = { ...PLAIN, offers: [{ offerId: '1', sdp: 'a'.repeat(DESCRIPTION_CHARS_MAX + 1) }] };
  assert.throws(() => decode(text(huge)), /at most 16384 characters/);
});

test('what is no 20 bytes is no info-hash, and what is no latin 1 no bytes', () => {
  const said = JSON.parse(text(PLAIN)) as Record<string, unknown>;
  for (const wrong of ['short', '€'.repeat(20), 20, null, ['h'.repeat(20)]]) {
    assert.throws(() => decode(JSON.stringify({ ...said, info_hash: wrong })), MalformedMessage);
  }
});

const PLAIN: WebSocketAnnounce = {
  kind: 'announce',
  infoHash: HASH,
  peerId: ID,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  event: 'none',
  numwant: 0,
  offers: [],
  trackerId: null,
};

function decode(json: string): WebSocketTrackerRequest {
  const bytes = utf8Bytes(json);
  return webSocketTrackerRequest.decode(bytes, 0, bytes.length);
}

function text(message: WebSocketTrackerRequest): string {
  return Buffer.from(encodeToBytes(webSocketTrackerRequest, message)).toString();
}

function hex(json: string): string {
  return Buffer.from(json).toString('hex');
}

function randomRequest(random: Random): WebSocketTrackerRequest {
  switch (random.below(3)) {
    case 0:
      return {
        ...PLAIN,
        infoHash: random.fill(new Uint8Array(20)),
        uploaded: random.u32() * 256,
        left: random.below(2) === 0 ? Number.MAX_SAFE_INTEGER : random.below(1000),
        event: ANNOUNCE_EVENTS[random.below(ANNOUNCE_EVENTS.length)] ?? 'none',
        offers: Array.from({ length: random.below(OFFERS_MAX + 1) }, () => ({ offerId: randomId(random), sdp: SDP })),
        trackerId: random.below(2) === 0 ? null : 'höhle €',
      };
    case 1:
      return { kind: 'answer', infoHash: HASH, peerId: random.fill(new Uint8Array(20)), toPeerId: ID, offerId: randomId(random), sdp: SDP };
    default:
      return { kind: 'scrape', infoHashes: Array.from({ length: 1 + random.below(5) }, () => random.fill(new Uint8Array(20))) };
  }
}

function randomReply(random: Random): WebSocketTrackerReply {
  const infoHash = random.fill(new Uint8Array(20));
  switch (random.below(4)) {
    case 0:
      return {
        kind: 'announced',
        infoHash,
        intervalSeconds: 120,
        minIntervalSeconds: random.below(2) === 0 ? null : 30,
        complete: random.below(1000),
        incomplete: null,
        trackerId: null,
        warning: random.below(2) === 0 ? null : 'slow\u2028down',
      };
    case 1:
      return { kind: random.below(2) === 0 ? 'offer' : 'answer', infoHash, peerId: ID, offerId: randomId(random), sdp: SDP };
    case 2:
      return { kind: 'scraped', files: [{ infoHash, seeders: 1, leechers: random.below(9), completed: 2 }] };
    default:
      return { kind: 'failure', infoHash: random.below(2) === 0 ? null : infoHash, reason: 'no' };
  }
}

function randomId(random: Random): string {
  return String.fromCharCode(...random.fill(new Uint8Array(20)));
}
