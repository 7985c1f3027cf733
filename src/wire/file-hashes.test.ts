import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { latin1Bytes } from '../core/bytes.ts';
import { hexOf } from '../core/hex.ts';
import { md4 } from '../core/md4.ts';
import { Md5 } from '../core/md5.ts';
import { Random } from '../core/random.ts';
import { TIGER_BYTES, tiger, tigerInto } from '../core/tiger.ts';
import { ED2K_PART_BYTES, Ed2kHash } from './ed2k-hash.ts';
import { LEAF_BYTES, TigerTree, tigerRootOf } from './tiger-tree.ts';
import { UuHash } from './uu-hash.ts';

const SEED = 21;

/** The bytes that the vectors of UUHash were made of. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + (index >>> 8) * 13 + (index >>> 16) * 31) & 255);
}

/** In parts of random lengths, as a disk gives them. */
function inParts(random: Random, bytes: Uint8Array, update: (start: number, end: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + random.below(700_000));
    update(at, end);
    at = end;
  }
}

for (const [text, hash] of [
  ['', '3293ac630c13f0245f92bbb1766e16167a4e58492dde73f3'],
  ['abc', '2aab1484e8c158f2bfb8c5ff41b57a525129131c957b5f93'],
  ['Tiger', 'dd00230799f5009fec6debc838bb6a27df2b9d6f110c7937'],
] as const) {
  test(`Tiger, reference vectors: the hash of ${JSON.stringify(text)}`, () => assert.equal(hexOf(tiger(latin1Bytes(text))), hash));
}

for (const [text, hash] of [
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'e33b4ddc9c38f2199c3e7b164fcc0536'],
] as const) {
  test(`RFC 1320: the hash of ${JSON.stringify(text)}`, () => assert.equal(hexOf(md4(latin1Bytes(text))), hash));
}

test('MD5 of any input in any parts is what the platform computes', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 300; round++) {
    const bytes = random.fill(new Uint8Array(random.below(400)));
    const hash = new Md5();
    for (let at = 0; at < bytes.length; at += 37) hash.update(bytes, at, Math.min(bytes.length, at + 37));
    assert.deepEqual(hash.digest(), new Uint8Array(createHash('md5').update(bytes).digest()), `seed ${SEED} round ${round}`);
  }
});

test('THEX: nodes without a sibling rise as they are, at any length, and the kept parts give the root', () => {
  const random = new Random(SEED);
  for (const length of [0, 1, 1023, 1024, 1025, 2048, 3000, 5000, 7 * 1024, 8 * 1024, 33_333, 131_072]) {
    const bytes = random.fill(new Uint8Array(length));
    const tree = new TigerTree(length, 4);
    inParts(random, bytes, (start, end) => tree.update(bytes, start, end));
    const { root, parts, partBytes } = tree.digest();
    assert.deepEqual(root, rootByDefinition(bytes), `${length} bytes`);
    assert.deepEqual(tigerRootOf(parts), root, `${length} bytes`);
    assert.ok(parts.length <= 4 * TIGER_BYTES, `${length} bytes`);
    const first = new TigerTree(Math.min(length, partBytes), 1).update(bytes, 0, Math.min(length, partBytes)).digest();
    assert.deepEqual(parts.slice(0, TIGER_BYTES), first.root, `${length} bytes`);
  }
});

test('THEX: a file that is not as long as was said has no tree', () => {
  assert.throws(() => new TigerTree(10 * LEAF_BYTES, 16).update(new Uint8Array(5000)).digest(), RangeError);
  assert.throws(() => new TigerTree(LEAF_BYTES, 16).update(new Uint8Array(5000)).digest(), RangeError);
});

test('ed2k: a file that ends with a whole part has the hash of nothing behind it, as aMule and mldonkey have it', () => {
  const hashOf = (length: number): string => hexOf(new Ed2kHash().update(new Uint8Array(length)).digest().hash);
  assert.equal(new Ed2kHash().update(new Uint8Array(ED2K_PART_BYTES - 1)).digest().parts.length, 0);
  assert.equal(new Ed2kHash().update(new Uint8Array(ED2K_PART_BYTES)).digest().parts.length, 2 * 16);
  assert.equal(hashOf(ED2K_PART_BYTES), 'fc21d9af828f92a8df64beac3357425d');
  assert.equal(hashOf(2 * ED2K_PART_BYTES), '114b21c63a74b6ca922291a11177dd5c');
});

for (const [length, hash] of [
  [300_000, '755f7f2e23558c525a26a3bed003b11d1f6cfbff'],
  [1_100_000, '0ccb7830010387bee7f62059dbbbbf41116b8582'],
  [5_000_000, '0ccb7830010387bee7f62059dbbbbf416929d1aa'],
  [0, 'd41d8cd98f00b204e9800998ecf8427effffffff'],
] as const) {
  test(`giFT: the UUHash of ${length} bytes, in any parts`, () => {
    const bytes = pattern(length);
    const whole = new UuHash(length);
    inParts(new Random(SEED), bytes, (start, end) => whole.update(bytes, start, end));
    assert.equal(hexOf(whole.digest()), hash);
  });
}

function rootByDefinition(bytes: Uint8Array): Uint8Array {
  let row: Uint8Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += LEAF_BYTES) {
    row.push(hashOf(0, bytes.subarray(at, Math.min(bytes.length, at + LEAF_BYTES))));
  }
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let at = 0; at < row.length; at += 2) {
      const [left, right] = row.slice(at, at + 2) as [Uint8Array, Uint8Array | undefined];
      above.push(right === undefined ? left : hashOf(1, Uint8Array.of(...left, ...right)));
    }
    row = above;
  }
  return row[0] as Uint8Array;
}

function hashOf(prefix: number, bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(TIGER_BYTES);
  tigerInto(prefix, bytes, 0, bytes.length, digest, 0);
  return digest;
}
