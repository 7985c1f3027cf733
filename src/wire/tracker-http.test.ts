/** The HTTP tracker protocol against the examples of BEP 3, 23, 31 and 48, and hostile queries and replies. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../test/codec-laws.ts';
import { mutate } from '../../test/mutate.ts';
import { latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../core/endpoint.ts';
import { Random } from '../core/random.ts';
import {
  decodeAnnounceQuery,
  decodeAnnounceReply,
  decodeScrapeQuery,
  decodeScrapeReply,
  encodeAnnounceQuery,
  encodeAnnounceReply,
  encodeFailure,
  encodeScrapeReply,
  type HttpAnnounce,
  type HttpTrackerPeers,
} from './tracker-http.ts';
import { ANNOUNCE_EVENTS } from './tracker-udp.ts';

const HASH_X = latin1Bytes('x'.repeat(20));
const HASH_Y = latin1Bytes('y'.repeat(20));
const QUERY = `info_hash=${'%aa'.repeat(20)}&peer_id=-KT0100-abcdefghijkl&port=6881&left=0`;

test('what encodeAnnounceQuery writes, decodeAnnounceQuery reads', () => {
  const random = new Random(SEED, 1);
  for (let round = 0; round < 1000; round++) {
    const announce = randomAnnounce(random);
    assert.deepEqual(decodeAnnounceQuery(encodeAnnounceQuery(announce)), announce, `seed ${SEED} round ${round}`);
  }
});

test('an info-hash is read whatever of it the client escapes', () => {
  const infoHashIn = (text: string) => latin1(decodeAnnounceQuery(QUERY.replace(/info_hash=[^&]*/, `info_hash=${text}`)).infoHash);
  assert.equal(infoHashIn(`%00%fF%26%3d+~\xff${'z'.repeat(13)}`), `\0\xff&=+~\xff${'z'.repeat(13)}`);
  assert.equal(infoHashIn(`%zz%a${'z'.repeat(14)}%`), `%zz%a${'z'.repeat(14)}%`);
});

test('an announce without what it needs is refused with a reason', () => {
  const cases: [string, RegExp][] = [
    ['', /info_hash is missing/],
    ['info_hash=abc', /info_hash has 20 bytes, got 3/],
    [QUERY.replace('peer_id', 'x'), /peer_id is missing/],
    [QUERY.replace('6881', '65536'), /port is a number/],
    [QUERY.replace('6881', '-1'), /port is a number/],
  ];
  for (const [query, message] of cases) assert.throws(() => decodeAnnounceQuery(query), message);
});

test('a client that does not say what is left is no seed', () => {
  assert.equal(decodeAnnounceQuery(QUERY).left, 0);
  for (const left of ['', '&left=-1', '&left=abc']) {
    assert.ok(decodeAnnounceQuery(QUERY.replace('&left=0', left)).left > 0, left);
  }
});

test('BEP 23, BEP 7, BEP 24: a compact reply reads as the endpoints that were written', () => {
  const endpoints = ['1.2.3.4:80', '127.0.0.1:6881'].map((text) => parseEndpoint(text) as Uint8Array);
  const endpoints6 = ['[2001:db8::1]:80', '[::1]:6881'].map((text) => parseEndpoint(text) as Uint8Array);
  const bytes = encodeAnnounceReply({
    intervalSeconds: 1800,
    minIntervalSeconds: 60,
    complete: 1,
    incomplete: 2,
    downloaded: 3,
    peers: Buffer.concat(endpoints),
    peers6: Buffer.concat(endpoints6),
    externalIp: new Uint8Array([9, 8, 7, 6]),
  });
  const reply = decodeAnnounceReply(bytes) as HttpTrackerPeers;
  assert.deepEqual(reply.endpoints, [...endpoints, ...endpoints6]);
  assert.deepEqual([reply.intervalSeconds, reply.minIntervalSeconds, reply.complete, reply.incomplete], [1800, 60, 1, 2]);
  assert.deepEqual(reply.externalIp, new Uint8Array([9, 8, 7, 6]));
});

test('BEP 3: a list of dictionaries is read too, without host names and ports that are none', () => {
  const peer = (ip: string, port: string) => `d2:ip${ip.length}:${ip}7:peer id20:${'p'.repeat(20)}4:porti${port}ee`;
  const peers = peer('10.0.0.1', '80') + peer('host.example', '80') + peer('10.0.0.2', '0') + peer('10.0.0.3', '99999') + peer('::1', '5');
  const bytes = latin1Bytes(`d8:intervali60e5:peersl${peers}ei5eli6ee10:tracker id3:abc15:warning message4:slowe`);
  assert.throws(() => decodeAnnounceReply(bytes), MalformedMessage);
  const good = latin1Bytes(`d8:intervali60e5:peersl${peers}i5eli6eee10:tracker id3:abc15:warning message4:slowe`);
  const reply = decodeAnnounceReply(good) as HttpTrackerPeers;
  assert.deepEqual(reply.endpoints.map(formatEndpoint), ['10.0.0.1:80', '[::1]:5']);
  assert.deepEqual([reply.trackerId, reply.warning], ['abc', 'slow']);
});

test('BEP 31: retry in is minutes, as a number or its digits, or never', () => {
  const retry = (value: string) => decodeAnnounceReply(latin1Bytes(`d14:failure reason4:nope8:retry in${value}e`));
  assert.deepEqual(retry('i5e'), { kind: 'failure', reason: 'nope', retryInMinutes: 5 });
  assert.deepEqual(retry('1:5'), { kind: 'failure', reason: 'nope', retryInMinutes: 5 });
  assert.deepEqual(retry('5:never'), { kind: 'failure', reason: 'nope', retryInMinutes: Number.POSITIVE_INFINITY });
  assert.deepEqual(decodeAnnounceReply(encodeFailure('x', null)), { kind: 'failure', reason: 'x', retryInMinutes: null });
});

test('BEP 48: the example reply is written and read', () => {
  const counts = [
    { seeders: 11, completed: 13772, leechers: 19 },
    { seeders: 21, completed: 206, leechers: 20 },
  ];
  const bytes = encodeScrapeReply([HASH_Y, HASH_X], [counts[1] as (typeof counts)[0], counts[0] as (typeof counts)[0]]);
  const example =
    'd5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei11e10:downloadedi13772e10:incompletei19e' +
    'e20:yyyyyyyyyyyyyyyyyyyyd8:completei21e10:downloadedi206e10:incompletei20eeee';
  assert.equal(latin1(bytes), example);
  assert.deepEqual(decodeScrapeReply(bytes, HASH_X), counts[0]);
  assert.equal(decodeScrapeReply(bytes, latin1Bytes('z'.repeat(20))), null);
  assert.deepEqual(decodeScrapeQuery(`info_hash=${'x'.repeat(20)}&info_hash=${'%79'.repeat(20)}`), [HASH_X, HASH_Y]);
});

test(`${FUZZ_INPUTS} damaged queries and replies are read or refused, nothing else`, () => {
  const random = new Random(SEED, 2);
  const queries = Array.from({ length: 20 }, () => latin1Bytes(encodeAnnounceQuery(randomAnnounce(random))));
  const replies = [
    latin1Bytes('d8:intervali60e5:peersld2:ip8:10.0.0.14:porti80eee6:peers60:e'),
    encodeScrapeReply([HASH_X], [{ seeders: 1, completed: 2, leechers: 3 }]),
  ];
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const query = latin1(mutate(queries, random));
    const reply = mutate(replies, random);
    onlyMalformed(() => decodeAnnounceQuery(query));
    onlyMalformed(() => decodeScrapeQuery(query));
    onlyMalformed(() => decodeAnnounceReply(reply));
    onlyMalformed(() => decodeScrapeReply(reply, HASH_X));
  }
});

function onlyMalformed(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
  }
}

function randomAnnounce(random: Random): HttpAnnounce {
  return {
    infoHash: random.fill(new Uint8Array(20)),
    peerId: random.fill(new Uint8Array(20)),
    port: random.below(65_536),
    uploaded: Math.floor(random.unit() * 2 ** 53),
    downloaded: random.u32(),
    left: random.u32(),
    event: ANNOUNCE_EVENTS[random.below(ANNOUNCE_EVENTS.length)] ?? 'none',
    numwant: random.below(200) - 1,
    key: random.chance(0.5) ? null : random.u32().toString(16),
    ip: random.chance(0.5) ? null : '10.0.0.1',
    trackerId: random.chance(0.5) ? null : latin1(random.fill(new Uint8Array(8))),
  };
}
