/** BitTorrent v2 and hybrid torrents (BEP 52): read, made, and refused. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { AlignedPieces } from '../../core/aligned-pieces.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { hexOf } from '../../core/hex.ts';
import type { StoreFile } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../wire/bencode.ts';
import { alignFiles, treeOrder } from './align-files.ts';
import { encodeInfo, encodeMetainfo } from './create-metainfo.ts';
import { type Metainfo, type MetainfoV2, versionOf } from './metainfo.ts';
import { parseFileTree } from './parse-file-tree.ts';
import { parseInfo, parseMetainfo } from './parse-metainfo.ts';
import { fileRootsOf } from './piece-layers.ts';

const FIXTURES = new URL('../../../test/fixtures/torrents/', import.meta.url);
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`${name}.torrent`, FIXTURES)));
const KiB16 = 16_384;

const metainfoCodec: Codec<Metainfo> = {
  name: 'metainfo of BitTorrent v2',
  size: (metainfo) => encodeMetainfo(metainfo).length,
  encode(metainfo, into, offset) {
    const bytes = encodeMetainfo(metainfo);
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode: (bytes, start, end) => parseMetainfo(bytes.subarray(start, end)),
};
codecLaws(metainfoCodec, (random) => randomTorrent(random), { seeds: [hexOf(fixture('tree-hybrid')), hexOf(fixture('tree-v2'))] });

for (const [name, version, infoHash] of [
  ['tree-v2', 2, 'a53466fc0c6e4e722ae68711d9b3cfa75eb51f2e3c5a2e88945994f31614a53f'],
  ['tree-hybrid', 'hybrid', '387cf354f165884e1a5c2cc41fce8482c16562ba2eecb715f8651c5b4d0a75ac'],
] as const) {
  test(`${name} of libtorrent has the info-hash that libtorrent says, and comes out byte for byte`, () => {
    const metainfo = parseMetainfo(fixture(name));
    assert.equal(versionOf(metainfo), version);
    assert.equal(hexOf(metainfo.v2?.infoHash as Uint8Array), infoHash);
    assert.equal(latin1(encodeInfo(metainfo)), latin1(metainfo.infoBytes));
  });
}

test('BEP 52: the example of a file tree', () => {
  const root = 'a'.repeat(32);
  const tree = `d4:dir1d4:dir2d9:fileA.txtd0:d6:lengthi1024e11:pieces root32:${root}eeeee`;
  const { files, roots } = parseFileTree(latin1Bytes(tree), 'name', null);
  assert.deepEqual(files[0], { path: ['name', 'dir1', 'dir2', 'fileA.txt'], length: 1024, pad: false, executable: false, symlink: null });
  assert.equal(latin1(roots), root);
});

test('the name of the torrent is advisory where the tree has one file', () => {
  const metainfo = parseMetainfo(torrent({ name: 'called otherwise' }));
  assert.equal(metainfo.name, 'f');
  assert.deepEqual(metainfo.files[0]?.path, ['f']);
});

test('a folder with one file stays a folder in a hybrid, where v1 says so; v2 alone has the file', () => {
  const files = alignFiles([fileOf('only', 20_000)], KiB16);
  const info = { name: 't', files, pieceBytes: KiB16, private: false, v2: { roots: latin1Bytes(ROOT.repeat(2)) } };
  const pathsOf = (pieceHashes: Uint8Array): string[] => {
    const parsed = parseInfo(encodeInfo({ ...info, pieceHashes }), { trackers: [], webSeeds: [] });
    return parsed.files.filter(({ pad }) => !pad).map(({ path }) => path.join('/'));
  };
  assert.deepEqual(pathsOf(new Uint8Array(40)), ['t/only']);
  assert.deepEqual(pathsOf(new Uint8Array(0)), ['only']);
});

test('pieces end with their files, and the next file begins a piece', () => {
  const files = alignFiles([fileOf('a', 40_000), fileOf('b', 0), fileOf('c', 16_384), fileOf('d', 5)], 32_768);
  const pieces = new AlignedPieces(files, 32_768);
  assert.deepEqual(
    [0, 1, 2, 3].map((piece) => pieces.bytesOf(piece)),
    [32_768, 7_232, 16_384, 5],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((piece) => pieces.widthOf(piece)),
    [2, 2, 1, 1],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((piece) => files[pieces.fileAt(piece).file]?.path[1]),
    ['a', 'a', 'c', 'd'],
  );
});

test('files come in the order of the bytes of their names, folders among them', () => {
  const names = [['b'], ['a', 'z'], ['a.txt'], ['ﬀ'], ['𝄞']];
  const files = names.map((path) => ({ ...fileOf('x', 1), path: ['t', ...path] }));
  assert.deepEqual(
    treeOrder(files).map((index) => names[index]?.join('/')),
    ['a/z', 'a.txt', 'b', 'ﬀ', '𝄞'],
  );
});

test('without its piece layers the info dictionary alone says all but the roots of pieces', () => {
  const whole = randomTorrent(new Random(5), [100_000]);
  const alone = parseInfo(whole.infoBytes, { trackers: [], webSeeds: [] });
  assert.equal(alone.v2?.pieceRoots, null);
  assert.deepEqual(alone.v2?.roots, whole.v2?.roots);
});

const ROOT = 'r'.repeat(32);
const leaf = (change: Readonly<Record<string, BencodeInput | undefined>> = {}): BencodeInput =>
  new Map([['', bencodeDict({ length: 5, 'pieces root': ROOT, ...change })]]);
const tree = (entries: Readonly<Record<string, BencodeInput>>): BencodeInput => new Map(Object.entries(entries));

const refused: Readonly<Record<string, [Readonly<Record<string, BencodeInput | undefined>>, RegExp]>> = {
  'of a version to come': [{ 'meta version': 3 }, /BitTorrent v3; versions 1 and 2 are known/],
  'of v2 without a tree': [{ 'file tree': undefined }, /no file tree/],
  'with a tree that is no dictionary': [{ 'file tree': ['x'] }, /dictionary, got a list/],
  'with an empty tree': [{ 'file tree': tree({}) }, /got an empty one/],
  'whose root is a file': [{ 'file tree': leaf() }, /root of the file tree is a file/],
  'with a file that is a folder too': [
    { 'file tree': tree({ f: tree({ '': bencodeDict({ length: 5, 'pieces root': ROOT }), g: leaf() }) }) },
    /a file and a folder/,
  ],
  'with a piece length of 8 KiB': [{ 'piece length': 8192 }, /power of two/],
  'with a piece length of 48 KiB': [{ 'piece length': 49_152 }, /power of two/],
  'with a negative length': [{ 'file tree': tree({ f: leaf({ length: -5 }) }) }, /length of a file/],
  'without a length': [{ 'file tree': tree({ f: leaf({ length: undefined }) }) }, /length of a file, got nothing/],
  'without a root': [{ 'file tree': tree({ f: leaf({ 'pieces root': undefined }) }) }, /root of f, got nothing/],
  'with a root of 31 bytes': [{ 'file tree': tree({ f: leaf({ 'pieces root': 'x'.repeat(31) }) }) }, /got a string of 31/],
  'with a root of zeros': [{ 'file tree': tree({ f: leaf({ 'pieces root': new Uint8Array(32) }) }) }, /32 bytes as the root/],
  'with no content': [{ 'file tree': tree({ f: leaf({ length: 0 }) }) }, /no content/],
  'with lengths beyond 2^53': [
    { 'file tree': tree(Object.fromEntries(['a', 'b', 'c'].map((name) => [name, leaf({ length: 2 ** 53 - 1 })]))) },
    /more than 2\^53/,
  ],
  'with more pieces than any has': [{ 'file tree': tree({ f: leaf({ length: 2 ** 50 }) }) }, /at most 2097152 pieces/],
  'without its piece layer': [{ 'file tree': tree({ f: leaf({ length: 20_000 }) }) }, /piece layer of file 0 is missing/],
  'with a tree of 70 folders': [
    { 'file tree': Array.from({ length: 70 }).reduce<BencodeInput>((below) => tree({ d: below }), tree({ f: leaf() })) },
    /deep/,
  ],
};
for (const [title, [change, message]] of Object.entries(refused)) {
  test(`a torrent ${title} is refused`, () => assert.throws(() => parseMetainfo(torrent(change)), malformed(message)));
}

test('names in a tree lead nowhere else, and none is taken twice', () => {
  const hostile = { '..': leaf(), '/etc': tree({ passwd: leaf() }), CON: leaf(), _etc: leaf() };
  const { files } = parseMetainfo(torrent({ 'file tree': tree(hostile), name: '../../up' }));
  assert.deepEqual(
    files.filter(({ pad }) => !pad).map(({ path }) => path.join('|')),
    ['.._.._up|__', '.._.._up|_etc|passwd', '.._.._up|_CON', '.._.._up|_etc.1'],
  );
});

test("names twice or out of order are refused: which of them comes first would be anybody's guess", () => {
  for (const names of ['1:b1:a', '1:a1:a']) {
    const [first, second] = [names.slice(0, 3), names.slice(3)];
    const file = latin1(encodeBencode(leaf()));
    const info = `d9:file treed${first}${file}${second}${file}e12:meta versioni2e4:name1:t12:piece lengthi16384ee`;
    assert.throws(() => parseMetainfo(latin1Bytes(`d4:info${info}12:piece layersdee`)), malformed(/out of order/));
  }
});

test('a root for an empty file means nothing', () => {
  const { v2 } = parseMetainfo(torrent({ 'file tree': tree({ a: leaf({ length: 0 }), b: leaf() }) }));
  assert.equal(latin1(v2?.roots.subarray(0, 64) as Uint8Array), `${'\0'.repeat(32)}${ROOT}`);
});

for (const [title, spoil] of [
  ['one hash changed', (layer: Uint8Array) => layer.with(40, (layer[40] as number) ^ 1)],
  ['one hash too few', (layer: Uint8Array) => layer.slice(32)],
  ['one hash too many', (layer: Uint8Array) => new Uint8Array(layer.length + 32)],
  ['filling written out', (layer: Uint8Array) => Uint8Array.of(...layer, ...new Uint8Array(32))],
] as const) {
  test(`a piece layer with ${title} is refused`, () => {
    const good = randomTorrent(new Random(6), [90_000]);
    const { roots, pieceRoots } = good.v2 as MetainfoV2;
    const layer = (pieceRoots as Uint8Array).slice();
    const layers = new Map([[latin1(roots.subarray(0, 32)), spoil(layer)]]);
    const spoilt = concat('d4:info', good.infoBytes, '12:piece layers', encodeBencode(layers), 'e');
    assert.throws(() => parseMetainfo(spoilt), malformed(/piece layer|bytes of hashes/));
  });
}

for (const [title, change] of [
  ['another name', (files: StoreFile[]) => [{ ...(files[0] as StoreFile), path: ['t', 'other'] }, ...files.slice(1)]],
  ['a file less', (files: StoreFile[]) => files.slice(0, -2)],
  ['another order', (files: StoreFile[]) => [...files.slice(2, 4), ...files.slice(0, 2), ...files.slice(4)]],
  [
    'a shorter file',
    (files: StoreFile[]) => [
      { ...(files[0] as StoreFile), length: 19_000 },
      { ...(files[1] as StoreFile), length: 13_768 },
      ...files.slice(2),
    ],
  ],
  ['padding left out', (files: StoreFile[]) => [...files.filter(({ pad }) => !pad), padding(12_768 + 11_384 + 16_379)]],
  ['a piece of padding more', (files: StoreFile[]) => [...files, padding(KiB16)]],
] as const) {
  test(`halves of a hybrid that differ by ${title} are refused`, () => {
    const files = alignFiles([fileOf('a', 20_000), fileOf('b', 5_000), fileOf('c', 5)], KiB16);
    const roots = latin1Bytes(ROOT.repeat(files.length));
    const v1Files = change(files);
    const pieces = Math.ceil(v1Files.reduce((sum, { length }) => sum + length, 0) / KiB16);
    const info = { name: 't', pieceBytes: KiB16, private: false };
    const v1 = new Map(Object.entries(keysOf(encodeInfo({ ...info, files: v1Files, pieceHashes: new Uint8Array(20 * pieces) }))));
    const v2 = keysOf(encodeInfo({ ...info, files, pieceHashes: new Uint8Array(0), v2: { roots } }));
    for (const [key, value] of Object.entries(v2)) v1.set(key, value);
    assert.throws(() => parseInfo(spell(v1), { trackers: [], webSeeds: [] }), malformed(/halves of the torrent differ/));
  });
}

test('a hostile tree of a million empty folders costs no more than reading it', () => {
  const folders = 'd'.concat(...Array.from({ length: 60_000 }, (_, index) => `5:${String(index).padStart(5, '0')}de`), 'e');
  const info = `d9:file tree${folders}12:meta versioni2e4:name1:t12:piece lengthi16384ee`;
  assert.throws(() => parseMetainfo(latin1Bytes(`d4:info${info}12:piece layersdee`)), malformed(/got an empty one/));
});

// ---- torrents ------------------------------------------------------------------------------------------------------------------

/** A torrent of v2 alone with one file of five bytes, with changes to its info dictionary. */
function torrent(change: Readonly<Record<string, BencodeInput | undefined>>): Uint8Array {
  const info = bencodeDict({ 'file tree': tree({ f: leaf() }), 'meta version': 2, name: 't', 'piece length': KiB16, ...change });
  return encodeBencode(bencodeDict({ info, 'piece layers': bencodeDict({}) }));
}

function randomTorrent(random: Random, lengths?: readonly number[]): Metainfo {
  const count = random.below(5) + 1;
  const sizes = lengths ?? Array.from({ length: count }, () => (random.chance(0.2) ? 0 : 1 + random.below(200_000)));
  const unordered = [...sizes, 1 + random.below(50_000)].map((length, index) => fileOf(`${random.below(3)}-${index}`, length));
  const pieceBytes = KiB16 << random.below(3);
  const single = lengths?.length === 1;
  const chosen = single
    ? [{ ...fileOf('', lengths[0] as number), path: ['t'] }]
    : treeOrder(unordered).map((index) => unordered[index] as StoreFile);
  const files = alignFiles(chosen, pieceBytes);
  const pieceCount = Math.ceil(files.reduce((sum, { length }) => sum + length, 0) / pieceBytes);
  const pieceRoots = random.fill(new Uint8Array(32 * pieceCount));
  const roots = fileRootsOf(new AlignedPieces(files, pieceBytes), pieceRoots, files.length);
  const pieceHashes = random.chance(0.5) ? random.fill(new Uint8Array(20 * pieceCount)) : new Uint8Array(0);
  const infoBytes = encodeInfo({ name: 't', files, pieceBytes, pieceHashes, v2: { roots }, private: random.chance(0.5) });
  const info = parseInfo(infoBytes, { trackers: [], webSeeds: [] });
  return { ...info, v2: info.v2 === null ? null : { ...info.v2, pieceRoots } };
}

function fileOf(name: string, length: number): StoreFile {
  return { path: ['t', name], length, pad: false, executable: false, symlink: null };
}

function padding(length: number): StoreFile {
  return { path: ['t', '.pad', String(length)], length, pad: true, executable: false, symlink: null };
}

/** The keys of an info dictionary and their values as they are spelled. */
function keysOf(info: Uint8Array): Record<string, string> {
  const keys: Record<string, string> = {};
  const text = latin1(info);
  const names = ['file tree', 'files', 'meta version', 'name', 'piece length', 'pieces'];
  const found = names.map((name) => ({ name, at: text.indexOf(`${name.length}:${name}`) })).filter(({ at }) => at >= 0);
  for (const [index, { name, at }] of found.entries()) {
    keys[name] = text.slice(at + String(name.length).length + 1 + name.length, found[index + 1]?.at ?? text.length - 1);
  }
  return keys;
}

function spell(keys: ReadonlyMap<string, string>): Uint8Array {
  const entries = [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key.length}:${key}${value}`);
  return latin1Bytes(`d${entries.join('')}e`);
}

function concat(...parts: readonly (string | Uint8Array)[]): Uint8Array {
  return latin1Bytes(parts.map((part) => (typeof part === 'string' ? part : latin1(part))).join(''));
}

function malformed(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof MalformedMessage, String(error));
    assert.match(error.message, message);
    return true;
  };
}

test('the info-hash of v2 is the SHA-256 of the dictionary as it came', () => {
  const metainfo = randomTorrent(new Random(7));
  assert.equal(hexOf(metainfo.v2?.infoHash as Uint8Array), createHash('sha256').update(metainfo.infoBytes).digest('hex'));
});
