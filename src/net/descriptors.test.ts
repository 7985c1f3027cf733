/** What the host does when the system gives no more file descriptors: this file runs itself in a process that may have only a few. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Body, Store, StoreFailure } from '../core/host.ts';
import { SocketHost } from './socket-host.ts';

const FOLDER = process.env.KITH_FEW_DESCRIPTORS;
const CONTENT = new Uint8Array(16_384).fill(7);

/** Opens what there is until nothing more can be opened. */
function takeAllDescriptors(): number[] {
  const taken: number[] = [];
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EMFILE');
      return taken;
    }
  }
}

async function readWithout(folder: string): Promise<void> {
  const host = new SocketHost({ streamPort: null, datagramPort: null });
  await host.open();
  const ready = Promise.withResolvers<void>();
  const store: Store = host.openStore(
    {
      location: folder,
      files: [{ path: ['content'], length: CONTENT.length, pad: false, executable: false, symlink: null }],
      totalBytes: CONTENT.length,
      pieceBytes: CONTENT.length,
      pieceHashes: new Uint8Array(createHash('sha1').update(CONTENT).digest()),
      pieceRoots: null,
      key: 'few',
      writable: false,
      recheck: 'check',
    },
    {
      onStoreReady: ready.resolve,
      onStoreProgress: () => undefined,
      onStoreDrain: () => undefined,
      onStoreFailed: (failure: StoreFailure) => ready.reject(new Error(failure.message)),
      onStoreClosed: () => undefined,
    },
  );
  await ready.promise;
  const read = (): Promise<Body | null> =>
    new Promise((answer) => store.read(0, 0, CONTENT.length, { onRead: (_piece, _offset, body) => answer(body) }));
  const taken = takeAllDescriptors();
  assert.equal(await read(), null);
  for (const descriptor of taken) closeSync(descriptor);
  assert.deepEqual(Buffer.from((await read()) as Uint8Array), Buffer.from(CONTENT));
  await host.close();
}

if (FOLDER !== undefined) await readWithout(FOLDER);
else {
  test('a read without a file descriptor has no answer, and the next one has: the store goes on', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'kith-few-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'content'), CONTENT);
    const { NODE_OPTIONS: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;
    const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -n 100 && exec "$0" "$1"', process.execPath, import.meta.filename], {
      env: { ...environment, KITH_FEW_DESCRIPTORS: folder },
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 0, stderr);
  });
}
