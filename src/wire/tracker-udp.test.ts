/** The UDP tracker codecs against the tables of BEP 15 and the examples of BEP 41, and the laws of all codecs. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import {
  ANNOUNCE_EVENTS,
  type UdpAnnounceRequest,
  type UdpTrackerRequest,
  type UdpTrackerResponse,
  udpTrackerRequest,
  udpTrackerResponse,
} from './tracker-udp.ts';

const CONNECT = '0000041727101980 00000000 01020304'.replaceAll(' ', '');
const ANNOUNCE = [
  '1122334455667788 00000001 01020304',
  'aa'.repeat(20),
  '2d4b54303130302d000000000000000000000000',
  '0000000000000001 0000000100000002 0000000000000003',
  '00000002 7f000001 deadbeef ffffffff 1ae1',
]
  .join('')
  .replaceAll(' ', '');
const SCRAPE = '1122334455667788 00000002 01020304'.replaceAll(' ', '') + 'aa'.repeat(20) + 'bb'.repeat(20);

codecLaws(udpTrackerRequest, randomRequest, { captured: { connect: CONNECT, announce: ANNOUNCE, scrape: SCRAPE } });
codecLaws(udpTrackerResponse, randomResponse, {
  captured: {
    connect: '00000000010203041122334455667788',
    announce: '0000000101020304000007080000000200000003' + '7f0000011ae17f0000011ae2',
    scrape: '0000000201020304' + '000000010000000200000003',
    error: '0000000301020304' + '6e6f',
  },
});

test('BEP 15: an announce has its fields where the table says', () => {
  const announce = decode(ANNOUNCE) as UdpAnnounceRequest;
  assert.equal(announce.action, 'announce');
  assert.deepEqual(announce.connection, { high: 0x11223344, low: 0x55667788 });
  assert.equal(announce.downloaded, 1);
  assert.equal(announce.left, 0x1_0000_0002);
  assert.equal(announce.uploaded, 3);
  assert.equal(announce.event, 'started');
  assert.equal(announce.ip, 0x7f000001);
  assert.equal(announce.key, 0xdeadbeef);
  assert.equal(announce.numwant, -1);
  assert.equal(announce.port, 6881);
});

test('BEP 15: a connect request with another protocol id is no message', () => {
  assert.throws(() => decode(CONNECT.replace('0417', '0418')), MalformedMessage);
});

test('BEP 15: a longer datagram than known is accepted', () => {
  assert.equal(decode(`${CONNECT}0000`).action, 'connect');
});

test('a counter that does not fit reads as the largest exact number', () => {
  const unknown = ANNOUNCE.replace('0000000100000002', 'ffffffffffffffff');
  assert.equal((decode(unknown) as UdpAnnounceRequest).left, Number.MAX_SAFE_INTEGER);
});

test('BEP 41: the three examples give the path and query, padded or not, or nothing', () => {
  const url = hexOf(Uint8Array.from('/dir?a=b&c=d', (char) => char.charCodeAt(0)));
  for (const options of [`020c${url}`, `020c${url}010100`, `0206${url.slice(0, 12)}010206${url.slice(12)}`, `03020000020c${url}00ff`]) {
    assert.equal((decode(ANNOUNCE + options) as UdpAnnounceRequest).urlData, '/dir?a=b&c=d', options);
  }
  assert.equal((decode(`${ANNOUNCE}0200`) as UdpAnnounceRequest).urlData, '');
  assert.throws(() => decode(`${ANNOUNCE}02ff00`), MalformedMessage);
});

test('BEP 41: a path of more than 255 bytes goes in several options', () => {
  const request = { ...(decode(ANNOUNCE) as UdpAnnounceRequest), urlData: `/${'x'.repeat(600)}` };
  const bytes = encodeToBytes(udpTrackerRequest, request);
  assert.equal(bytes.length, 98 + 601 + 3 * 2);
  assert.deepEqual(udpTrackerRequest.decode(bytes, 0, bytes.length), request);
});

function decode(hex: string): UdpTrackerRequest {
  const bytes = bytesOfHex(hex) as Uint8Array;
  return udpTrackerRequest.decode(bytes, 0, bytes.length);
}

function randomRequest(random: Random): UdpTrackerRequest {
  const transaction = random.u32();
  const connection = { high: random.u32(), low: random.u32() };
  if (random.chance(0.3)) return { action: 'connect', transaction };
  if (random.chance(0.3))
    return { action: 'scrape', connection, transaction, infoHashes: Array.from({ length: random.below(74) }, () => bytes20(random)) };
  return {
    action: 'announce',
    connection,
    transaction,
    infoHash: bytes20(random),
    peerId: bytes20(random),
    downloaded: Math.floor(random.unit() * 2 ** random.below(54)),
    left: Math.floor(random.unit() * 2 ** random.below(54)),
    uploaded: Math.floor(random.unit() * 2 ** random.below(54)),
    event: ANNOUNCE_EVENTS[random.below(ANNOUNCE_EVENTS.length)] ?? 'none',
    ip: random.u32(),
    key: random.u32(),
    numwant: random.u32() | 0,
    port: random.below(65_536),
    urlData: random.chance(0.5) ? '' : randomText(random, 700),
  };
}

function randomResponse(random: Random): UdpTrackerResponse {
  const transaction = random.u32();
  switch (random.below(4)) {
    case 0:
      return { action: 'connect', transaction, connection: { high: random.u32(), low: random.u32() } };
    case 1:
      return {
        action: 'announce',
        transaction,
        intervalSeconds: random.u32(),
        leechers: random.u32(),
        seeders: random.u32(),
        peers: random.fill(new Uint8Array(6 * random.below(100))),
      };
    case 2: {
      const torrents = Array.from({ length: random.below(74) }, () => ({
        seeders: random.u32(),
        completed: random.u32(),
        leechers: random.u32(),
      }));
      return { action: 'scrape', transaction, torrents };
    }
    default:
      return { action: 'error', transaction, message: randomText(random, 100) };
  }
}

function bytes20(random: Random): Uint8Array {
  return random.fill(new Uint8Array(20));
}

function randomText(random: Random, lengthMax: number): string {
  return String.fromCharCode(...random.fill(new Uint8Array(random.below(lengthMax))));
}
