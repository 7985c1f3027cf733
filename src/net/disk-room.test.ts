/** How much room there is where files lie, or will lie. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Room, StoreFile } from '../core/host.ts';
import { askRoom } from './disk-room.ts';

function roomAt(location: string, files: readonly StoreFile[], haveBytes: number): Promise<Room> {
  return new Promise((resolve) => askRoom(location, files, haveBytes, resolve));
}

function file(name: string, length: number): StoreFile {
  return { path: [name], length, pad: false, executable: false, symlink: null };
}

test('the room of a folder that is not there yet is that of the one above it', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-room-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const room = await roomAt(join(folder, 'not', 'there'), [file('a', 1)], 0);
  const { bavail, bsize } = statfsSync(folder);
  // Others write too: within a tenth it is the same disk.
  assert.ok(Math.abs(room.freeBytes / (bavail * bsize) - 1) < 0.1, `${room.freeBytes}`);
  assert.deepEqual([room.volume, room.aheadBytes], [statSync(folder).dev, 0]);
});

test('what files occupy beyond what is verified needs no more room', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-room-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a'), Buffer.alloc(1 << 20, 1));
  const files = [file('a', 1 << 20), file('b', 1 << 20)];
  const { aheadBytes } = await roomAt(folder, files, 1 << 18);
  assert.ok(aheadBytes >= (1 << 20) - (1 << 18), `${aheadBytes}`);
  assert.equal((await roomAt(folder, files, 4 << 20)).aheadBytes, 0);
});
