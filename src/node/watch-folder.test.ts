/** A folder to drop torrents into: what is handed on, when, and what becomes of the files. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { encodeInfo, encodeMetainfo } from '../transfer/bittorrent/create-metainfo.ts';
import { parseInfo } from '../transfer/bittorrent/parse-metainfo.ts';
import { Failure } from './failure.ts';
import { WatchFolder } from './watch-folder.ts';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const file = { path: ['film.mkv'], length: 40_000, pad: false, executable: false, symlink: null };
const info = encodeInfo({ name: 'film.mkv', files: [file], pieceBytes: 16_384, pieceHashes: new Uint8Array(60), private: false });
const torrent = encodeMetainfo({ ...parseInfo(info, { trackers: [], webSeeds: [] }), createdBy: 'test', creationDate: 0 });

interface Setting {
  readonly folder: string;
  readonly watched: WatchFolder;
  readonly dropped: string[];
  /** Resolves with the first file. */
  readonly came: Promise<void>;
  readonly problems: string[];
  nowMs: number;
  /** Thrown at the next file that is dropped. */
  refusal: Error | null;
}

function watching(t: TestContext, there = true): Setting {
  const base = mkdtempSync(join(tmpdir(), 'kith-watch-'));
  const folder = join(base, 'drop');
  if (there) mkdirSync(folder);
  const came = Promise.withResolvers<void>();
  const setting: { -readonly [K in keyof Setting]: Setting[K] } = {
    folder,
    dropped: [],
    came: came.promise,
    problems: [],
    nowMs: 0,
    refusal: null,
    watched: new WatchFolder(
      folder,
      {
        onDropped: ({ infoHash, name }) => {
          came.resolve();
          if (setting.refusal !== null) throw setting.refusal;
          setting.dropped.push(`${Buffer.from(infoHash).toString('hex').slice(0, 4)} ${name}`);
        },
        onProblem: ({ message }) => setting.problems.push(message),
      },
      () => setting.nowMs,
    ),
  };
  t.after(async () => {
    await setting.watched.stop();
    rmSync(base, { recursive: true });
  });
  return setting;
}

test('a torrent and a magnet link are handed on at the second look, and renamed', async (t) => {
  const { folder, watched, dropped, problems } = watching(t);
  writeFileSync(join(folder, 'film.torrent'), torrent);
  writeFileSync(join(folder, 'link.magnet'), `magnet:?xt=urn:btih:${HASH}&dn=song\n`);
  writeFileSync(join(folder, 'notes.txt'), 'not for us');
  writeFileSync(join(folder, '.hidden.torrent'), torrent);
  await watched.look();
  assert.equal(dropped.length, 0);
  await watched.look();
  assert.deepEqual(Array.from(dropped, (line) => line.slice(5)).sort(), ['film.mkv', 'song']);
  await watched.look();
  assert.deepEqual([dropped.length, problems], [2, []]);
  assert.deepEqual(readdirSync(folder).sort(), ['.hidden.torrent', 'film.torrent.added', 'link.magnet.added', 'notes.txt']);
});

test('a file that still grows is waited for, and so is one that pauses in the middle', async (t) => {
  const setting = watching(t);
  const { folder, watched, dropped } = setting;
  const path = join(folder, 'film.torrent');
  for (const part of [20, 60, torrent.length - 1]) {
    writeFileSync(path, torrent.subarray(0, part));
    await watched.look();
    await watched.look();
    setting.nowMs += 20_000;
  }
  assert.deepEqual([dropped, readdirSync(folder)], [[], ['film.torrent']]);
  writeFileSync(path, torrent);
  await watched.look();
  await watched.look();
  assert.deepEqual([dropped.length, readdirSync(folder)], [1, ['film.torrent.added']]);
});

test('what is no torrent and does not change for half a minute is marked, with the reason beside it', async (t) => {
  const setting = watching(t);
  const { folder, watched, dropped, problems } = setting;
  writeFileSync(join(folder, 'page.torrent'), '<html>');
  writeFileSync(join(folder, 'page.magnet'), 'http://example.org/\n');
  writeFileSync(join(folder, 'long.magnet'), `magnet:?xt=urn:btih:${HASH}&dn=${'x'.repeat(70_000)}`);
  await watched.look();
  setting.nowMs = 31_000;
  await watched.look();
  assert.deepEqual([dropped, problems.length], [[], 3]);
  const names = ['long.magnet', 'page.magnet', 'page.torrent'].flatMap((name) => [`${name}.invalid`, `${name}.why.txt`]);
  assert.deepEqual(readdirSync(folder).sort(), names);
  assert.match(readFileSync(join(folder, 'page.torrent.why.txt'), 'utf8'), /no \.torrent file/);
});

test('what the node does not take is marked at once with its reason', async (t) => {
  const setting = watching(t);
  const { folder, watched, problems } = setting;
  setting.refusal = new Failure('usage', 'There is no room for another torrent.', '', 'Remove one.');
  writeFileSync(join(folder, 'film.torrent'), torrent);
  await watched.look();
  await watched.look();
  assert.deepEqual(problems, ['There is no room for another torrent.']);
  assert.deepEqual(readdirSync(folder).sort(), ['film.torrent.invalid', 'film.torrent.why.txt']);
  assert.match(readFileSync(join(folder, 'film.torrent.why.txt'), 'utf8'), /Remove one/);
});

test('links and folders of such names are left alone', async (t) => {
  const { folder, watched, dropped, problems } = watching(t);
  writeFileSync(join(folder, '..', 'elsewhere'), torrent);
  symlinkSync(join(folder, '..', 'elsewhere'), join(folder, 'link.torrent'));
  mkdirSync(join(folder, 'folder.torrent'));
  await watched.look();
  await watched.look();
  assert.deepEqual([dropped, problems, readdirSync(folder).sort()], [[], [], ['folder.torrent', 'link.torrent']]);
});

test('a folder that is not there is said once, and watched when it comes', async (t) => {
  const { folder, watched, dropped, problems } = watching(t, false);
  await watched.look();
  await watched.look();
  assert.equal(problems.length, 1);
  mkdirSync(folder);
  writeFileSync(join(folder, 'film.torrent'), torrent);
  await watched.look();
  await watched.look();
  assert.deepEqual([dropped.length, problems.length], [1, 1]);
});

test('a file that is dropped is found by itself', { timeout: 20_000 }, async (t) => {
  const { folder, watched, came } = watching(t);
  watched.start();
  // Nothing of the watcher keeps a process alive.
  const alive = setInterval(() => {}, 1_000);
  t.after(() => clearInterval(alive));
  writeFileSync(join(folder, 'film.torrent'), torrent);
  await came;
});
