/** What is decided without a network: elections, levels, the census, the list of supernodes, and what a search means. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedFile } from '../../../test/fasttrack/worlds.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import { NO_TAGS } from '../../wire/shared-file.ts';
import { Census } from './census.ts';
import { ChildIndex } from './child-index.ts';
import { type Candidate, earnedLevel, ELECTION_RULES, fitness, isCrowded, isEligible, isIdle } from './election.ts';
import { bandwidthByte, factsOf, fileIdOf, kbpsOf, realmOf, sizeOf, TagKind, tagsOf } from './file-facts.ts';
import { NodeCache } from './node-cache.ts';
import { Participation } from './participation.ts';
import { termsOf, termsOfHash, wantedOf } from './search-terms.ts';
import { shareOf } from './share-upload.ts';

const GOOD: Candidate = { reachable: true, willing: true, kbps: 1_000, witnessedMs: 10 * 60_000, level: 100 };

test('each of reachability, will, bandwidth, uptime and participation decides alone who cannot be a supernode', () => {
  assert.ok(isEligible(GOOD, ELECTION_RULES));
  for (const bad of [{ reachable: false }, { willing: false }, { kbps: 64 }, { witnessedMs: 60_000 }, { level: 10 }]) {
    assert.equal(isEligible({ ...GOOD, ...bad }, ELECTION_RULES), false, JSON.stringify(bad));
  }
  for (const better of [{ kbps: 5_000 }, { witnessedMs: 60 * 60_000 }, { level: 300 }]) {
    assert.ok(fitness({ ...GOOD, ...better }) > fitness(GOOD), JSON.stringify(better));
  }
});

test('a supernode is crowded before it is full, and idle only while others have room for its children', () => {
  assert.deepEqual([isCrowded(119, 150, ELECTION_RULES), isCrowded(120, 150, ELECTION_RULES)], [false, true]);
  assert.deepEqual(
    [isIdle(22, 150, 100, ELECTION_RULES), isIdle(22, 150, 44, ELECTION_RULES), isIdle(23, 150, 100, ELECTION_RULES)],
    [true, false, false],
  );
});

test('a level that is claimed counts as far as it was earned here', () => {
  assert.equal(earnedLevel(1_000, 0, 0), 100);
  assert.equal(earnedLevel(1_000, 60 * 60_000, 50), 450);
  assert.equal(earnedLevel(30, 60 * 60_000, 50), 30);
  const participation = new Participation();
  assert.equal(participation.level, 100);
  participation.uploaded(80 << 20);
  assert.ok(participation.level > 1_000 - 1);
  participation.downloaded(800 << 20);
  assert.ok(participation.level < 20);
  const poisoner = new Participation();
  poisoner.sharedBad(5 << 20);
  assert.ok(poisoner.level < ELECTION_RULES.levelMin);
});

test('a census counts supernodes to an eighth or so, and forgets those who are gone', () => {
  const errors: number[] = [];
  forSeeds(8, (seed) => {
    const random = new Random(seed);
    const all = Array.from({ length: 100 }, (_, index) => new Census(Uint8Array.of(10, seed, index >>> 8, index, 26, 225)));
    const gossip = (among: readonly Census[], rounds: number): void => {
      for (let round = 0; round < rounds; round++) {
        for (const each of among) each.age();
        for (const each of among) for (let told = 0; told < 3; told++) (among[random.below(among.length)] as Census).merge(each.slots());
      }
    };
    gossip(all, 8);
    const [first] = all as [Census];
    assert.ok(first.count > 50 && first.count < 200, `${first.count} of 100`);
    errors.push(first.count / 100 - 1);
    const left = all.slice(0, 20);
    gossip(left, 40);
    assert.ok(first.count > 10 && first.count < 40, `${first.count} of 20`);
  });
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  assert.ok(Math.abs(mean) < 0.12, `off by ${mean} on average`);
});

test('a list of supernodes keeps those seen last, forgets who does not answer, and is bounded', () => {
  const cache = new NodeCache(200);
  const at = (index: number): Uint8Array => Uint8Array.of(10, 0, index >>> 8, index, 4, 190);
  const now = 10_000_000;
  for (let index = 0; index < 500; index++) cache.note(at(index), index % 100, now, index * 1_000);
  assert.equal(cache.size, 200);
  assert.deepEqual(cache.latest(1, now)[0], { endpoint: at(0), ageMinutes: 0, load: 0 });
  assert.equal(cache.latest(200, now).at(-1)?.ageMinutes, 3);
  cache.note(at(499), 5, now + 1_000, 0);
  assert.deepEqual(cache.latest(1, now)[0]?.endpoint, at(499));
  cache.failed(at(499));
  assert.equal(cache.size, 200);
  cache.failed(at(499));
  assert.equal(cache.size, 199);
  cache.note(at(7), 1, now, 5 * 3_600_000);
  cache.note(Uint8Array.of(1, 2, 3, 4, 0, 0), 1, now, 0);
  assert.equal(cache.size, 199, 'too old, or no port');
  const picked = cache.pick(10, new Random(1), (endpoint) => (endpoint[3] as number) % 2 === 0);
  assert.equal(new Set(picked.map(String)).size, 10);
  assert.ok(picked.every((endpoint) => (endpoint[3] as number) % 2 === 0));
});

test('a list of supernodes is what a plain one would be, whatever is done to it', () => {
  forSeeds(50, (seed) => {
    const random = new Random(seed);
    const cache = new NodeCache(16);
    const plain = new Map<number, number>();
    for (let step = 0; step < 300; step++) {
      const index = random.below(12);
      const endpoint = Uint8Array.of(1, 2, 3, index, 0, 1);
      if (random.chance(0.6)) {
        cache.note(endpoint, 0, step * 60_000, 0);
        plain.set(index, step);
      } else {
        cache.forget(endpoint);
        plain.delete(index);
      }
      const expected = [...plain].sort((a, b) => b[1] - a[1]).map(([which]) => which);
      assert.deepEqual(
        cache.latest(99, step * 60_000).map((node) => node.endpoint[3]),
        expected,
      );
    }
  });
});

test('giFT: bandwidth is a byte of 14·log2(kbps) + 59, and d1 is as fast as anybody is', () => {
  assert.deepEqual([0, 1, 64, 1_000, 1_680, 100_000].map(bandwidthByte), [0, 59, 143, 199, 209, 209]);
  // What giFT reads of it, by its own formula.
  for (const kbps of [64, 128, 512, 1_000]) {
    const giFT = Math.exp(bandwidthByte(kbps) * 0.0495105 - 2.9211202);
    assert.ok(Math.abs(giFT / kbps - 1) < 0.06, `${kbps}: ${giFT}`);
    assert.ok(Math.abs(kbpsOf(bandwidthByte(kbps)) / kbps - 1) < 0.03);
  }
});

test('a file goes into tags and comes back, and its id is the checksum that giFT sent', () => {
  const tags = { ...NO_TAGS, title: 'Björk 片', artist: 'Alice', album: 'B', genre: 'Polka', year: 1999, seconds: 61, bitRate: 192 };
  const file = { ...sharedFile('walrus polka.mp3'), tags };
  assert.deepEqual(factsOf(tagsOf(file)), { name: file.name, kind: 'audio', tags });
  assert.equal(factsOf([]), null);
  // From the transcript of giFT-FastTrack: hash b66425f0…, checksum b90f as a packed number.
  const hash = Uint8Array.from(Buffer.from('b66425f0528f7eb8b4e0cc56cbba82dc1f6cfbff', 'hex'));
  assert.equal(fileIdOf(hash), 0x39 * 128 + 0x0f);
  assert.deepEqual(sizeOf(3 * 2 ** 40), { mantissa: 49_152, exponent: 26 });
});

test('a search means words, bounds, a realm or a hash, whoever has put it into terms', () => {
  const index = new ChildIndex<string>();
  const add = (name: string, id: number, bytes: number, bitRate: number): void => {
    const file = { ...sharedFile(name, id, bytes), tags: { ...NO_TAGS, bitRate } };
    index.add('alice', shareOf(file, file.hashes.uu as Uint8Array));
  };
  add('Walrus Polka.mp3', 1, 3_000_000, 128);
  add('walrus hymn.mp3', 2, 9_000_000, 320);
  const found = (query: Parameters<typeof termsOf>[0]): number[] => {
    const { realm, terms } = termsOf(query);
    const wanted = wantedOf(realm, terms);
    return wanted === null ? [] : index.search(wanted, 10).map(({ bytes }) => bytes / 1e6);
  };
  const words = keywordsOf('WALRUS');
  assert.deepEqual(found({ words, limit: 9 }), [3, 9]);
  assert.deepEqual(found({ words: [...words, 'hymn'], limit: 9 }), [9]);
  assert.deepEqual(found({ words, limit: 9, bytesMax: 5e6 }), [3]);
  assert.deepEqual(found({ words, limit: 9, bitRateMin: 200 }), [9]);
  assert.deepEqual(found({ words, limit: 9, kind: 'video' }), []);
  assert.deepEqual(found({ words: [], limit: 9 }), [], 'nothing to find anything by');
  const { realm, terms } = termsOfHash(sharedFile('walrus hymn.mp3').hashes.uu as Uint8Array);
  assert.equal(index.search(wantedOf(realm, terms) as NonNullable<ReturnType<typeof wantedOf>>, 10).length, 1);
  // mldonkey's realm, and giFT's term.
  const giFT = wantedOf(0x3f, [{ comparison: 5, kind: TagKind.any, value: latin1Bytes('walrus') }]);
  assert.equal(index.search(giFT as NonNullable<typeof giFT>, 10).length, 2);
  assert.equal(realmOf('archive'), realmOf('software'));
});

test('an index forgets what is taken away, down to the last word', () => {
  const index = new ChildIndex<number>();
  const random = new Random(3);
  const entries = Array.from({ length: 300 }, (_, id) => {
    const file = sharedFile(`word${random.below(20)} other${random.below(20)} ${id}.mp3`, id + 1);
    return index.add(id % 7, shareOf(file, file.hashes.uu as Uint8Array));
  });
  for (const entry of random.shuffle(entries)) index.remove(entry);
  assert.deepEqual([index.count, index.bytes], [0, 0]);
  for (let word = 0; word < 20; word++)
    assert.deepEqual(index.search({ words: [`word${word}`], hash: null, media: -1, bounds: [] }, 9), []);
});
