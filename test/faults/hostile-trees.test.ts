/** Torrents of BitTorrent v2 that are damaged or mean harm, given to `kith` as a user would: told what is wrong, at little cost. */

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { latin1, latin1Bytes } from '../../src/core/bytes.ts';
import { hexOf } from '../../src/core/hex.ts';
import { parseInfo, parseMetainfo } from '../../src/transfer/bittorrent/parse-metainfo.ts';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../src/wire/bencode.ts';
import { Room } from '../cli/kith-process.ts';
import { pieceRootsOf } from '../merkle-oracle.ts';
import { measured } from './measured-run.ts';
import { metadataOf, ScriptedSeed } from './scripted-seed.ts';

const room = new Room();
after(() => room.close());

const PIECE_BYTES = 16_384;
const ROOT = new Uint8Array(32).fill(1);

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

/** A torrent with that file tree, as it is spelled. */
function torrentOf(tree: string, layers = 'de', pieceBytes = PIECE_BYTES): Uint8Array {
  return latin1Bytes(`d4:infod9:file tree${tree}12:meta versioni2e4:name1:x12:piece lengthi${pieceBytes}ee12:piece layers${layers}e`);
}

/** The entry of a file below its name. */
function entry(length: number, root: Uint8Array = ROOT): string {
  return latin1(encodeBencode(new Map([['', bencodeDict({ length, 'pieces root': root })]])));
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `6:${String(index).padStart(6, '0')}`);
}

const REFUSED: readonly (readonly [what: string, torrent: () => Uint8Array, words: RegExp])[] = [
  ['folders nested a million deep', () => torrentOf('d1:a'.repeat(1_000_000)), /nested more than/],
  ['folders nested 65 deep, and ended', () => torrentOf(`${'d1:a'.repeat(65)}${entry(1)}${'e'.repeat(65)}`), /nested more than/],
  [
    'half a million empty folders',
    () =>
      torrentOf(
        `d${names(500_000)
          .map((name) => `${name}de`)
          .join('')}e`,
      ),
    /an empty one/,
  ],
  [
    '100,001 files',
    () =>
      torrentOf(
        `d${names(100_001)
          .map((name) => name + entry(1))
          .join('')}e`,
      ),
    /at most 100000 files/,
  ],
  ['a file of 2^50 bytes', () => torrentOf(`d1:a${entry(2 ** 50)}e`), /at most 2097152 pieces/],
  ['files of 2^53 bytes', () => torrentOf(`d1:a${entry(2 ** 53 - 1)}1:b${entry(2 ** 53 - 1)}e`), /more than 2\^53/],
  [
    'a million piece layers',
    () =>
      torrentOf(
        `d1:a${entry(40_000)}e`,
        `d${names(400_000)
          .map((name) => `${name}0:`)
          .join('')}e`,
      ),
    /at most 100000 piece layers/,
  ],
  [
    'a piece layer of 60 MB',
    () => torrentOf(`d1:a${entry(2 ** 34)}e`, `d32:${latin1(ROOT)}${33_554_432}:${'\x02'.repeat(33_554_432)}e`),
    /another root/,
  ],
  ['a key of 10,000 letters', () => torrentOf(`d10000:${'a'.repeat(10_000)}${entry(1)}e`), /a dictionary key of 10000 bytes/],
  [
    'a path of 10,000 letters',
    () => torrentOf(`${`d250:${'a'.repeat(250)}`.repeat(40)}${entry(1)}${'e'.repeat(40)}`),
    /a path has at most/,
  ],
  ['a file tree that is a list', () => torrentOf('l1:ae'), /expected a bencoded dictionary, got a list/],
  ['piece layers that are a number', () => torrentOf(`d1:a${entry(40_000)}e`, 'i5e'), /expected a bencoded dictionary/],
  ['pieces of 2^31 bytes', () => torrentOf(`d1:a${entry(5)}e`, 'de', 2 ** 31), /piece length/],
];

test('a damaged or hostile torrent of v2 is exit code 8 with a reason, quickly, in little memory, and leaves nothing behind', async () => {
  const home = join(room.folder, 'refused');
  mkdirSync(home);
  for (const [index, [what, torrent, words]] of REFUSED.entries()) {
    const file = join(room.folder, `refused ${index}.torrent`);
    writeFileSync(file, torrent());
    const { code, stdout, stderr } = await measured(room, ['get', file, '-o', home, '--timeout', '1']);
    assert.deepEqual([code, stdout], [8, ''], `${what}: ${stderr}`);
    assert.match(stderr.replaceAll(/\s+/g, ' '), new RegExp(words.source, 'i'), what);
    assert.doesNotMatch(stderr, /\n\s+at /, `${what}: a stack trace`);
  }
  assert.deepEqual(readdirSync(home), []);
});

test('a tree of 50,000 files is read in little memory', async () => {
  const file = join(room.folder, 'many.torrent');
  writeFileSync(
    file,
    torrentOf(
      `d${names(50_000)
        .map((name) => name + entry(1))
        .join('')}e`,
    ),
  );
  const { code, stdout } = await measured(room, ['inspect', '--magnet', file]);
  assert.equal(code, 0);
  assert.match(stdout, /^magnet:\?xt=urn:btmh:1220/);
});

const CONTENT = latin1Bytes('these bytes are wanted'.padEnd(64));

test('names in a tree that lead out, from the metadata of a peer, end inside the folder', async () => {
  for (const path of [
    ['..', '..', 'escaped'],
    ['../../escaped'],
    ['/escaped'],
    ['..\\..\\escaped'],
    ['a\0/escaped'],
    ['.', '...', '..'],
    ['NUL.txt'],
  ]) {
    const outer = join(room.folder, 'outer');
    const to = join(outer, 'a/b');
    mkdirSync(to, { recursive: true });
    const leaf: BencodeInput = new Map([['', bencodeDict({ length: CONTENT.length, 'pieces root': sha256(CONTENT) })]]);
    const tree = path.reduceRight<BencodeInput>((below, name) => new Map([[name, below]]), leaf);
    const info = encodeBencode(bencodeDict({ 'file tree': tree, 'meta version': 2, name: '../../up', 'piece length': PIECE_BYTES }));
    const link = hexOf(sha256(info));
    const block = (_piece: number, begin: number, length: number): Uint8Array => CONTENT.subarray(begin, begin + length);
    const seed = await ScriptedSeed.open({ infoHash: sha256(info).slice(0, 20), block, ...metadataOf(info) });
    const { code, stderr } = await measured(room, ['get', link, '--peer', seed.address, '-o', to, '--timeout', '10']);
    seed.close();
    assert.equal(code, 0, `${path.join('|')}: ${stderr}`);
    const found = readdirSync(outer, { recursive: true, encoding: 'utf8' }).filter((name) => lstatSync(join(outer, name)).isFile());
    assert.equal(found.length, 1, path.join('|'));
    assert.ok(found[0]?.startsWith(join('a/b/')), found[0]);
    assert.deepEqual(new Uint8Array(readFileSync(join(outer, found[0] as string))), CONTENT);
    rmSync(outer, { recursive: true });
  }
});

test('a hybrid whose halves describe different bytes is exit code 8, and nobody is blamed for it', async () => {
  const content = randomBytes(40_000);
  const file = { length: content.length, path: ['x'], name: 'x' };
  const roots = pieceRootsOf(content, 65_536);
  const tree: BencodeInput = new Map([['x', new Map([['', bencodeDict({ length: file.length, 'pieces root': roots[0] })]])]]);
  const info = encodeBencode(
    bencodeDict({
      'file tree': tree,
      length: file.length,
      'meta version': 2,
      name: 'x',
      'piece length': 65_536,
      pieces: new Uint8Array(20),
    }),
  );
  const { infoHash } = parseInfo(info, { trackers: [], webSeeds: [] });
  const block = (_piece: number, begin: number, length: number): Uint8Array => content.subarray(begin, begin + length);
  const seed = await ScriptedSeed.open({ infoHash, block, ...metadataOf(info) });
  const to = join(room.folder, 'contradiction');
  const { code, stderr } = await measured(room, ['get', hexOf(infoHash), '--peer', seed.address, '-o', to, '--timeout', '10']);
  seed.close();
  assert.equal(code, 8, stderr);
  assert.match(stderr, /right by SHA-256 and wrong by SHA-1/);
});

test('beside a seed that sends every seventh block wrong, a download of v2 is right in the end, and the good blocks stay', async () => {
  const content = randomBytes(6_000_000);
  const origin = join(room.folder, 'origin');
  mkdirSync(origin);
  writeFileSync(join(origin, 'content'), content);
  const torrent = join(room.folder, 'content.torrent');
  const ports = ['--port', '0', '--tracker-port', '0', '--limit-up', '6MB'];
  const args = ['share', join(origin, 'content'), '--version', '2', '--piece-size', '256KiB', '--torrent', torrent, ...ports];
  const sharing = room.start(args);
  const link = await sharing.link();
  const { infoHash, infoBytes, pieceBytes } = parseMetainfo(readFileSync(torrent));
  let sent = 0;
  const block = (piece: number, begin: number, length: number): Uint8Array => {
    const start = piece * pieceBytes + begin;
    return sent++ % 7 === 6 ? randomBytes(length) : content.subarray(start, start + length);
  };
  const hostile = await ScriptedSeed.open({ infoHash, block, ...metadataOf(infoBytes) });
  const to = join(room.folder, 'beside');
  const { code, stderr } = await measured(room, ['get', link, '--peer', hostile.address, '-o', to]);
  hostile.close();
  assert.equal(code, 0, stderr);
  assert.ok(readFileSync(join(to, 'content')).equals(content));
  assert.ok(hostile.counts.handshakes > 0, 'nobody came to it');
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('a link to v2 whose peers have no hashes ends in its time, with nothing on disk', async () => {
  const content = randomBytes(100_000);
  const tree: BencodeInput = new Map([['x', new Map([['', bencodeDict({ length: content.length, 'pieces root': ROOT })]])]]);
  const info = encodeBencode(bencodeDict({ 'file tree': tree, 'meta version': 2, name: 'x', 'piece length': PIECE_BYTES }));
  const seed = await ScriptedSeed.open({ infoHash: sha256(info).slice(0, 20), block: () => null, ...metadataOf(info) });
  const to = join(room.folder, 'hashless');
  const { code } = await measured(room, [
    'get',
    `magnet:?xt=urn:btmh:1220${hexOf(sha256(info))}`,
    '--peer',
    seed.address,
    '-o',
    to,
    '--timeout',
    '2',
  ]);
  seed.close();
  assert.equal(code, 6);
  assert.deepEqual(readdirSync(to), []);
});
