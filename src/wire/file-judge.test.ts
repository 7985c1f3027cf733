import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FUZZ_INPUTS, SEED } from '../../test/codec-laws.ts';
import { corrupted, matroska, mp3, mp4, ogg, riff, scrambled, transportStream } from '../../test/fasttrack/media.ts';
import { mutate } from '../../test/mutate.ts';
import { concatBytes, latin1Bytes } from '../core/bytes.ts';
import { Random } from '../core/random.ts';
import { FileJudge, type FileVerdict } from './file-judge.ts';
import { NO_TAGS } from './shared-file.ts';

function judge(bytes: Uint8Array, tags = NO_TAGS, chunk: () => number = () => 65_536): FileVerdict {
  const judged = new FileJudge(bytes.length, tags);
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + chunk());
    judged.update(bytes.subarray(at, end));
    at = end;
  }
  return judged.verdict();
}

const GOOD = {
  mp3: mp3(2_000),
  'mp3 with tags': concatBytes([
    Uint8Array.of(0x49, 0x44, 0x33, 3, 0, 0, 0, 0, 8, 0),
    new Uint8Array(1024),
    mp3(500),
    latin1Bytes('TAG'.padEnd(128)),
  ]),
  ogg: ogg(100),
  'transport stream': transportStream(3_000),
  mp4: mp4(500_000),
  riff: riff(500_000),
  matroska: matroska(500_000),
};

test('a file in good order is whole, in whatever chunks it comes', () => {
  const random = new Random(SEED);
  for (const [name, bytes] of Object.entries(GOOD)) {
    assert.equal(judge(bytes), 'whole', name);
    assert.equal(
      judge(bytes, NO_TAGS, () => 1 + random.below(3_000)),
      'whole',
      name,
    );
  }
  assert.equal(
    judge(GOOD.mp3.slice(0, 50_000), NO_TAGS, () => 1),
    'truncated',
  );
  assert.equal(judge(latin1Bytes('Once upon a time there was a text.')), 'unknown');
  assert.equal(judge(new Uint8Array(0)), 'unknown');
});

test('a file that is shorter than it says is truncated', () => {
  for (const name of ['mp3', 'ogg', 'mp4', 'riff', 'matroska'] as const) {
    const bytes = GOOD[name];
    assert.equal(judge(bytes.subarray(0, Math.floor(bytes.length * 0.6))), 'truncated', name);
  }
});

test('a file whose song is shorter than its tags say is truncated, though it says nothing itself', () => {
  const { length } = GOOD.mp3;
  const silentAboutIt = GOOD.mp3.slice().fill(0, 36, 52);
  const seconds = (2_000 * 1152) / 44_100;
  const tags = { ...NO_TAGS, seconds, bitRate: 128 };
  assert.equal(judge(silentAboutIt, tags), 'whole');
  assert.equal(judge(silentAboutIt.subarray(0, Math.floor(length * 0.8)), tags), 'truncated');
  assert.equal(judge(GOOD.mp4, { ...NO_TAGS, seconds: 5_400, bitRate: 1_000 }), 'truncated');
});

test('a file whose blocks are in another order is scrambled', () => {
  for (const name of ['mp3', 'mp3 with tags', 'ogg', 'transport stream'] as const) {
    for (let seed = 1; seed <= 5; seed++) assert.equal(judge(scrambled(GOOD[name], 16_384, seed)), 'scrambled', `${name}, seed ${seed}`);
  }
  // Blocks that are as long as pages: each begins where it should, and is not the next.
  assert.equal(judge(scrambled(GOOD.ogg, GOOD.ogg.length / 100)), 'scrambled');
});

test('a file that is noise behind a good beginning is corrupt', () => {
  for (const name of ['mp3', 'ogg', 'transport stream'] as const) {
    assert.equal(judge(corrupted(GOOD[name], 20_000)), 'corrupt', name);
  }
});

test(`${FUZZ_INPUTS / 10} hostile files are judged, and none takes for ever`, () => {
  const random = new Random(SEED, 8);
  const pool = Object.values(GOOD).map((bytes) => bytes.slice(0, 3_000));
  for (let input = 0; input < FUZZ_INPUTS / 10; input++) {
    const bytes = mutate(pool, random);
    judge(bytes, { ...NO_TAGS, seconds: random.below(10_000), bitRate: random.below(1_000) }, () => 1 + random.below(500));
  }
});
