/** The repository is held to its own rules (docs/style.md, docs/architecture.md), and each rule is shown to catch what it is for. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeOf, importsOf } from './tidy/code-text.ts';
import { dependencyComplaints, linkComplaints, lockComplaints, machineComplaints } from './tidy/repository-rules.ts';
import { complaintsAbout } from './tidy/source-rules.ts';

const ROOT = join(import.meta.dirname, '..');
const ROOT_DEPTH_MIN = 2;
const COMPONENT_LINES_MAX = 250;
const TEXT_BYTES_MAX = 4 << 20;

test('every source file keeps the rules of the house', () => {
  const paths = globSync('{src,test,bench,experiments,docs,web}/**/*.ts', {
    cwd: ROOT,
    exclude: (path) => /node_modules|(^|\/)dist$/.test(path),
  });
  assert.ok(paths.length > 20, `expected the sources, found ${paths.length} files`);
  assertNone(paths.flatMap((path) => complaintsAbout(path.replaceAll('\\', '/'), read(path))));
});

test('every component of the pages opens with what it is, and is small', () => {
  const paths = globSync('web/src/**/*.svelte', { cwd: ROOT });
  assert.ok(paths.length > 20, `expected the components, found ${paths.length}`);
  const isOdd = (text: string): boolean => !/^<!-- [A-Z].*[.?] -->\n/.test(text) || text.split('\n').length > COMPONENT_LINES_MAX;
  assertNone(paths.filter((path) => isOdd(read(path))));
});

test('lock files name no registry and know every platform', () => {
  assertNone(trackedFiles((path) => path.endsWith('package-lock.json')).flatMap((path) => lockComplaints(path, read(path))));
});

test('every dependency has its reason in docs/dependencies.md', () => {
  const manifests = ['package.json', 'web/package.json'].map((path) => JSON.parse(read(path)));
  assertNone(dependencyComplaints(read('docs/dependencies.md'), manifests));
});

test('links between pages lead somewhere', () => {
  const pages = trackedFiles((path) => path.endsWith('.md'));
  assertNone(pages.flatMap((path) => linkComplaints(path, read(path), (target) => existsSync(join(ROOT, target)))));
});

test('no file names this machine or its registry', () => {
  const registry = process.env['npm_config_registry'];
  const marks = [
    ...(ROOT.split('/').length > ROOT_DEPTH_MIN ? [`${ROOT}/`] : []),
    ...(registry === undefined ? [] : [new URL(registry).hostname]),
    ['registry', 'npmjs', 'org'].join('.'),
    ['', 'work', ''].join('/'),
  ];
  assertNone(trackedFiles(() => true).flatMap((path) => machineComplaints(path, read(path), marks)));
});

test('planted faults in a source file are found', () => {
  const faults: readonly (readonly [path: string, source: string, complaint: RegExp])[] = [
    ['src/core/x.ts', "import { parse } from '../wire/magnet.ts';", /core may import core alone/],
    ['src/core/x.ts', "import type { Magnet } from '../wire/magnet.ts';", /core may import core alone/],
    ['src/wire/x.ts', "export * from '../overlays/chord/index.ts';", /wire may import wire, core alone/],
    ['src/sim/x.ts', "import { A } from '../net/a.ts';", /sim may import/],
    ['src/overlays/chord/x.ts', "import { A } from '../../sim/world.ts';", /overlays may import/],
    ['src/overlays/chord/x.ts', "import { A } from '../pastry/leaf-set.ts';", /pastry is used through its index\.ts/],
    ['src/transfer/bittorrent/x.ts', "const a = import('../../overlays/kademlia/table.ts');", /kademlia is used through/],
    ['src/node/x.ts', "import { A } from '../cli/main.ts';", /node may import/],
    ['src/net/x.ts', "import { A } from '../../test/world.ts';", /stands on its own/],
    ['src/net/x.ts', "import { A } from './a.test.ts';", /imported by nobody/],
    ['src/core/x.ts', "import { join } from 'node:path';", /imports nothing from outside/],
    ['src/core/x.ts', "import { A } from './a';", /ends with \.ts/],
    ['src/core/x.ts', "import { A } from './a.js';", /ends with \.ts/],
    ['src/core/x.ts', 'const now = Date.now();', /Date: time comes from/],
    ['src/sim/x.ts', 'const r = Math.random();', /Math\.random: chance/],
    ['src/sim/x.ts', 'const r = Math.log(2);', /differs by platform/],
    ['src/wire/x.ts', 'async function f() {}', /async: an operation/],
    ['src/wire/x.ts', 'const p: Promise<void> = g();', /Promise: an operation/],
    ['src/wire/x.ts', 'const s = `${await g()}`;', /await: an operation/],
    ['src/transfer/http/x.ts', 'setTimeout(f, 1);', /timers come from/],
    ['src/core/x.ts', 'a.localeCompare(b);', /locale/],
    ['src/net/x.ts', 'export enum Colour { red }', /no enum/],
    ['src/net/x.ts', 'const a: any = 1;', /no `any`/],
    ['src/net/x.ts', 'const a = b as any;', /no `any`/],
    ['src/net/x.ts', `// ${'TO' + 'DO'}: later`, /finish it/],
    ['src/net/x.ts', 'const a = 1;\n'.repeat(501), /502 lines, at most 500/],
    ['src/net/peer-manager.ts', '', /'manager' says nothing/],
    ['test/x.test.ts', 'const a = 1;', /has no test/],
    ['test/x.test.ts', `test.${'only'}('a', f);`, /leave out the other tests/],
    ['test/x.test.ts', `test('a', { skip: ${'true'} }, f);`, /says why/],
    ['test/x.test.ts', `test.${'skip'}('a', f);`, /says why/],
    ['test/x.test.ts', `test('a', (t) => t.${'skip'}());`, /says why/],
  ];
  for (const [path, source, complaint] of faults) {
    const complaints = complaintsAbout(path, `/** A sample. */\n${source}`);
    assert.equal(
      complaints.filter((said) => complaint.test(said)).length,
      1,
      `${path}: ${source.slice(0, 80)}\nsaid: ${complaints.join('; ')}`,
    );
  }
  assert.match(complaintsAbout('src/net/x.ts', 'const a = 1;').join(), /opens with/);
});

test('a file that keeps the rules gets no complaint, whatever its comments and strings say', () => {
  const source = [
    '#!/usr/bin/env node',
    '/** Uses no Date, no Promise, no Math.random. */',
    "import { Random } from '../../core/random.ts';",
    "import { Kademlia } from '../../overlays/kademlia/index.ts';",
    'const text = \'await Promise, import("../net/a.ts") from ./b.js\';',
    'const pattern = /async \'await\' "Date" [/]/;',
    'const half = total / 2; // Date.now() / 3',
    'const nested = `Date ${of(`Promise ${1}`)} await`;',
    'interface Row { readonly date: number; readonly any: number }',
    'row.async = 1;',
  ];
  assert.deepEqual(complaintsAbout('src/transfer/http/x.ts', source.join('\n')), []);
  const suite = "import { test } from 'node:test';\ntest('it says', { skip: missing ?? false }, (t) => t.skip('no tmux'));\n";
  assert.deepEqual(complaintsAbout('src/core/x.test.ts', suite), []);
});

test('planted faults outside the sources are found', () => {
  const lock = { packages: { '': {}, 'node_modules/a': { resolved: 'x', optionalDependencies: { 'a-linux': '1.0.0' } } } };
  assert.match(lockComplaints('l', JSON.stringify(lock)).join('\n'), /has "resolved"[\s\S]*no entry for a-linux/);
  assert.equal(dependencyComplaints('- `a`: It is good.\n', [{}, { dependencies: { a: '1' } }]).length, 0);
  assert.match(dependencyComplaints('- `b`: It is good.\n', [{ dependencies: { a: '1' } }]).join(), /no sentence for a.*b is in no/);
  assert.match(dependencyComplaints('- `a`: \n', [{ devDependencies: { a: '1' } }]).join(), /no sentence for a/);
  assert.deepEqual(
    linkComplaints('docs/a.md', '[b](b.md) [w](https://w.example) `[c](c.md)`', (path) => path !== 'docs/b.md'),
    ['docs/a.md: links to b.md, which is not there'],
  );
  assert.equal(machineComplaints('a', 'see ../my/checkout/x, then /my/checkout/src', ['/my/checkout/']).length, 1);
  assert.equal(machineComplaints('a', "import '../my/checkout/x.ts'", ['/my/checkout/']).length, 0);
});

test('blanked code is as long as its source and keeps its lines', () => {
  const source = "a('b\\'c') /* d\ne */ + /f[/]g/.test(`h${i({ j: `k` })}l`) // m\n";
  const code = codeOf(source);
  assert.equal(code.length, source.length);
  assert.equal(code.split('\n').length, source.split('\n').length);
  assert.equal(code.replace(/\s+/g, ''), 'a()+.test(i({j:}))');
  assert.deepEqual(
    importsOf("import { a,\n b } from './c.ts';\n// from './d.ts'\nimport type { E } from './e.ts';").map((found) => [
      found.name,
      found.line,
      found.typeOnly,
    ]),
    [
      ['./c.ts', 2, false],
      ['./e.ts', 4, true],
    ],
  );
});

function assertNone(complaints: readonly string[]): void {
  assert.equal(complaints.length, 0, `\n${complaints.join('\n')}\n`);
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Files that git holds or would take; without git (a source archive) none, and what they must not say was checked before. */
function trackedFiles(wanted: (path: string) => boolean): string[] {
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: TEXT_BYTES_MAX,
  });
  return listed.stdout.split('\0').filter((path) => path !== '' && wanted(path) && existsSync(join(ROOT, path)));
}
