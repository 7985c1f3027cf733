import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutate } from '../../test/mutate.ts';
import { concatBytes, latin1Bytes } from '../core/bytes.ts';
import { Random } from '../core/random.ts';
import { MEDIA_HEAD_BYTES, readMediaHead } from './media-head.ts';

const LENGTH = 50_000_000;

function u32(value: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, littleEndian);
  return bytes;
}

// ---- MP4

/** A box whose body is that, or of which only that is at hand. */
function box(kind: string, body: Uint8Array, size = 8 + body.length): Uint8Array {
  return concatBytes([u32(size), latin1Bytes(kind), body]);
}

const FTYP = box('ftyp', latin1Bytes('isom\0\0\x02\0isommp42'));
/** Version 0, two times, then 1000 units a second and 90.5 seconds. */
const MOOV = box('moov', box('mvhd', concatBytes([u32(0), u32(0), u32(0), u32(1000), u32(90_500), new Uint8Array(80)])));
/** Version 1: times and the duration have 64 bits. */
const MOOV_LONG = box(
  'moov',
  box('mvhd', concatBytes([u32(0x01_00_00_00), new Uint8Array(16), u32(48_000), u32(1), u32(0), new Uint8Array(80)])),
);
const MP4_FAST = concatBytes([FTYP, MOOV, box('mdat', new Uint8Array(100), 40_000_000)]);
const MP4_SLOW = concatBytes([FTYP, box('free', new Uint8Array(0)), box('mdat', new Uint8Array(100), 40_000_000)]);
const MP4_LARGE = concatBytes([FTYP, u32(1), latin1Bytes('mdat'), u32(1), u32(16), new Uint8Array(100)]);

test('the index of an MP4 is behind its mdat, unless it comes first (ISO/IEC 14496-12)', () => {
  const after = FTYP.length + 8 + 40_000_000;
  assert.deepEqual(readMediaHead(MP4_SLOW, LENGTH), { index: { begin: after, end: after + (8 << 20) }, seconds: null });
  assert.deepEqual(readMediaHead(MP4_SLOW, after + 1000).index, { begin: after, end: after + 1000 });
  assert.deepEqual(readMediaHead(MP4_FAST, LENGTH), { index: null, seconds: 90.5 });
  assert.deepEqual(readMediaHead(MOOV, MOOV.length), { index: null, seconds: 90.5 }, 'an index alone tells the time too');
  assert.equal(readMediaHead(MOOV_LONG, LENGTH).seconds, 2 ** 32 / 48_000);
  assert.deepEqual(readMediaHead(MP4_LARGE, 6e9).index?.begin, FTYP.length + 2 ** 32 + 16);
  assert.equal(readMediaHead(concatBytes([FTYP, box('mdat', new Uint8Array(9), 0)]), LENGTH).index, null, 'it goes on to the end');
});

// ---- Matroska

/** Sizes take four bytes, or are those of a live stream. */
function element(id: readonly number[], body: Uint8Array, size: number | null = body.length): Uint8Array {
  const sizeBytes = size === null ? Uint8Array.of(0xff) : u32(0x10_00_00_00 + size);
  return concatBytes([Uint8Array.from(id), sizeBytes, body]);
}

const EBML = element([0x1a, 0x45, 0xdf, 0xa3], new Uint8Array(19));
const CUES = [0x1c, 0x53, 0xbb, 0x6b];
const CUES_AT = 30_000_000;
function duration(milliseconds: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, milliseconds);
  return bytes;
}
const SEEK = element([0x4d, 0xbb], concatBytes([element([0x53, 0xab], Uint8Array.from(CUES)), element([0x53, 0xac], u32(CUES_AT))]));
const SEEK_HEAD = element([0x11, 0x4d, 0x9b, 0x74], SEEK);
const INFO = element([0x15, 0x49, 0xa9, 0x66], element([0x44, 0x89], duration(61_500)));
const CLUSTER = element([0x1f, 0x43, 0xb6, 0x75], new Uint8Array(40), 1000);
const SEGMENT = [0x18, 0x53, 0x80, 0x67];
const MATROSKA = concatBytes([EBML, element(SEGMENT, concatBytes([SEEK_HEAD, INFO, CLUSTER]), 45_000_000)]);
const LIVE = concatBytes([EBML, element(SEGMENT, concatBytes([INFO, CLUSTER]), null)]);

test('the cues of a Matroska file are where its seek head says (RFC 9559)', () => {
  const begin = EBML.length + 8 + CUES_AT;
  assert.deepEqual(readMediaHead(MATROSKA, LENGTH), { index: { begin, end: begin + (1 << 20) }, seconds: 61.5 });
  assert.deepEqual(readMediaHead(MATROSKA, begin), { index: null, seconds: 61.5 }, 'they would be behind the end');
  assert.deepEqual(readMediaHead(LIVE, LENGTH), { index: null, seconds: 61.5 });
});

// ---- others

const AVIH = concatBytes([latin1Bytes('avih'), u32(56, true), u32(40_000, true), new Uint8Array(12), u32(250, true), new Uint8Array(36)]);
const HDRL = concatBytes([latin1Bytes('LIST'), u32(4 + AVIH.length, true), latin1Bytes('hdrl'), AVIH]);
const MOVI = concatBytes([latin1Bytes('LIST'), u32(10_000_001, true), latin1Bytes('movi')]);
const AVI = concatBytes([latin1Bytes('RIFF'), u32(20_000_000, true), latin1Bytes('AVI '), HDRL, MOVI]);
const TS = new Uint8Array(376);
TS[0] = 0x47;
TS[188] = 0x47;

test('AVI has its index behind its pictures; Ogg and MPEG-TS tell their length at the end', () => {
  const begin = AVI.length - MOVI.length + 8 + 10_000_002;
  assert.deepEqual(readMediaHead(AVI, LENGTH), { index: { begin, end: begin + (8 << 20) }, seconds: 10 });
  assert.deepEqual(readMediaHead(latin1Bytes('OggS\0\x02'), LENGTH).index, { begin: LENGTH - 65_307, end: LENGTH });
  assert.deepEqual(readMediaHead(TS, LENGTH).index, { begin: LENGTH - (256 << 10), end: LENGTH });
  for (const other of ['', 'fLaC', 'ID3\x04', 'RIFF\0\0\0\0WAVE', 'hello, world']) {
    assert.deepEqual(readMediaHead(latin1Bytes(other), LENGTH), { index: null, seconds: null });
  }
});

test('whatever the bytes are, the answer comes soon and lies in the file', () => {
  const random = new Random(Number(process.env.KITH_SEED ?? 1));
  const pool = [MP4_FAST, MP4_SLOW, MP4_LARGE, MOOV_LONG, MATROSKA, LIVE, AVI, TS, new Uint8Array(MEDIA_HEAD_BYTES).fill(0x81)];
  const rounds = Number(process.env.KITH_FUZZ ?? 20_000);
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(pool, random);
    const length = bytes.length + random.below(LENGTH);
    const { index, seconds } = readMediaHead(bytes, length);
    if (index !== null) assert.ok(index.begin >= 0 && index.begin <= index.end && index.end <= length, `${index.begin} to ${index.end}`);
    if (seconds !== null) assert.ok(seconds > 0 && seconds < 1e6, `${seconds} s`);
  }
});
