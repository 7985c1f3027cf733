/** Digests of pieces with trees: the same as the naive ones, on many threads too, and a piece must match all of its own. */

import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pieceRootsOf } from '../../test/merkle-oracle.ts';
import type { StoreFile, StoreSpec } from '../core/host.ts';
import { hashPieces } from './hash-files.ts';
import { TigerTree } from '../wire/tiger-tree.ts';
import { digestBytesOf, PieceDigest, type PieceHashing, splitDigests } from './piece-digest.ts';
import { SocketHost } from './socket-host.ts';

interface Content {
  readonly location: string;
  readonly files: StoreFile[];
  readonly pieceHashes: Buffer;
  readonly pieceRoots: Buffer;
}

/** Files of those lengths, each filled up to whole pieces. */
function contentFor(t: TestContext, lengths: readonly number[], pieceBytes: number): Content {
  const location = mkdtempSync(join(tmpdir(), 'kith-digest-'));
  t.after(() => rmSync(location, { recursive: true, force: true }));
  const files: StoreFile[] = [];
  const roots: Uint8Array[] = [];
  const padded: Uint8Array[] = [];
  for (const [index, length] of lengths.entries()) {
    const bytes = randomBytes(length);
    writeFileSync(join(location, `${index}`), bytes);
    const pad = (pieceBytes - (length % pieceBytes)) % pieceBytes;
    const common = { executable: false, symlink: null };
    files.push({ path: [`${index}`], length, pad: false, ...common }, { path: ['.pad', `${pad}`], length: pad, pad: true, ...common });
    if (length > 0) roots.push(...pieceRootsOf(bytes, pieceBytes));
    padded.push(bytes, new Uint8Array(pad));
  }
  const whole = Buffer.concat(padded);
  const hashes: Buffer[] = [];
  for (let at = 0; at < whole.length; at += pieceBytes) hashes.push(hash('sha1', whole.subarray(at, at + pieceBytes), 'buffer'));
  return { location, files, pieceHashes: Buffer.concat(hashes), pieceRoots: Buffer.concat(roots) };
}

for (const [what, lengths, pieceBytes] of [
  ['small files', [1, 0, 16_384, 16_385, 70_000, 200_000], 65_536],
  ['pieces of one block', [50_000, 3], 16_384],
  ['pieces of several segments, on many threads', [40_000_001, 2_100_000, 77], 2 << 20],
] as const) {
  test(`${what}: one pass gives SHA-1 and the roots, as the naive way does`, async (t) => {
    const content = contentFor(t, lengths, pieceBytes);
    const count = content.pieceHashes.length / 20;
    for (const hashing of ['sha1', 'tree', 'both'] as const satisfies readonly PieceHashing[]) {
      const digests = await hashPieces(content.location, content.files, pieceBytes, { hashing });
      assert.equal(digests.length, count * digestBytesOf(hashing));
      const { pieceHashes, pieceRoots } = splitDigests(digests, hashing);
      if (hashing !== 'tree') assert.ok(content.pieceHashes.equals(pieceHashes), hashing);
      if (hashing !== 'sha1') assert.ok(content.pieceRoots.equals(pieceRoots as Uint8Array), hashing);
    }
  });
}

test('a piece that matches its SHA-1 alone, or its root alone, is not had', async (t) => {
  const { location, files, pieceHashes, pieceRoots } = contentFor(t, [100_000, 100_000], 65_536);
  const host = new SocketHost({ streamPort: null, datagramPort: null });
  await host.open();
  t.after(() => host.close());
  pieceHashes[20] = (pieceHashes[20] as number) ^ 1;
  pieceRoots[32 * 3] = (pieceRoots[32 * 3] as number) ^ 1;
  const common = { location, files, totalBytes: 4 * 65_536, pieceBytes: 65_536, writable: false, recheck: 'check' as const };
  const spec: StoreSpec = { ...common, pieceHashes, pieceRoots, key: 'both' };
  const have = await new Promise<boolean[]>((resolve, reject) => {
    const store = host.openStore(spec, {
      onStoreReady: () => resolve([0, 1, 2, 3].map((piece) => store.have.has(piece))),
      onStoreProgress() {},
      onStoreDrain() {},
      onStoreFailed: (failure) => reject(new Error(failure.message)),
      onStoreClosed() {},
    });
  });
  assert.deepEqual(have, [true, false, true, false]);
});

test('a piece of a Tiger tree is the same whether its zeros are hashed or only seen', () => {
  for (const [zeros, others] of [
    [0, 5000],
    [200_000, 0],
    [131_072, 70_000],
    [100_000, 1],
    [1, 0],
  ] as const) {
    const piece = new Uint8Array(zeros + others + zeros);
    piece.fill(7, zeros, zeros + others);
    const digest = new PieceDigest('tiger', null, 0, piece.length);
    for (let at = 0; at < piece.length; at += 65_536) digest.update(piece.subarray(at, at + 65_536));
    const expected = new TigerTree(piece.length, 1).update(piece).digest().root;
    assert.deepEqual(Buffer.from(digest.digest()), Buffer.from(expected), `${zeros} zeros, ${others} others`);
  }
});
