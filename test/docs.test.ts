/** The pages say what is so: examples print what they promise, tests that are named are there, and no command, setting, page or BEP is left out. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CATALOGUE } from '../src/cli/catalogue.ts';
import { SETTINGS } from '../src/node/settings/setting-list.ts';

const ROOT = new URL('../', import.meta.url);
/** A block of TypeScript, a sentence, a block of text. */
const EXAMPLE = /```ts\n([^`]*(?:`(?!``)[^`]*)*)```\n\n[^\n`]*\n\n```text\n([\s\S]*?)```/g;
const run = promisify(execFile);

const PAGES = readdirSync(new URL('docs/', ROOT)).filter((file) => file.endsWith('.md'));

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

for (const name of PAGES) {
  const text = read(`docs/${name}`);
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
  assert.equal([...read('docs/host.md').matchAll(EXAMPLE)].length, 1);
});

test('every page is in the list of pages', () => {
  const listed = read('docs/README.md');
  assert.deepEqual(
    PAGES.filter((name) => name !== 'README.md' && !listed.includes(`](${name})`)),
    [],
  );
});

test('the page on the command line has every command and every setting', () => {
  const page = read('docs/cli.md');
  const commands = CATALOGUE.filter(({ name }) => !page.includes(`kith ${name}`)).map(({ name }) => name);
  assert.deepEqual([commands, Object.keys(SETTINGS).filter((key) => !page.includes(`\`${key}\``))], [[], []]);
});

test('every test that a page names is there', () => {
  const tests = globSync('{src,test}/**/*.test.ts', { cwd: ROOT, exclude: (path) => path.endsWith('node_modules') });
  const paths = new Set(tests.map((path) => `/${path.replaceAll('\\', '/')}`));
  const isThere = (named: string): boolean => [...paths].some((path) => path.endsWith(`/${named}`));
  const named = PAGES.flatMap((name) => [...read(`docs/${name}`).matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, test]) => test as string));
  assert.ok(named.length > 100, `expected the table of BEPs, found ${named.length} tests`);
  assert.deepEqual(
    named.filter((test) => !isThere(test)),
    [],
  );
});

test('every BEP that the sources name is in the table of BEPs', () => {
  const [, table = ''] = /\n## BEPs\n([\s\S]*?)\n## /.exec(read('docs/bittorrent.md')) ?? [];
  const told = new Set<number>();
  for (const [, cell = ''] of table.matchAll(/^\| ([\d, –]+) \|/gm)) {
    for (const part of cell.split(', ')) {
      const [first = 0, last = first] = part.split('–').map(Number);
      for (let bep = first; bep <= last; bep++) told.add(bep);
    }
  }
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');
  const named = new Set([...sources.matchAll(/\bBEP (\d+)/g)].map(([, bep]) => Number(bep)));
  assert.deepEqual(
    [...named].filter((bep) => !told.has(bep)),
    [],
  );
});
