/** What uploaders and downloaders tell each other in heads: queues, other holders, the ranges that somebody has. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { mutate } from '../../../test/mutate.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { base32Of } from '../../core/base32.ts';
import { hexOf } from '../../core/hex.ts';
import { AlternateBook, FIREWALLED_TOLD_MAX, HOLDERS_PER_FILE_MAX, TOLD_MAX } from './alternate-book.ts';
import { ALTERNATES_MAX, alternatesOf, formatAlternates, formatFirewalled, wantsFirewalled } from './alternate-locations.ts';
import { formatAvailableRanges, parseAvailableRanges } from './available-ranges.ts';
import { ByteRanges } from './byte-ranges.ts';
import { formatQueue, formatQueued, parseQueue, queueIdOf, queueSkillOf, retrySecondsOf } from './queue-headers.ts';

const PLACE = { position: 2, length: 5, limit: 4, pollSecondsMin: 45, pollSecondsMax: 120, id: '' };

function endpoint(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

test('a place in an active queue is told in the words of X-Queue 0.1, and understood', () => {
  assert.equal(formatQueue(PLACE), 'position=2,length=5,limit=4,pollMin=45,pollMax=120');
  assert.deepEqual(parseQueue(new Map([['x-queue', formatQueue(PLACE)]])), PLACE);
});

test('a place of PARQ has its id and its time', () => {
  const place = { ...PLACE, id: 'a1b2c3' };
  const headers = new Map([
    ['x-queued', formatQueued(place, 60, 600)],
    ['retry-after', '60'],
  ]);
  assert.equal(headers.get('x-queued'), 'position=2; length=5; ETA=120; lifetime=600; ID=a1b2c3');
  assert.deepEqual(parseQueue(headers), { ...place, limit: 0, pollSecondsMin: 60, pollSecondsMax: 120 });
  assert.equal(queueIdOf(headers), 'a1b2c3');
});

test('nobody is let wait for ever, nor asked to hammer', () => {
  const absurd = parseQueue(new Map([['x-queue', 'position=1,length=1,limit=1,pollMin=999999999,pollMax=0']]));
  assert.deepEqual([absurd?.pollSecondsMin, absurd?.pollSecondsMax], [3600, 3600]);
  assert.equal(retrySecondsOf(new Map([['retry-after', '0']])), 1);
  assert.equal(retrySecondsOf(new Map([['retry-after', 'Fri, 31 Dec 1999 23:59:59 GMT']])), null);
});

test('who can be queued says so in X-Queue', () => {
  const skill = (value: string | null): number => queueSkillOf(new Map(value === null ? [] : [['x-queue', value]]));
  assert.deepEqual([skill(null), skill('0.1'), skill('1.0'), skill('1.1'), skill('yes')], [0, 1, 2, 2, 0]);
});

test('other holders are read in every spelling, and none is read twice', () => {
  const told = alternatesOf(
    new Map([
      ['x-alt', '1.2.3.4:6347, 5.6.7.8,1.2.3.4:6347, tls=80, nonsense, 9.9.9.9:0'],
      ['x-nalt', '4.4.4.4'],
      ['alt-location', 'http://2.2.2.2:6349/uri-res/N2R?urn:sha1:ABC 2005-01-01T00:00Z'],
      ['x-falt', '00112233445566778899AABBCCDDEEFF;fwt/1;1.1.1.1:80;8.8.8.8:81, junk'],
    ]),
  );
  assert.deepEqual(told.has.map(formatEndpoint), ['1.2.3.4:6347', '5.6.7.8:6346', '2.2.2.2:6349']);
  assert.deepEqual(told.hasNot.map(formatEndpoint), ['4.4.4.4:6346']);
  assert.deepEqual(told.firewalled[0]?.proxies.map(formatEndpoint), ['1.1.1.1:80', '8.8.8.8:81']);
  assert.equal(formatAlternates(told.has), '1.2.3.4:6347,5.6.7.8,2.2.2.2:6349');
});

test('holders who have to be pushed are told by name and proxies (X-Falt), and read in base 32 and out of X-Alt as well', () => {
  const guid = new Uint8Array(16).map((_, index) => 17 * index);
  const proxies = [endpoint('1.1.1.1:80'), endpoint('8.8.8.8:6346')];
  assert.equal(formatFirewalled([{ guid, proxies }]), '00112233445566778899AABBCCDDEEFF;1.1.1.1:80;8.8.8.8:6346');
  const texts = [
    ['x-falt', formatFirewalled([{ guid, proxies }])],
    ['x-alt', `4.4.4.4:80,${base32Of(guid)};1.1.1.1:80;8.8.8.8`],
  ] as const;
  for (const text of texts) {
    const [told, ...more] = alternatesOf(new Map([text])).firewalled;
    assert.deepEqual([hexOf(told?.guid ?? guid.subarray(1)), told?.proxies, more], [hexOf(guid), proxies, []]);
  }
  for (const junk of ['00112233445566778899AABBCCDDEEFF', '0011;1.1.1.1:80', '00112233445566778899AABBCCDDEEFF;1.1.1.1:0'])
    assert.deepEqual(alternatesOf(new Map([['x-falt', junk]])).firewalled, [], junk);
  assert.deepEqual(
    ['queue/1.1, fwalt/0.1', 'fwalt/0.1', 'queue/1.0', ''].map((features) => wantsFirewalled(new Map([['x-features', features]]))),
    [true, true, false, false],
  );
});

test('of those who have to be pushed the book keeps some, with the proxies that are meant for him who asks', () => {
  const book = new AlternateBook(new Random(1));
  const sha1 = new Uint8Array(20);
  const [teller, asker, inside] = [endpoint('8.8.8.8:1'), endpoint('9.9.9.9:2'), endpoint('192.168.0.9:80')];
  const guidOf = (number: number): Uint8Array => new Uint8Array(16).fill(number);
  book.learnFirewalled(sha1, { guid: guidOf(1), proxies: [inside] }, teller, 0);
  assert.deepEqual(book.someFirewalled(sha1, asker, 0), [], 'nobody outside names who is inside');
  book.learnFirewalled(sha1, { guid: guidOf(2), proxies: [inside, teller] }, inside, 0);
  assert.deepEqual(book.someFirewalled(sha1, asker, 0), [{ guid: guidOf(2), proxies: [teller] }]);
  for (let number = 0; number < 200; number++) book.learnFirewalled(sha1, { guid: guidOf(number), proxies: [teller] }, teller, 1);
  assert.equal(book.someFirewalled(sha1, asker, 1).length, FIREWALLED_TOLD_MAX);
  assert.deepEqual(book.inspect(), { files: 1, holders: 16 });
  assert.deepEqual(book.someFirewalled(sha1, asker, 4 * 3_600_000), []);
});

test('of a flood of other holders a few are taken', () => {
  const list = Array.from({ length: 5000 }, (_, index) => `9.${index >> 8}.${index & 255}.1:80`).join(',');
  assert.equal(alternatesOf(new Map([['x-alt', list]])).has.length, ALTERNATES_MAX);
});

test('the book tells others who has a file, not the asker himself, and nobody inside to somebody outside', () => {
  const book = new AlternateBook(new Random(1));
  const sha1 = new Uint8Array(20);
  const [holder, asker, inside] = [endpoint('8.8.8.8:1'), endpoint('9.9.9.9:2'), endpoint('192.168.0.9:80')];
  for (const each of [holder, asker]) book.learn(sha1, each, each, 0);
  book.learn(sha1, inside, holder, 0);
  assert.deepEqual(book.some(sha1, asker, 0).map(formatEndpoint), ['8.8.8.8:1']);
  book.learn(sha1, inside, inside, 0);
  assert.deepEqual(book.some(sha1, asker, 0).map(formatEndpoint), ['8.8.8.8:1']);
  book.forget(sha1, holder);
  assert.deepEqual(book.some(sha1, asker, 0), []);
});

test('the book keeps so many of a file and no more, tells ten, and forgets in time', () => {
  const book = new AlternateBook(new Random(1));
  const sha1 = new Uint8Array(20);
  for (let index = 0; index < 500; index++) book.learn(sha1, endpoint(`8.8.${index >> 8}.${index & 255}:80`), endpoint('8.8.4.4:1'), index);
  assert.equal((book.inspect() as { holders: number }).holders, HOLDERS_PER_FILE_MAX);
  assert.equal(book.some(sha1, endpoint('9.9.9.9:2'), 500).length, TOLD_MAX);
  assert.equal(book.some(sha1, endpoint('9.9.9.9:2'), 5 * 3600_000).length, 0);
});

test('ranges that somebody has are read as they are written, within the file', () => {
  const ranges = parseAvailableRanges('bytes 0-499,1000-1999, 900-999, 7-3, 5000-9999999', 6000);
  assert.deepEqual(
    [...(ranges?.ranges() ?? [])],
    [
      { begin: 0, end: 500 },
      { begin: 900, end: 2000 },
      { begin: 5000, end: 6000 },
    ],
  );
  assert.equal(formatAvailableRanges(ranges?.ranges() ?? []), 'bytes 0-499,900-1999,5000-5999');
  assert.equal(parseAvailableRanges('seats 0-499', 6000), null);
});

test('a set of ranges is the same as a set of bytes', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = new Random(seed);
    const ranges = new ByteRanges();
    const bytes = new Array<boolean>(64).fill(false);
    for (let step = 0; step < 60; step++) {
      const begin = random.below(64);
      const end = begin + random.below(65 - begin);
      const adds = random.chance(0.6);
      if (adds) ranges.add(begin, end);
      else ranges.remove(begin, end);
      bytes.fill(adds, begin, end);
      const [low, high] = [random.below(32), 32 + random.below(33)];
      const own = bytes.slice(low, high);
      assert.equal(ranges.has(low, high), own.every(Boolean), `seed ${seed}`);
      assert.equal(ranges.bytes, bytes.filter(Boolean).length, `seed ${seed}`);
      assert.equal(lengthOf(ranges.within(low, high)), own.filter(Boolean).length, `seed ${seed}`);
      assert.equal(lengthOf(ranges.gaps(low, high)), own.filter((is) => !is).length, `seed ${seed}`);
    }
  }
});

function lengthOf(ranges: Iterable<{ begin: number; end: number }>): number {
  let sum = 0;
  for (const { begin, end } of ranges) sum += end - begin;
  return sum;
}

test('whatever stands in these headers, reading them throws nothing', () => {
  const random = new Random(3);
  const pool = ['position=1,length=2,limit=3,pollMin=4,pollMax=5', 'position=1; ID=ab; lifetime=9', '1.2.3.4:5,6.7.8.9', 'bytes 0-5,7-9'];
  for (let round = 0; round < 5000; round++) {
    const value = latin1(mutate(pool.map(latin1Bytes), random));
    const headers = new Map(
      ['x-queue', 'x-queued', 'x-alt', 'x-falt', 'x-nalt', 'alt-location', 'retry-after'].map((name) => [name, value]),
    );
    parseQueue(headers);
    queueIdOf(headers);
    alternatesOf(headers);
    parseAvailableRanges(value, 100);
  }
});
