import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../src/wire/bencode.ts';
import { type Outcome, Room } from '../cli/kith-process.ts';
import { hexOf } from '../../src/core/hex.ts';
import { parseMetainfo } from '../../src/transfer/bittorrent/parse-metainfo.ts';
import { measured } from './measured-run.ts';
import { metadataOf, ScriptedSeed } from './scripted-seed.ts';

const room = new Room();
after(() => room.close());

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const zeros = (count: number): Uint8Array => new Uint8Array(count);

/** A torrent of one file of 20 bytes, but for what is changed about its info dictionary; undefined leaves a key out. */
function torrentWith(changes: Readonly<Record<string, BencodeInput | undefined>>): Uint8Array {
  const info = bencodeDict({ length: 20, name: 'x', 'piece length': 16_384, pieces: zeros(20), ...changes });
  return encodeBencode(bencodeDict({ info, announce: 'http://127.0.0.1:9/announce' }));
}

function torrentOf(...files: readonly Readonly<Record<string, BencodeInput>>[]): Uint8Array {
  return torrentWith({ length: undefined, files: files.map((file) => bencodeDict(file)) });
}

function repeated(text: string, count: number): Uint8Array {
  return bytes(text.repeat(count));
}

const REFUSED: readonly (readonly [what: string, torrent: () => Uint8Array, words: RegExp])[] = [
  ['no byte', () => zeros(0), /ends too soon/],
  ['a web page', () => bytes('<!doctype html><html><title>Log in</title>'), /expected a bencoded/],
  ['zeros', () => zeros(100_000), /expected a bencoded/],
  ['a number', () => bytes('i5e'), /expected a bencoded dictionary/],
  ['a list nested a million deep', () => repeated('l', 1_000_000), /expected a bencoded dictionary/],
  ['an info dictionary nested two million deep', () => bytes(`d4:info${'l'.repeat(2_000_000)}`), /nested more than/],
  ['dictionaries nested a million deep', () => bytes(`d4:info${'d1:a'.repeat(1_000_000)}`), /nested more than/],
  ['ten million empty lists', () => bytes(`d4:infol${'le'.repeat(10_000_000)}ee`), /too many bencoded values/],
  ['a string that says it has 10 GB', () => bytes('d4:info10737418240:'), /a string of 10737418240 bytes/],
  ['a key that says it has 10 GB', () => bytes('d10737418240:'), /a string of 10737418240 bytes/],
  ['a length of a hundred digits', () => bytes(`d4:info${'9'.repeat(100)}:`), /beyond 2\^53/],
  ['65 MiB', () => zeros(65 << 20), /none is that large/],
  ['no info dictionary', () => bytes('d8:announce3:abce'), /no info dictionary/],
  ['a piece length of 0', () => torrentWith({ 'piece length': 0 }), /piece length/],
  ['a piece length of 1', () => torrentWith({ 'piece length': 1 }), /piece length/],
  ['a piece length of 2^40', () => torrentWith({ 'piece length': 2 ** 40 }), /piece length/],
  ['a negative piece length', () => torrentWith({ 'piece length': -16_384 }), /piece length/],
  ['hashes of 19 bytes', () => torrentWith({ pieces: zeros(19) }), /bytes of hashes/],
  ['a hash too many', () => torrentWith({ pieces: zeros(40) }), /bytes of hashes/],
  ['no hashes', () => torrentWith({ pieces: undefined }), /no piece hashes/],
  ['hashes that are a number', () => torrentWith({ pieces: 20 }), /no piece hashes/],
  ['a negative length', () => torrentWith({ length: -20 }), /expected the length/],
  ['a length of 2^53 - 1', () => torrentWith({ length: Number.MAX_SAFE_INTEGER }), /bytes of hashes/],
  ['a length beyond 2^64', () => bytes('d4:infod6:lengthi18446744073709551636e4:name1:xee'), /beyond 2\^53/],
  [
    'lengths that overflow together',
    () => torrentOf({ length: Number.MAX_SAFE_INTEGER, path: ['a'] }, { length: Number.MAX_SAFE_INTEGER, path: ['b'] }),
    /more than 2\^53/,
  ],
  ['lengths that cancel out', () => torrentOf({ length: 40, path: ['a'] }, { length: -20, path: ['b'] }), /expected the length/],
  ['no content', () => torrentWith({ length: 0, pieces: zeros(0) }), /no content/],
  ['no files', () => torrentWith({ length: undefined, files: [] }), /files/],
  ['a path without names', () => torrentOf({ length: 20, path: [] }), /a path of one or more names/],
  ['a path of numbers', () => torrentOf({ length: 20, path: [1, 2] }), /a path of one or more names/],
  ['a path 10,000 deep', () => torrentOf({ length: 20, path: Array<string>(10_000).fill('a') }), /deep/],
  ['a path of 10,000 letters', () => torrentOf({ length: 20, path: Array<string>(60).fill('a'.repeat(200)) }), /a path has at most/],
  [
    'half a million files',
    () => torrentWith({ length: undefined, files: Array<BencodeInput>(500_000).fill(bencodeDict({ length: 0, path: ['a'] })) }),
    /too many bencoded values|100000 files/,
  ],
];

test('a damaged or hostile .torrent is exit code 8 with a reason, quickly, in little memory, and leaves nothing behind', async () => {
  const home = join(room.folder, 'refused');
  mkdirSync(home);
  const rest = REFUSED.entries();
  const worker = async (): Promise<void> => {
    for (const [index, [what, torrent, words]] of rest) {
      const file = join(room.folder, `refused ${index}.torrent`);
      writeFileSync(file, torrent());
      const { code, stdout, stderr } = await measured(room, ['get', file, '-o', home, '--timeout', '1']);
      assert.deepEqual([code, stdout], [8, ''], `${what}: ${stderr}`);
      assert.match(stderr.replaceAll(/\s+/g, ' '), new RegExp(words.source, 'i'), what);
      assert.doesNotMatch(stderr, /\n\s+at /, `${what}: a stack trace`);
    }
  };
  await Promise.all([worker(), worker()]);
  assert.deepEqual(readdirSync(home), []);
  for (const command of ['inspect', 'verify']) {
    const { code } = await measured(room, [command, join(room.folder, 'refused 1.torrent')]);
    assert.equal(code, 8, command);
  }
});

test('a folder in the place of a .torrent is told as what it is', async () => {
  const folder = join(room.folder, 'folder.torrent');
  mkdirSync(folder);
  for (const command of ['get', 'inspect', 'verify']) {
    const { code, stdout, stderr } = await measured(room, [command, folder]);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, /it is a folder, not a file/);
  }
});

// ---- what is read, and harmless -----------------------------------------------------------------------------------------------

const CONTENT = bytes('these bytes are wanted'.padEnd(64));
const PIECES = createHash('sha1').update(CONTENT).digest();

test('metadata that has the right hash and makes no sense is exit code 8, whoever sent it', async () => {
  const to = join(room.folder, 'senseless');
  mkdirSync(to);
  for (const [infoBytes, words] of [
    [encodeBencode(bencodeDict({ length: 20, name: 'x', 'piece length': 0, pieces: zeros(20) })), /piece length/],
    [bytes('<html>no metadata at all</html>'), /bencoded/],
    [bytes('l'.repeat(100_000)), /bencoded/],
  ] as const) {
    const infoHash = new Uint8Array(createHash('sha1').update(infoBytes).digest());
    const seed = await ScriptedSeed.open({ infoHash, block: () => null, ...metadataOf(infoBytes) });
    const { code, stdout, stderr } = await measured(room, ['get', hexOf(infoHash), '--peer', seed.address, '-o', to, '--timeout', '10']);
    seed.close();
    assert.deepEqual([code, stdout], [8, ''], stderr);
    assert.match(stderr, /the torrent itself is damaged or hostile/);
    assert.match(stderr, words);
  }
  assert.deepEqual(below(to), []);
});

/** A torrent of files that hold CONTENT together, fetched from a peer that has it. */
async function fetched(info: Readonly<Record<string, BencodeInput | undefined>>, to: string, ...more: string[]): Promise<Outcome> {
  const torrent = torrentWith({ length: undefined, 'piece length': 1024, pieces: new Uint8Array(PIECES), ...info });
  const { infoHash, infoBytes } = parseMetainfo(torrent);
  const seed = await ScriptedSeed.open({
    infoHash,
    block: (_piece, begin, length) => CONTENT.subarray(begin, begin + length),
    ...metadataOf(infoBytes),
  });
  try {
    return await measured(room, ['get', hexOf(infoHash), '--peer', seed.address, '-o', to, '--timeout', '10', ...more]);
  } finally {
    seed.close();
  }
}

function below(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
}

const FOREIGN_PATHS: readonly (readonly [what: string, path: readonly string[]])[] = [
  ['up', ['..', '..', '..', 'escaped']],
  ['up in one name', ['../../escaped']],
  ['absolute', ['/escaped']],
  ['backslashes', ['..\\..\\escaped']],
  ['a NUL', ['a\0/escaped']],
  ['a drive', ['C:', 'escaped']],
  ['an alternate stream', ['file::$DATA']],
  ['dots', ['.', '...', '..']],
  ['no name', ['', '']],
  ['a device', ['NUL.txt']],
  ['a long name', ['x'.repeat(1000)]],
  ['a name that turns around', ['gpj.\u202eexe']],
];

test('paths that lead out, from the metadata of a peer, end inside the folder', async () => {
  for (const [what, path] of FOREIGN_PATHS) {
    const outer = join(room.folder, 'outer');
    const to = join(outer, 'a/b');
    mkdirSync(to, { recursive: true });
    const { code, stderr } = await fetched({ name: `../../${what}`, files: [bencodeDict({ length: 64, path })] }, to);
    assert.equal(code, 0, `${what}: ${stderr}`);
    const names = below(outer).filter((name) => !['a', join('a/b')].includes(name));
    assert.ok(
      names.every((name) => name.startsWith(join('a/b/'))),
      `${what}: ${names.join(' ')}`,
    );
    const file = names.filter((name) => lstatSync(join(outer, name)).isFile());
    assert.equal(file.length, 1, what);
    assert.deepEqual(new Uint8Array(readFileSync(join(outer, file[0] as string))), CONTENT, what);
    assert.doesNotMatch(names.join(), /\u202e|\0|\\/, what);
    rmSync(outer, { recursive: true });
  }
});

test('links in a torrent that lead out are made to lead nowhere else than inside', async () => {
  for (const target of [['..', '..', '..', 'etc', 'passwd'], ['/etc/passwd'], ['..'], ['..\\..\\x']]) {
    const to = join(room.folder, 'links');
    mkdirSync(to);
    const link = bencodeDict({ attr: 'l', length: 0, path: ['folder', 'link'], 'symlink path': target });
    const behind = bencodeDict({ length: 64, path: ['folder', 'link', 'file'] });
    const { code, stderr } = await fetched({ name: 'root', files: [link, behind] }, to);
    assert.equal(code, 0, `${target.join()}: ${stderr}`);
    const made = join(to, 'root/folder/link');
    assert.ok(lstatSync(made).isSymbolicLink());
    const place = resolve(dirname(made), readlinkSync(made));
    assert.ok(place.startsWith(join(to, 'root/')), `${target.join()} leads to ${place}`);
    rmSync(to, { recursive: true });
  }
});

test('a link that lies in the folder already and leads out is not written through, nor cleared by --overwrite', async () => {
  const outside = join(room.folder, 'outside');
  mkdirSync(outside);
  const precious = bytes('a file outside that is longer than the wanted one, and must stay as it is');
  const victim = join(outside, 'file');
  for (const [what, path, target] of [
    ['a folder', 'root', outside],
    ['a folder below', 'root/sub', outside],
    ['the file', 'root/sub/file', victim],
    ['a file that is not there', 'root/sub/file', join(outside, 'new')],
  ] as const) {
    writeFileSync(victim, precious);
    for (const more of [[], ['--overwrite']]) {
      const to = join(room.folder, 'linked');
      mkdirSync(dirname(join(to, path)), { recursive: true });
      symlinkSync(target, join(to, path));
      const files = [bencodeDict({ length: 64, path: path === 'root' ? ['file'] : ['sub', 'file'] })];
      const { code, stdout, stderr } = await fetched({ name: 'root', files }, to, ...more);
      assert.ok(code === 8 || (what === 'the file' && code === 1 && more.length === 0), `${what} ${more.join()}: ${code} ${stderr}`);
      assert.equal(stdout, '', what);
      assert.deepEqual(below(outside), ['file'], what);
      assert.deepEqual(new Uint8Array(readFileSync(victim)), precious, what);
      rmSync(to, { recursive: true });
    }
  }
});

test("files of the same name, names that are each other's folder, and names that differ in case alone all arrive", async () => {
  const to = join(room.folder, 'twins');
  mkdirSync(to);
  const paths = [['same'], ['same'], ['same', 'below'], ['SAME'], ['a', '..', 'same']];
  const files = paths.map((path, index) => bencodeDict({ length: index === 0 ? 64 - 4 * 10 : 10, path }));
  const { code, stderr } = await fetched({ name: 'root', files }, to);
  assert.equal(code, 0, stderr);
  const found = below(join(to, 'root')).filter((name) => lstatSync(join(to, 'root', name)).isFile());
  assert.equal(found.length, paths.length, found.join(' '));
});
