/** The list of addresses as a file: packed or not, changed or damaged. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseEndpoint } from '../core/endpoint.ts';
import type { ParsedIpFilter } from '../transfer/bittorrent/ip-filter-parser.ts';
import { Failure } from './failure.ts';
import { IpFilterFile, readIpFilter } from './ip-filter-file.ts';

function fileFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kith-filter-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'list');
}

function blocks({ filter }: ParsedIpFilter, text: string): boolean {
  const endpoint = parseEndpoint(text);
  assert.ok(endpoint !== null);
  return filter.blocks(endpoint);
}

test('a list of several parts is read whole, packed or not', async (t) => {
  const path = fileFor(t);
  const lines = Array.from(
    { length: 20_000 },
    (_, index) => `name ${index}:10.${index >> 8}.${index & 255}.0-10.${index >> 8}.${index & 255}.127\n`,
  );
  for (const bytes of [Buffer.from(lines.join('')), gzipSync(lines.join(''))]) {
    writeFileSync(path, bytes);
    const parsed = await readIpFilter(path);
    assert.deepEqual([parsed.entries, parsed.badLines, parsed.filter.rangeCount], [20_000, 0, 20_000]);
    assert.deepEqual([blocks(parsed, '10.78.31.5:1'), blocks(parsed, '10.78.31.128:1')], [true, false]);
  }
});

test('a file that is missing, none, or damaged fails with its name', async (t) => {
  const path = fileFor(t);
  await assert.rejects(readIpFilter(path), (error) => error instanceof Failure && error.message.includes(path));
  writeFileSync(path, '<html>blocked</html>\n');
  await assert.rejects(
    readIpFilter(path),
    (error) => error instanceof Failure && /is no list/.test(error.message) && /line 1/.test(error.why),
  );
  writeFileSync(path, gzipSync('1.2.3.4\n'.repeat(1000)).subarray(0, 30));
  await assert.rejects(readIpFilter(path), (error) => error instanceof Failure && /is damaged/.test(error.message));
});

test('a file that changes is read again, and one that is damaged by that changes nothing', async (t) => {
  const path = fileFor(t);
  const came: number[] = [];
  const problems: string[] = [];
  writeFileSync(path, '1.2.3.4\n');
  const file = new IpFilterFile(
    path,
    ({ entries }) => came.push(entries),
    ({ message }) => problems.push(message),
  );
  await file.start();
  t.after(() => file.stop());
  await file.readIfChanged();
  assert.deepEqual(came, [1]);
  writeFileSync(path, '1.2.3.4\n5.6.7.8\n');
  await file.readIfChanged();
  assert.deepEqual([came, problems], [[1, 2], []]);
  writeFileSync(path, 'nonsense\n');
  await file.readIfChanged();
  rmSync(path);
  await file.readIfChanged();
  assert.deepEqual([came, problems.length], [[1, 2], 1]);
  writeFileSync(path, '1.2.3.4\n5.6.7.8\n9.9.9.9\n');
  await file.readIfChanged();
  assert.deepEqual(came, [1, 2, 3]);
});
