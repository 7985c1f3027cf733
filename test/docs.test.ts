/** The examples in docs/ that say what they print: they print it. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = new URL('../', import.meta.url);
/** A block of TypeScript, a sentence, a block of text. */
const EXAMPLE = /```ts\n([^`]*(?:`(?!``)[^`]*)*)```\n\n[^\n`]*\n\n```text\n([\s\S]*?)```/g;
const run = promisify(execFile);

for (const name of readdirSync(new URL('docs/', ROOT)).filter((file) => file.endsWith('.md'))) {
  const text = readFileSync(new URL(`docs/${name}`, ROOT), 'utf8');
  for (const [position, [, source, printed]] of [...text.matchAll(EXAMPLE)].entries()) {
    test(`docs/${name}, example ${position + 1} prints what the page says`, { timeout: 30_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'kith-docs-'));
      try {
        const file = join(folder, 'example.mts');
        writeFileSync(file, (source as string).replaceAll("'../src/", `'${new URL('src/', ROOT).href}`));
        const { stdout } = await run(process.execPath, [file]);
        assert.equal(stdout, printed);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

test('the page on the Host contract has an example that runs', () => {
  const page = readFileSync(new URL('docs/host.md', ROOT), 'utf8');
  assert.equal([...page.matchAll(EXAMPLE)].length, 1);
});
