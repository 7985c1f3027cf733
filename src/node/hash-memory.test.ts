/** The memory of piece hashes: what it gives back, what it does not believe, and that it stays bounded. */

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { HashMemory } from './hash-memory.ts';

const HASHES = new Uint8Array(40).fill(7);

function folder(t: { after(end: () => void): void }): string {
  const made = mkdtempSync(join(tmpdir(), 'kith-hashes-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('hashes come back by the signature they were kept under, also for another process', (t) => {
  const place = join(folder(t), 'not there yet');
  new HashMemory(place).keep('one', HASHES);
  assert.deepEqual(new Uint8Array(new HashMemory(place).recall('one') ?? []), HASHES);
  assert.equal(new HashMemory(place).recall('another'), null);
});

test('a damaged entry is no entry', (t) => {
  const place = folder(t);
  const memory = new HashMemory(place);
  memory.keep('one', HASHES);
  const file = join(place, readdirSync(place)[0] as string);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = 8;
  writeFileSync(file, bytes);
  assert.equal(memory.recall('one'), null);
  writeFileSync(file, '');
  assert.equal(memory.recall('one'), null);
});

test('more content than it remembers does not make it forget what a share folder of a thousand holds', (t) => {
  const place = folder(t);
  const memory = new HashMemory(place);
  for (let entry = 0; entry < 2_100; entry++) memory.keep(`${entry}`, HASHES);
  const held = readdirSync(place).length;
  assert.ok(held <= 2_048 && held >= 1_000, `${held} entries`);
  assert.notEqual(memory.recall('2099'), null);
});

test('a folder that cannot be written costs nothing but time', (t) => {
  const file = join(folder(t), 'a file');
  writeFileSync(file, '');
  const memory = new HashMemory(join(file, 'below'));
  memory.keep('one', HASHES);
  assert.equal(memory.recall('one'), null);
});
