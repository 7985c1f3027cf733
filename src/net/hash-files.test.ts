/** What creating content from files promises: the right hashes, the same order everywhere, nothing from outside. */

import assert from 'node:assert/strict';
import { hash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HashFilesError, hashPieces } from './hash-files.ts';
import { scanFolder } from './scan-folder.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-hash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('pieces that straddle files have the hashes of the files laid end to end, on many threads too', async (t) => {
  const folder = folderFor(t);
  mkdirSync(join(folder, 'in/b'), { recursive: true });
  const parts = [40_000_000, 0, 70_001].map((size) => randomBytes(size));
  for (const [index, name] of ['in/B', 'in/a', 'in/b/c'].entries()) writeFileSync(join(folder, name), parts[index] as Buffer);
  const { location, files, totalBytes } = scanFolder(join(folder, 'in'));
  assert.deepEqual(
    files.map(({ path }) => path.join('/')),
    ['in/B', 'in/a', 'in/b/c'],
  );
  const pieceBytes = 100_000;
  const steps: number[] = [];
  const hashes = await hashPieces(location, files, pieceBytes, { onProgress: (bytes) => steps.push(bytes) });
  const whole = Buffer.concat(parts);
  for (let piece = 0; piece < Math.ceil(totalBytes / pieceBytes); piece++) {
    const expected = hash('sha1', whole.subarray(piece * pieceBytes, (piece + 1) * pieceBytes), 'buffer');
    assert.ok(expected.equals(hashes.subarray(piece * 20, piece * 20 + 20)), `piece ${piece}`);
  }
  assert.equal(steps.at(-1), totalBytes);
});

test('links inside stay links, links that lead out and sockets are skipped and told', (t) => {
  const folder = folderFor(t);
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in/file'), 'x', { mode: 0o755 });
  writeFileSync(join(folder, 'outside'), 'secret');
  symlinkSync('file', join(folder, 'in/link'));
  symlinkSync('../outside', join(folder, 'in/out'));
  symlinkSync('nowhere', join(folder, 'in/broken'));
  const { files, skipped } = scanFolder(join(folder, 'in'));
  assert.deepEqual(
    files.map(({ path, symlink, executable }) => [path.join('/'), symlink?.join('/') ?? null, executable]),
    [
      ['in/file', null, true],
      ['in/link', 'in/file', false],
    ],
  );
  assert.deepEqual(
    skipped.map(({ path }) => path),
    ['in/broken', 'in/out'],
  );
});

test('hashing stops at a signal, and names a file that has become shorter', async (t) => {
  const folder = folderFor(t);
  writeFileSync(join(folder, 'x'), randomBytes(64 << 20));
  const { location, files } = scanFolder(join(folder, 'x'));
  const aborter = new AbortController();
  const stopped = hashPieces(location, files, 1 << 20, { signal: aborter.signal, onProgress: () => aborter.abort(new Error('enough')) });
  await assert.rejects(stopped, /enough/);
  writeFileSync(join(folder, 'x'), 'short');
  await assert.rejects(
    hashPieces(location, files, 1 << 20),
    (error) => error instanceof HashFilesError && error.failure.kind === 'changed',
  );
});
