/** Files on their way to another folder: all of them arrive, what is written meanwhile too, and a crash at any moment loses nothing. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Store, StoreFailure, StoreFile, StoreHandler, StoreSpec } from '../core/host.ts';
import { ContentMove } from './content-move.ts';
import { clearOld, journalPath, writeJournal } from './move-journal.ts';
import { recordPath } from './resume-record.ts';
import { SocketHost } from './socket-host.ts';

const PIECE_BYTES = 64 << 10;
const LENGTHS = [3_000_000, 0, 70_000, 1_500_000, 10];
const KEY = '0123456789abcdef0123456789abcdef01234567';
const files: StoreFile[] = LENGTHS.map((length, index) => {
  const path = index === 2 ? ['album', 'disc', `${index}`] : ['album', `${index}`];
  return { path, length, pad: false, executable: false, symlink: null };
});
const totalBytes = LENGTHS.reduce((sum, length) => sum + length, 0);
const content = randomBytes(totalBytes);
const pieceCount = Math.ceil(totalBytes / PIECE_BYTES);
const pieceHashes = new Uint8Array(20 * pieceCount);
for (let piece = 0; piece < pieceCount; piece++) pieceHashes.set(hash('sha1', bytesOf(piece), 'buffer'), piece * 20);

function bytesOf(piece: number): Uint8Array {
  return content.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
}

interface Place {
  readonly from: string;
  readonly to: string;
  readonly state: string;
}

/** `elsewhere`: the new place is on another file system; null where there is none. */
function placeFor(t: TestContext, where: 'here' | 'elsewhere'): Place | null {
  const base = mkdtempSync(join(tmpdir(), 'kith-move-'));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const other = '/dev/shm';
  if (where === 'here') return { from: join(base, 'from'), to: join(base, 'to'), state: join(base, 'state') };
  if (!existsSync(other) || statSync(other).dev === statSync(base).dev) return null;
  const far = mkdtempSync(join(other, 'kith-move-'));
  t.after(() => rmSync(far, { recursive: true, force: true }));
  return { from: join(base, 'from'), to: join(far, 'to'), state: join(base, 'state') };
}

function writeAll(folder: string): void {
  let at = 0;
  for (const { path, length } of files) {
    const place = join(folder, ...path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content.subarray(at, at + length));
    at += length;
  }
}

function readAll(folder: string): Buffer {
  return Buffer.concat(files.map(({ path }) => readFileSync(join(folder, ...path))));
}

interface Opened {
  readonly store: Store;
  readonly failure: StoreFailure | null;
  readonly checkedBytes: () => number;
  readonly close: () => Promise<void>;
}

/** In a process of its own, as far as the store can tell. */
async function open(state: string, location: string): Promise<Opened> {
  const host = new SocketHost({ streamPort: null, datagramPort: null, stateFolder: state });
  const done = Promise.withResolvers<StoreFailure | null>();
  let checked = 0;
  const handler: StoreHandler = {
    onStoreReady: () => done.resolve(null),
    onStoreFailed: (failure) => done.resolve(failure),
    onStoreProgress: (bytes) => {
      checked = bytes;
    },
    onStoreDrain: () => {},
    onStoreClosed: () => {},
  };
  const spec: StoreSpec = {
    location,
    files,
    totalBytes,
    pieceBytes: PIECE_BYTES,
    pieceHashes,
    pieceRoots: null,
    key: KEY,
    writable: true,
    recheck: 'trust',
  };
  const store = host.openStore(spec, handler);
  const failure = await done.promise;
  return { store, failure, checkedBytes: () => checked, close: () => host.close() };
}

function move(store: Store, to: string): Promise<StoreFailure | null> {
  return new Promise((resolve) => store.move(to, { onMoved: resolve }));
}

function read(store: Store, piece: number): Promise<Uint8Array | null> {
  return new Promise((resolve) =>
    store.read(piece, 0, bytesOf(piece).length, { onRead: (_piece, _offset, body) => resolve(body as Uint8Array | null) }),
  );
}

async function writePiece(store: Store, piece: number): Promise<boolean> {
  store.write(piece, 0, bytesOf(piece));
  return new Promise((resolve) => store.verify(piece, { onVerified: (_piece, ok) => resolve(ok) }));
}

for (const where of ['here', 'elsewhere'] as const) {
  const named = where === 'here' ? 'on one file system' : 'to another file system';

  test(`a move ${named} takes everything along, is read from meanwhile, and costs no check afterwards`, async (t) => {
    const place = placeFor(t, where);
    if (place === null) return t.skip('there is only one file system here');
    writeAll(place.from);
    const { store, close } = await open(place.state, place.from);
    assert.equal(store.have.count, pieceCount);
    const moved = move(store, place.to);
    const during = await Promise.all(Array.from({ length: pieceCount }, (_, piece) => read(store, piece)));
    assert.equal(await moved, null);
    for (const [piece, body] of during.entries()) assert.ok(body !== null && Buffer.compare(body, bytesOf(piece)) === 0, `piece ${piece}`);
    assert.equal(store.location, place.to);
    assert.ok(Buffer.compare((await read(store, 3)) as Uint8Array, bytesOf(3)) === 0);
    await close();
    assert.ok(readAll(place.to).equals(content));
    assert.deepEqual(readdirSync(place.from), []);
    const again = await open(place.state, place.to);
    assert.deepEqual([again.store.have.count, again.checkedBytes(), again.store.location], [pieceCount, 0, place.to]);
    await again.close();
    // Who knows only the old place is led to the new one.
    const late = await open(place.state, place.from);
    assert.deepEqual([late.store.have.count, late.checkedBytes(), late.store.location], [pieceCount, 0, place.to]);
    await late.close();
  });

  test(`pieces that come during a move ${named} are at the new place, and what is missing is no more there`, async (t) => {
    const place = placeFor(t, where);
    if (place === null) return t.skip('there is only one file system here');
    const { store, close } = await open(place.state, place.from);
    const half = Math.floor(pieceCount / 2);
    for (let piece = 0; piece < half; piece += 2) assert.ok(await writePiece(store, piece));
    const moved = move(store, place.to);
    for (let piece = 1; piece < half; piece += 2) assert.ok(await writePiece(store, piece));
    assert.equal(await moved, null);
    for (let piece = half; piece < pieceCount; piece += 3) assert.ok(await writePiece(store, piece));
    const had = store.have.count;
    await close();
    assert.deepEqual(readdirSync(place.from), []);
    const again = await open(place.state, place.to);
    assert.deepEqual([again.store.have.count, again.checkedBytes()], [had, 0]);
    for (let piece = 0; piece < pieceCount; piece++) {
      if (again.store.have.has(piece))
        assert.ok(Buffer.compare((await read(again.store, piece)) as Uint8Array, bytesOf(piece)) === 0, `piece ${piece}`);
    }
    await again.close();
  });

  test(`a move ${named} onto something that is there fails, and all stays where it was`, async (t) => {
    const place = placeFor(t, where);
    if (place === null) return t.skip('there is only one file system here');
    writeAll(place.from);
    mkdirSync(join(place.to, 'album'), { recursive: true });
    writeFileSync(join(place.to, 'album', '3'), 'mine');
    const { store, close } = await open(place.state, place.from);
    const failure = await move(store, place.to);
    assert.equal(failure?.kind, 'in-the-way');
    assert.deepEqual([store.location, readFileSync(join(place.to, 'album', '3'), 'utf8')], [place.from, 'mine']);
    assert.ok(Buffer.compare((await read(store, 1)) as Uint8Array, bytesOf(1)) === 0);
    await close();
    assert.ok(readAll(place.from).equals(content));
    const again = await open(place.state, place.from);
    assert.deepEqual([again.store.have.count, again.checkedBytes()], [pieceCount, 0]);
    await again.close();
  });
}

test('a crash after any number of files were renamed leaves all at the old place', async (t) => {
  for (let renamed = 0; renamed <= files.length; renamed++) {
    const place = placeFor(t, 'here') as Place;
    writeAll(place.from);
    writeJournal(journalPath(recordPath(place.state, KEY)), { from: place.from, to: place.to, phase: 'begun', stamps: [] });
    for (const { path } of files.slice(0, renamed)) {
      mkdirSync(dirname(join(place.to, ...path)), { recursive: true });
      renameSync(join(place.from, ...path), join(place.to, ...path));
    }
    const { store, close } = await open(place.state, place.from);
    assert.deepEqual([store.location, store.have.count], [place.from, pieceCount], `${renamed} renamed`);
    await close();
    assert.ok(readAll(place.from).equals(content));
    assert.ok(!existsSync(join(place.to, 'album')));
  }
});

test('who begins anew at the new place after a crash keeps that, whoever opens the old one later', async (t) => {
  const place = placeFor(t, 'here') as Place;
  writeAll(place.from);
  writeAll(place.to);
  writeJournal(journalPath(recordPath(place.state, KEY)), { from: place.from, to: place.to, phase: 'begun', stamps: [] });
  for (const location of [place.to, place.from, place.to]) {
    const { store, close } = await open(place.state, location);
    assert.deepEqual([store.location, store.have.count], [location, pieceCount]);
    await close();
  }
  assert.ok(readAll(place.to).equals(content) && readAll(place.from).equals(content));
});

test('a journal that is damaged, or of another move, is passed over', async (t) => {
  const place = placeFor(t, 'here') as Place;
  writeAll(place.from);
  const journal = journalPath(recordPath(place.state, KEY));
  const others = { from: place.to, to: join(place.to, 'x'), phase: 'arrived', stamps: [] };
  for (const text of ['', '{', '[]', '{"from":1}', JSON.stringify({ ...others, phase: 'begun', stamps: ['1'] }), JSON.stringify(others)]) {
    mkdirSync(dirname(journal), { recursive: true });
    writeFileSync(journal, text);
    const { store, close } = await open(place.state, place.from);
    assert.deepEqual([store.location, store.have.count], [place.from, pieceCount], text);
    await close();
  }
});

test('a crash at any step of copying leaves all at the old place or all at the new one, and nothing twice', async (t) => {
  const ends: string[] = [];
  for (let steps = 0; ends.at(-1) !== 'cleared'; steps++) {
    const place = placeFor(t, 'elsewhere');
    if (place === null) return t.skip('there is only one file system here');
    writeAll(place.from);
    const copying = new ContentMove(place.from, place.to, files, journalPath(recordPath(place.state, KEY)));
    assert.equal(copying.begin(), false);
    let more = true;
    let taken = 0;
    for (; taken < steps && more; taken++) more = copying.step();
    let end = 'copying';
    if (!more && taken++ < steps) {
      const left = copying.end();
      end = 'arrived';
      if (taken < steps) {
        clearOld(left, files);
        end = 'cleared';
      }
    }
    ends.push(end);
    // Here it crashes; whoever comes next knows the old place only.
    const { store, close } = await open(place.state, place.from);
    const at = end === 'copying' ? place.from : place.to;
    assert.deepEqual([store.location, store.have.count], [at, pieceCount], `${steps} steps, ${end}`);
    await close();
    assert.ok(readAll(at).equals(content));
    const other = end === 'copying' ? place.to : place.from;
    assert.ok(!existsSync(join(other, 'album')), `${steps} steps, ${end}`);
    assert.ok(steps < 100);
  }
  assert.ok(ends.includes('copying') && ends.includes('arrived'), `${ends}`);
});

test('an old file that was changed after it had been copied is not removed', async (t) => {
  const place = placeFor(t, 'elsewhere');
  if (place === null) return t.skip('there is only one file system here');
  writeAll(place.from);
  const copying = new ContentMove(place.from, place.to, files, journalPath(recordPath(place.state, KEY)));
  copying.begin();
  while (copying.step());
  copying.end();
  writeFileSync(join(place.from, 'album', '3'), 'a word of mine');
  const { store, close } = await open(place.state, place.from);
  assert.deepEqual([store.location, store.have.count], [place.to, pieceCount]);
  await close();
  assert.deepEqual(readdirSync(join(place.from, 'album')), ['3']);
});

test('a store that is closed in the middle of copying leaves nothing of it behind', async (t) => {
  const place = placeFor(t, 'elsewhere');
  if (place === null) return t.skip('there is only one file system here');
  writeAll(place.from);
  const { store, close } = await open(place.state, place.from);
  store.move(place.to, { onMoved: () => assert.fail('called after it was closed') });
  await close();
  assert.ok(readAll(place.from).equals(content));
  assert.ok(!existsSync(join(place.to, 'album')));
  const again = await open(place.state, place.from);
  assert.deepEqual([again.store.location, again.store.have.count, again.checkedBytes()], [place.from, pieceCount, 0]);
  await again.close();
});

test('holes of files that are not complete stay holes when they are copied', async (t) => {
  const place = placeFor(t, 'elsewhere');
  if (place === null) return t.skip('there is only one file system here');
  const { store, close } = await open(place.state, place.from);
  assert.ok(await writePiece(store, 0));
  assert.equal(await move(store, place.to), null);
  await close();
  const { size, blocks } = statSync(join(place.to, 'album', '0'));
  assert.ok(size === LENGTHS[0] && blocks * 512 <= 2 << 20, `${size} bytes, ${blocks} blocks`);
});

test('what does not fit at the new place is not begun', (t) => {
  const place = placeFor(t, 'here') as Place;
  const small = join(place.state, 'small');
  mkdirSync(small, { recursive: true });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]).status !== 0)
    return t.skip('no right to mount a small file system');
  try {
    writeAll(place.from);
    const journal = journalPath(recordPath(place.state, KEY));
    const moving = new ContentMove(place.from, join(small, 'to'), files, journal);
    assert.throws(() => moving.begin(), /expected room for 4\d{6} bytes/);
    assert.ok(readAll(place.from).equals(content));
    assert.deepEqual([existsSync(join(small, 'to', 'album')), existsSync(journal)], [false, false]);
  } finally {
    spawnSync('umount', [small]);
  }
});

test('a recheck that is asked for during a move comes after it', async (t) => {
  const place = placeFor(t, 'here') as Place;
  writeAll(place.from);
  const { store, close, checkedBytes } = await open(place.state, place.from);
  const before = checkedBytes();
  const moved = move(store, place.to);
  store.recheck();
  assert.equal(await moved, null);
  await close();
  assert.equal(before, totalBytes);
  assert.ok(readAll(place.to).equals(content));
});
