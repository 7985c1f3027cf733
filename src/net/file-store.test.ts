/** What the file store promises: content arrives whole, stays inside its folder, survives crashes, and failures are named. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash, randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Store, StoreFailure, StoreFile, StoreHandler, StoreSpec } from '../core/host.ts';
import { SocketHost } from './socket-host.ts';

const BLOCK_BYTES = 16 << 10;

class Listener implements StoreHandler {
  failure: StoreFailure | null = null;
  checkedBytes = 0;
  drains = 0;
  private readonly came = new Set<string>();
  private waiting: { name: string; resolve: () => void }[] = [];
  onStoreReady(): void {
    this.signal('ready');
  }
  onStoreProgress(checkedBytes: number): void {
    this.checkedBytes = checkedBytes;
  }
  onStoreDrain(): void {
    this.drains++;
    this.signal('drain');
  }
  onStoreFailed(failure: StoreFailure): void {
    this.failure = failure;
    this.signal('failed');
  }
  onStoreClosed(): void {
    this.signal('closed');
  }
  /** What happened before counts too; a drain is used up by waiting for it. */
  async until(name: string): Promise<void> {
    if (!this.came.has(name)) await new Promise<void>((resolve) => this.waiting.push({ name, resolve }));
    if (name === 'drain') this.came.delete(name);
  }
  private signal(name: string): void {
    this.came.add(name);
    for (const entry of this.waiting.filter((entry) => entry.name === name)) entry.resolve();
    this.waiting = this.waiting.filter((entry) => entry.name !== name);
  }
}

interface Content {
  readonly bytes: Uint8Array;
  readonly spec: StoreSpec;
}

function file(path: string, length: number, more: Partial<StoreFile> = {}): StoreFile {
  return { path: path.split('/'), length, pad: false, executable: false, symlink: null, ...more };
}

function content(location: string, files: readonly StoreFile[], pieceBytes: number, more: Partial<StoreSpec> = {}): Content {
  const totalBytes = files.reduce((sum, { length }) => sum + length, 0);
  const bytes = new Uint8Array(randomBytes(totalBytes));
  let at = 0;
  for (const { length, pad } of files) {
    if (pad) bytes.fill(0, at, at + length);
    at += length;
  }
  const pieces = Math.ceil(totalBytes / pieceBytes);
  const pieceHashes = new Uint8Array(pieces * 20);
  for (let piece = 0; piece < pieces; piece++) {
    pieceHashes.set(hash('sha1', bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes), 'buffer'), piece * 20);
  }
  const key = Buffer.from(hash('sha1', bytes, 'buffer')).toString('hex');
  return {
    bytes,
    spec: { location, files, totalBytes, pieceBytes, pieceHashes, pieceRoots: null, key, writable: true, recheck: 'trust', ...more },
  };
}

const hosts = new Map<TestContext, SocketHost[]>();
/** What has to happen between closing the hosts and removing the folder. */
const cleanups = new Map<TestContext, () => void>();

/** A folder of the test's own; its hosts are closed before it is removed. */
function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-store-'));
  t.after(async () => {
    for (const host of hosts.get(t) ?? []) await host.close();
    cleanups.get(t)?.();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function hostFor(t: TestContext, stateFolder: string | null): SocketHost {
  const host = new SocketHost({ streamPort: null, datagramPort: null, stateFolder });
  hosts.set(t, [...(hosts.get(t) ?? []), host]);
  return host;
}

async function opened(host: SocketHost, spec: StoreSpec): Promise<{ store: Store; listener: Listener }> {
  const listener = new Listener();
  const store = host.openStore(spec, listener);
  await Promise.race([listener.until('ready'), listener.until('failed')]);
  return { store, listener };
}

function verify(store: Store, piece: number): Promise<boolean> {
  return new Promise((resolve) => store.verify(piece, { onVerified: (_piece, ok) => resolve(ok) }));
}

function read(store: Store, piece: number, offset: number, length: number): Promise<Uint8Array | null> {
  return new Promise((resolve) =>
    store.read(piece, offset, length, { onRead: (_piece, _offset, body) => resolve(body as Uint8Array | null) }),
  );
}

function pieceOf({ bytes, spec }: Content, piece: number): Uint8Array {
  return bytes.subarray(piece * spec.pieceBytes, (piece + 1) * spec.pieceBytes);
}

async function writePiece(store: Store, wanted: Content, piece: number): Promise<boolean> {
  const bytes = pieceOf(wanted, piece);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) store.write(piece, at, bytes.subarray(at, at + BLOCK_BYTES));
  return verify(store, piece);
}

async function writeAll(store: Store, wanted: Content): Promise<void> {
  for (let piece = 0; piece < store.have.length; piece++) assert.equal(await writePiece(store, wanted, piece), true);
}

async function closed(store: Store, listener: Listener): Promise<void> {
  store.close();
  await listener.until('closed');
}

const FILES = [
  file('album/one.bin', 100_000),
  file('album/.pad/31072', 31_072, { pad: true }),
  file('album/empty', 0),
  file('album/deep/two.sh', 70_001, { executable: true }),
  file('album/link', 0, { symlink: ['album', 'one.bin'] }),
  file('album/three.bin', 1),
];

test('pieces that straddle files arrive whole: pads, empty files, links and the executable bit as the content says', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, FILES, 32 << 10);
  const { store, listener } = await opened(hostFor(t, null), wanted.spec);
  assert.equal(store.have.count, 0);
  await writeAll(store, wanted);
  assert.ok(store.have.full);
  await closed(store, listener);
  assert.deepEqual(new Uint8Array(readFileSync(join(folder, 'album/one.bin'))), wanted.bytes.subarray(0, 100_000));
  assert.deepEqual(new Uint8Array(readFileSync(join(folder, 'album/deep/two.sh'))), wanted.bytes.subarray(131_072, 201_073));
  assert.equal(statSync(join(folder, 'album/three.bin')).size, 1);
  assert.equal(statSync(join(folder, 'album/empty')).size, 0);
  assert.equal(readlinkSync(join(folder, 'album/link')), 'one.bin');
  assert.notEqual(statSync(join(folder, 'album/deep/two.sh')).mode & 0o100, 0);
  assert.equal(existsSync(join(folder, 'album/.pad')), false);
});

test('reads come back in the order of the calls, across chunks, pads and files', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, FILES, 32 << 10);
  const { store } = await opened(hostFor(t, null), wanted.spec);
  await writeAll(store, wanted);
  const answers: Promise<void>[] = [];
  const order: number[] = [];
  let calls = 0;
  for (let start = 0; start < wanted.bytes.length; start += 7919) {
    const piece = Math.floor(start / wanted.spec.pieceBytes);
    const offset = start % wanted.spec.pieceBytes;
    const length = Math.min(20_000, wanted.bytes.length - start, (piece + 1) * wanted.spec.pieceBytes - start);
    const call = calls++;
    answers.push(
      read(store, piece, offset, length).then((body) => {
        order.push(call);
        assert.deepEqual(new Uint8Array(body as Uint8Array), wanted.bytes.slice(start, start + length));
      }),
    );
  }
  assert.deepEqual(order, [], 'nothing is answered from inside the call');
  await Promise.all(answers);
  assert.deepEqual(
    order,
    Array.from({ length: calls }, (_, index) => index),
  );
});

test('a verified piece can be read while the files of its neighbours are missing or short', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, [file('album/one', 70_000), file('album/deep/two', 70_000), file('album/three', 1)], 16 << 10);
  const { store, listener } = await opened(hostFor(t, null), wanted.spec);
  // In an order that leaves, around each piece, some neighbours out: reads take more than a piece of this size at once.
  for (const piece of [5, 0, 8, 3, 1, 6, 2, 7, 4]) {
    assert.equal(await writePiece(store, wanted, piece), true);
    for (const there of [piece, 5]) {
      const bytes = pieceOf(wanted, there);
      const body = await read(store, there, 0, bytes.length);
      assert.deepEqual(body === null ? null : new Uint8Array(body), bytes, `piece ${there} after ${piece}; ${listener.failure?.message}`);
    }
  }
});

test('a wrong block is found by its fingerprint, and the piece passes the second time', async (t) => {
  const wanted = content(folderFor(t), [file('x', 200_000)], 64 << 10);
  const { store } = await opened(hostFor(t, null), wanted.spec);
  const bad = { ...wanted, bytes: wanted.bytes.slice() };
  bad.bytes[20_000] = (bad.bytes[20_000] as number) ^ 1;
  assert.equal(await writePiece(store, bad, 0), false);
  assert.equal(store.have.has(0), false);
  const prints = (): Promise<readonly string[]> =>
    new Promise((resolve) => store.fingerprints(0, { onFingerprints: (_piece, all) => resolve(all) }));
  const before = await prints();
  store.discard(0);
  assert.equal(await writePiece(store, wanted, 0), true);
  const after = await prints();
  assert.deepEqual(
    after.map((print, index) => print === before[index]),
    [true, false, true, true],
  );
});

test('a closed store opens from its record without hashing, a file touched since is hashed again', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, FILES, 32 << 10);
  const host = hostFor(t, join(folder, 'state'));
  const first = await opened(host, wanted.spec);
  await writeAll(first.store, wanted);
  await closed(first.store, first.listener);

  const second = await opened(host, wanted.spec);
  assert.ok(second.store.have.full);
  assert.equal(second.listener.checkedBytes, 0);
  await closed(second.store, second.listener);

  utimesSync(join(folder, 'album/deep/two.sh'), 1, 1);
  const third = await opened(host, wanted.spec);
  assert.ok(third.store.have.full);
  assert.equal(third.listener.checkedBytes, 201_074 - (131_072 - (131_072 % 32_768)));
  await closed(third.store, third.listener);

  writeFileSync(join(folder, 'state/resume', wanted.spec.key), 'no record at all');
  const fourth = await opened(host, wanted.spec);
  assert.ok(fourth.store.have.full);
  assert.equal(fourth.listener.checkedBytes, wanted.bytes.length);
});

test('a piece on its way to the disk when the store is closed is in the record', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, [file('x', 4 * 32_768)], 32 << 10);
  const host = hostFor(t, join(folder, 'state'));
  const first = await opened(host, wanted.spec);
  assert.equal(await writePiece(first.store, wanted, 0), true);
  void writePiece(first.store, wanted, 1);
  await closed(first.store, first.listener);

  const second = await opened(host, wanted.spec);
  assert.deepEqual(
    [0, 1, 2].map((piece) => second.store.have.has(piece)),
    [true, true, false],
  );
});

test('a store that was never closed loses no verified piece', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, [file('x', 1_000_000)], 64 << 10);
  const crashed = await opened(hostFor(t, join(folder, 'state')), wanted.spec);
  for (const piece of [3, 7, 15]) await writePiece(crashed.store, wanted, piece);
  crashed.store.write(5, 0, pieceOf(wanted, 5).subarray(0, BLOCK_BYTES));
  const again = await opened(hostFor(t, join(folder, 'state')), wanted.spec);
  assert.deepEqual(
    Array.from({ length: again.store.have.length }, (_, piece) => again.store.have.has(piece)).flatMap((has, piece) =>
      has ? [piece] : [],
    ),
    [3, 7, 15],
  );
});

test('pieces larger than memory allows go to disk ahead of verification and are hashed there', async (t) => {
  const wanted = content(folderFor(t), [file('x', 48 << 20)], 12 << 20);
  const { store, listener } = await opened(hostFor(t, null), wanted.spec);
  // Block after block of all pieces at once, so that none is finished before the memory is full.
  for (let at = 0; at < wanted.spec.pieceBytes; at += BLOCK_BYTES) {
    for (let piece = 0; piece < 4; piece++) {
      if (!store.write(piece, at, pieceOf(wanted, piece).subarray(at, at + BLOCK_BYTES))) await listener.until('drain');
    }
  }
  for (let piece = 0; piece < 4; piece++) assert.equal(await verify(store, piece), true);
  assert.deepEqual(new Uint8Array((await read(store, 3, 1000, 5000)) as Uint8Array), pieceOf(wanted, 3).slice(1000, 6000));
});

test('unwanted files are not made unless a wanted piece straddles them', async (t) => {
  const folder = folderFor(t);
  const files = [file('a', 65_536), file('b', 65_536), file('none', 0), file('c', 65_530)];
  const wanted = content(folder, files, 64 << 10);
  const { store, listener } = await opened(hostFor(t, null), wanted.spec);
  store.select([true, false, false, false]);
  await writePiece(store, wanted, 0);
  await closed(store, listener);
  assert.deepEqual(
    ['a', 'b', 'none', 'c'].map((name) => existsSync(join(folder, name))),
    [true, false, false, false],
  );
});

test('paths and links that lead out of the folder are refused, and nothing is made outside', async (t) => {
  const folder = folderFor(t);
  const inside = join(folder, 'inside');
  const outside = join(folder, 'outside');
  mkdirSync(inside);
  mkdirSync(outside);
  symlinkSync(outside, join(inside, 'trap'));
  const host = hostFor(t, null);
  for (const path of [['..', 'x'], ['a/b'], [''], ['.'], ['nul\0'], []]) {
    const wanted = content(inside, [{ ...file('x', 10), path }], 16 << 10);
    const { listener } = await opened(host, wanted.spec);
    assert.equal(listener.failure?.kind, 'unsafe-path', JSON.stringify(path));
  }
  for (const path of ['trap/x', 'trap/deep/x']) {
    const wanted = content(inside, [file(path, 10)], 16 << 10);
    const { store, listener } = await opened(host, wanted.spec);
    store.write(0, 0, wanted.bytes);
    store.verify(0, { onVerified: () => assert.fail('verified outside of its folder') });
    await listener.until('failed');
    assert.equal(listener.failure?.kind, 'unsafe-path');
  }
  const link = content(inside, [file('away', 0, { symlink: ['..', 'outside'] }), file('y', 1)], 16 << 10);
  const { listener } = await opened(host, link.spec);
  await listener.until('failed');
  assert.equal(listener.failure?.kind, 'unsafe-path');
  assert.equal(lstatSync(join(inside, 'away'), { throwIfNoEntry: false }), undefined);
  assert.equal(existsSync(join(outside, 'x')) || existsSync(join(outside, 'deep')), false);
});

test('read-only: what is missing is named, what changes underneath stops the reads', async (t) => {
  const folder = folderFor(t);
  const wanted = content(folder, [file('x', 3 << 20)], 256 << 10, { writable: false });
  const host = hostFor(t, join(folder, 'state'));
  assert.equal((await opened(host, wanted.spec)).listener.failure?.kind, 'missing');
  writeFileSync(join(folder, 'x'), wanted.bytes);
  const { store, listener } = await opened(host, wanted.spec);
  assert.ok(store.have.full);
  truncateSync(join(folder, 'x'), 1 << 20);
  assert.equal(await read(store, 7, 0, BLOCK_BYTES), null);
  assert.equal(listener.failure?.kind, 'changed');
  assert.equal(await read(store, 0, 0, BLOCK_BYTES), null);
  await closed(store, listener);
});

test('a full disk is named, and what was verified before is still there', async (t) => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return t.skip('mounting a small file system takes root on Linux');
  const folder = folderFor(t);
  const small = join(folder, 'small');
  mkdirSync(small);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small], { stdio: 'pipe' });
  } catch {
    return t.skip('this system does not let us mount');
  }
  cleanups.set(t, () => execFileSync('umount', ['-l', small]));
  const wanted = content(small, [file('x', 4 << 20)], 256 << 10);
  const { store, listener } = await opened(hostFor(t, join(folder, 'state')), wanted.spec);
  for (let piece = 0; listener.failure === null && piece < 16; piece++) {
    const bytes = pieceOf(wanted, piece);
    store.write(piece, 0, bytes);
    await Promise.race([verify(store, piece), listener.until('failed')]);
  }
  assert.equal(listener.failure?.kind, 'no-space');
  const count = store.have.count;
  assert.ok(count >= 2 && count <= 4, `${count} pieces of 256 KiB on 1 MiB`);
  assert.deepEqual(new Uint8Array((await read(store, 1, 0, 100)) as Uint8Array), pieceOf(wanted, 1).slice(0, 100));
  await closed(store, listener);
  const again = await opened(hostFor(t, join(folder, 'state')), wanted.spec);
  assert.equal(again.store.have.count, count);
});

test('a folder that may not be written to is denied, a file in its way is named', async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, 'file'), '');
  const wanted = content(join(folder, 'file'), [file('x', 10)], 16 << 10);
  const { store, listener } = await opened(hostFor(t, null), wanted.spec);
  store.write(0, 0, wanted.bytes);
  store.verify(0, { onVerified: () => assert.fail('verified below a file') });
  await listener.until('failed');
  assert.ok(['missing', 'io'].includes(listener.failure?.kind ?? ''));
});
