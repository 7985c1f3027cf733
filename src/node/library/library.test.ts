import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sha1 } from '../../core/sha1.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { FileDigests } from './file-digests.ts';
import { Library } from './library.ts';
import { LibraryIndex } from './library-index.ts';

const WAIT_MS_MAX = 20_000;
const rooms: string[] = [];
const open: Library[] = [];
after(async () => {
  await Promise.all(open.map((library) => library.close()));
  for (const room of rooms) rmSync(room, { recursive: true, force: true });
});

function room(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-library-'));
  rooms.push(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

function library(database = ':memory:'): Library {
  const made = new Library({ database });
  open.push(made);
  return made;
}

/** What a query finds, by name. */
function namesOf(found: readonly SharedFile[]): string[] {
  return found.map(({ name }) => name).sort();
}

test('words are found whatever their case, accents and separators, in names, folders and tags', () => {
  assert.deepEqual(keywordsOf('Björk_-_Jóga (Live).MP3'), ['bjork', 'joga', 'live', 'mp3']);
  assert.deepEqual(keywordsOf('東京 タワー 2024'), ['東京', 'タワー'.normalize('NFKD').replace(/\p{M}+/gu, ''), '2024']);
});

test('a folder is scanned once: only what has changed is read again, and what is gone is forgotten', async () => {
  const folder = room({ 'music/Walrus Polka.mp3': 'not music', 'notes.txt': 'hello', 'big.bin': new Uint8Array(3_000_000) });
  const shelf = library();
  const first = await shelf.share(folder);
  assert.deepEqual([first.added, first.removed, first.unchanged], [3, 0, 0]);
  writeFileSync(join(folder, 'notes.txt'), 'hello, world');
  utimesSync(join(folder, 'notes.txt'), 1, 2);
  rmSync(join(folder, 'big.bin'));
  const second = await shelf.scan(folder);
  assert.deepEqual([second.added, second.removed, second.unchanged], [1, 1, 1]);
  assert.deepEqual(shelf.index.byHash('sha1', sha1(Buffer.from('hello, world')))?.name, 'notes.txt');
  assert.equal(shelf.index.byHash('sha1', sha1(Buffer.from('hello'))), null);
  assert.deepEqual([shelf.index.count, shelf.index.totalBytes], [2, 9 + 12]);
});

test('what is put into a shared folder later is found soon', async () => {
  const folder = room({ 'a.txt': 'a' });
  const shelf = library();
  await shelf.share(folder);
  writeFileSync(join(folder, 'Orange Marmalade.pdf'), 'b');
  const until = Date.now() + WAIT_MS_MAX;
  while (shelf.index.count < 2 && Date.now() < until) await pause(50);
  assert.deepEqual(namesOf(shelf.index.search({ words: ['marmalade', 'orange'], limit: 10 })), ['Orange Marmalade.pdf']);
});

test('links, hidden files and what lies elsewhere are not shared', async () => {
  const elsewhere = room({ 'secret.txt': 'secret' });
  const folder = room({ 'open.txt': 'open', '.hidden/key.txt': 'key', '.env': 'env' });
  symlinkSync(join(elsewhere, 'secret.txt'), join(folder, 'link.txt'));
  symlinkSync(elsewhere, join(folder, 'folder'));
  const shelf = library();
  await shelf.share(folder);
  assert.deepEqual(namesOf(shelf.index.after(0, 100)), ['open.txt']);
});

test('a folder that is not there is a failure, and the database that is no database is made anew', async () => {
  await assert.rejects(library().share('/nowhere/at/all'), /cannot be shared/);
  const folder = room({ 'library.db': 'this is no database, whatever its name says: ' + 'x'.repeat(4000), 'shared/a.txt': 'a' });
  const shelf = library(join(folder, 'library.db'));
  assert.equal((await shelf.share(join(folder, 'shared'))).added, 1);
});

test('what was scanned is known after a restart without reading a file', async () => {
  const folder = room({ 'shared/a.txt': 'a', 'shared/b.txt': 'b' });
  const first = new Library({ database: join(folder, 'library.db') });
  await first.share(join(folder, 'shared'));
  await first.close();
  const second = library(join(folder, 'library.db'));
  assert.equal(second.index.count, 2);
  assert.deepEqual((await second.share(join(folder, 'shared'))).unchanged, 2);
});

test('the index and the list in memory answer every query alike', () => {
  const index = new LibraryIndex(':memory:');
  const files = [
    ['One Two.mp3', 'audio', 128, 5_000_000],
    ['two three.mp3', 'audio', 320, 9_000_000],
    ['Three four.avi', 'video', 0, 700_000_000],
    ['Zwölf.txt', 'document', 0, 12],
  ] as const;
  const listed = new ListedFiles();
  for (const [name, kind, bitRate, bytes] of files) {
    const file = { kind, tags: { ...NO_TAGS, bitRate }, hashes: { ...NO_HASHES, sha1: sha1(Buffer.from(name)) } };
    const place = { root: '/r', folder: 'some/folder', name, bytes, modifiedMs: 1 };
    listed.add({ id: index.put(place, file, null), folder: place.folder, name, bytes, modifiedMs: 1, ...file });
  }
  const queries = [
    { words: ['two'] },
    { words: ['two', 'three'] },
    { words: ['TWO'], without: ['one'] },
    { words: ['zwolf'] },
    { words: ['folder'], kind: 'audio' },
    { words: ['mp3'], bitRateMin: 200 },
    { words: ['mp3'], bitRateMax: 200 },
    { words: [], bytesMin: 6_000_000 },
    { words: [], without: ['mp3'] },
    { words: ['one'], bytesMax: 5_000_000 },
    { words: ['nothing'] },
  ] as const;
  for (const query of queries) {
    const asked = { ...query, words: query.words.flatMap(keywordsOf), limit: 100 };
    assert.deepEqual(
      index.search(asked),
      listed.search(asked).toSorted((a, b) => a.id - b.id),
      JSON.stringify(query),
    );
  }
  assert.deepEqual(listed.byHash('sha1', sha1(Buffer.from('One Two.mp3'))), index.byHash('sha1', sha1(Buffer.from('One Two.mp3'))));
  index.close();
});

test('a query made of quotes, operators and bytes that are no text finds nothing and breaks nothing', () => {
  const index = new LibraryIndex(':memory:');
  const file = { kind: 'other', tags: NO_TAGS, hashes: NO_HASHES } as const;
  index.put({ root: '/r', folder: '', name: 'or and not close.txt', bytes: 1, modifiedMs: 1 }, file, null);
  for (const words of [['"'], ["'; DROP TABLE files; --"], ['* XOR *'], ['\0'], ['near('], ['\ud800'], Array(1000).fill('x')]) {
    assert.deepEqual(index.search({ words, limit: 10 }), [], words[0]);
  }
  assert.deepEqual(namesOf(index.search({ words: ['OR'], limit: 10 })), ['or and not close.txt']);
  index.close();
});

test('all hashes of a file are those of its bytes, in whatever parts they come', () => {
  const bytes = Uint8Array.from({ length: 2_500_000 }, (_, at) => (at * 31 + (at >>> 9)) & 255);
  const whole = new FileDigests(bytes.length);
  whole.update(bytes);
  const parts = new FileDigests(bytes.length);
  for (let at = 0; at < bytes.length; at += 77_777) parts.update(bytes.subarray(at, at + 77_777));
  const digests = whole.digest();
  assert.deepEqual(parts.digest(), digests);
  assert.deepEqual(digests.hashes.sha1, new Uint8Array(createHash('sha1').update(bytes).digest()));
  assert.deepEqual(digests.hashes.head, new Uint8Array(createHash('md5').update(bytes.subarray(0, 299_008)).digest()));
  assert.throws(() => new FileDigests(10).digest(), RangeError);
});
