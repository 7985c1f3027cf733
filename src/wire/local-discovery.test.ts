import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { latin1Bytes } from '../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { hexOf } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import {
  groupHost,
  LOCAL_ANNOUNCE_BYTES_MAX,
  LOCAL_DISCOVERY_GROUPS,
  LOCAL_TORRENTS_MAX,
  type LocalAnnounce,
  localAnnounce,
} from './local-discovery.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
/** As libtorrent 2 writes it, and webtorrent's bittorrent-lsd. */
const COOKIED = `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ${HASH}\r\ncookie: 4d1f\r\n\r\n\r\n`;
/** As Transmission does, and something looser. */
const UPPER = `BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: ${HASH.toUpperCase()}\r\n\r\n\r\n`;
const LOOSE = `BT-SEARCH * HTTP/1.0\nport:6881 \nX-New: thing\nINFOHASH:\t${HASH}\n\n`;

codecLaws(localAnnounce, randomAnnounce, {
  captured: { 'with a cookie': hexOf(latin1Bytes(COOKIED)) },
  seeds: [UPPER, LOOSE].map((text) => hexOf(latin1Bytes(text))),
});

test('BEP 14: the two groups, as they stand in the Host header', () => {
  assert.deepEqual(LOCAL_DISCOVERY_GROUPS.map(groupHost), ['239.192.152.143:6771', '[ff15::efc0:988f]:6771']);
});

test('names in any case, bare line feeds and headers of the future are read', () => {
  for (const text of [COOKIED, UPPER, LOOSE]) {
    const { port, infoHashes } = decode(text);
    assert.deepEqual([port, infoHashes.map((hash) => hexOf(hash))], [6881, [HASH]]);
  }
});

test('BEP 14: as many torrents as an announce may name fit into 1400 bytes', () => {
  const [, group6] = LOCAL_DISCOVERY_GROUPS;
  const infoHashes = Array.from({ length: LOCAL_TORRENTS_MAX }, () => new Uint8Array(20));
  const message = { host: groupHost(group6 as Uint8Array), port: 65_535, infoHashes, cookie: 'c'.repeat(64) };
  assert.ok(localAnnounce.size(message) <= LOCAL_ANNOUNCE_BYTES_MAX, `${localAnnounce.size(message)} bytes`);
  const many = encodeToBytes(localAnnounce, { ...message, cookie: null, infoHashes: infoHashes.concat(new Uint8Array(20)) });
  assert.equal(localAnnounce.decode(many, 0, many.length).infoHashes.length, LOCAL_TORRENTS_MAX);
});

test('another method, no torrent, no port and half a hash are malformed', () => {
  const bad = [
    COOKIED.replace('BT-SEARCH', 'M-SEARCH'),
    COOKIED.replace(/Infohash.*\r\n/, ''),
    COOKIED.replace(/Port.*\r\n/, ''),
    COOKIED.replace('6881', '0'),
    COOKIED.replace('6881', '65536'),
    COOKIED.replace(HASH, HASH.slice(1)),
    COOKIED.replace(HASH, HASH.replace('0', 'x')),
    `${COOKIED}${'x'.repeat(LOCAL_ANNOUNCE_BYTES_MAX)}`,
  ];
  for (const text of bad) assert.throws(() => decode(text), MalformedMessage, text.slice(0, 120));
});

function decode(text: string): LocalAnnounce {
  const bytes = latin1Bytes(text);
  return localAnnounce.decode(bytes, 0, bytes.length);
}

function randomAnnounce(random: Random): LocalAnnounce {
  return {
    host: groupHost(LOCAL_DISCOVERY_GROUPS[random.below(2)] as Uint8Array),
    port: 1 + random.below(65_535),
    infoHashes: Array.from({ length: 1 + random.below(LOCAL_TORRENTS_MAX) }, () => random.fill(new Uint8Array(20))),
    cookie: random.chance(0.5) ? hexOf(random.fill(new Uint8Array(1 + random.below(32)))) : null,
  };
}
