/** What is published: built, packed, checked by publint, and used from a project of its own as a user would. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const ROOT = join(import.meta.dirname, '..');
const TSC = join(ROOT, 'node_modules', '.bin', 'tsc');
const PACKED_BYTES_MAX = 2 << 20;
/** Of the pages, until the first of them is there; compressed, as it would be on a wire. */
const FIRST_SCRIPT_BYTES_MAX = 70_000;
const SAID_MAX = 4000;

const folder = mkdtempSync(join(tmpdir(), 'kith-package-'));
const built = join(folder, 'kith');
const user = join(folder, 'user');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** JSON with comments in it would be no JSON; this one has none. */
const { paths: typePaths } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')).compilerOptions;
const subpaths = Object.keys(manifest.exports).filter((name) => !name.endsWith('.json'));

before(() => {
  run(ROOT, TSC, '-p', 'tsconfig.build.json', '--outDir', join(built, 'dist'));
  run(ROOT, TSC, '-p', 'tsconfig.experiments.json', '--outDir', join(built, 'dist', 'experiments'));
  run(ROOT, process.execPath, join('web', 'build.ts'), join(built, 'dist', 'pages'));
  for (const name of ['package.json', 'README.md', 'LICENSE']) cpSync(join(ROOT, name), join(built, name));
  symlinkSync(join(ROOT, 'node_modules'), join(built, 'node_modules'));
  mkdirSync(join(user, 'node_modules'), { recursive: true });
  symlinkSync(built, join(user, 'node_modules', 'kith'));
  writeFileSync(join(user, 'package.json'), '{ "type": "module" }');
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('the package is what publint expects', async () => {
  const { messages } = await publint({ pkgDir: built, pack: false, strict: true });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, manifest)),
    [],
  );
});

test('the tarball holds the compiled program and its types, no sources and no tests', () => {
  // Without scripts: `prepack` would build into the checkout.
  const [tarball] = JSON.parse(run(built, 'npm', 'pack', '--dry-run', '--json', '--ignore-scripts'));
  const paths: string[] = tarball.files.map((file: { path: string }) => file.path);
  assert.ok(paths.includes('dist/cli/main.js') && paths.includes('dist/core/index.d.ts') && paths.includes('LICENSE'), paths.join('\n'));
  assert.deepEqual(
    paths.filter((path) => /\.test\.|(?<!\.d)\.ts$|node_modules/.test(path)),
    [],
  );
  assert.ok(tarball.size < PACKED_BYTES_MAX, `${tarball.size} bytes packed, at most ${PACKED_BYTES_MAX}`);
});

test('the pages are in it, without a note of what they were built of, and the first script is small', () => {
  const [tarball] = JSON.parse(run(built, 'npm', 'pack', '--dry-run', '--json', '--ignore-scripts'));
  const paths: string[] = tarball.files.map((file: { path: string }) => file.path);
  assert.ok(paths.includes('dist/pages/index.html') && !paths.includes('dist/pages/built-of.json'), paths.join('\n'));
  const pages = join(built, 'dist', 'pages');
  const document = readFileSync(join(pages, 'index.html'), 'utf8');
  assert.doesNotMatch(document, /<script(?![^>]* src=)|<style|https?:/);
  // What the document asks for, and what the page that it opens with does.
  const scripts = [...document.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1] as string);
  const first = paths.filter((path) => /\/TransfersPage-[^/]*\.js$/.test(path)).map((path) => path.replace('dist/pages/', ''));
  const all = new Set([...scripts, ...first]);
  for (const script of all) {
    for (const [, name] of readFileSync(join(pages, script), 'utf8').matchAll(/from\s*"\.\/([^"]+\.js)"/g)) all.add(`assets/${name}`);
  }
  const bytes = [...all].reduce((sum, script) => sum + gzipSync(readFileSync(join(pages, script))).length, 0);
  assert.ok(scripts.length > 0 && first.length === 1 && bytes <= FIRST_SCRIPT_BYTES_MAX, `${[...all].join(', ')}: ${bytes} bytes`);
});

test('every subpath can be imported by a user', () => {
  const imports = subpaths.map((name) => `import * as ${wordOf(name)} from '${name.replace('.', 'kith')}';`);
  const program = `${imports.join('\n')}\nconsole.log(JSON.stringify([${subpaths.map((name) => `Object.keys(${wordOf(name)}).length`).join()}]));`;
  writeFileSync(join(user, 'all.js'), program);
  const counts: number[] = JSON.parse(run(user, process.execPath, 'all.js'));
  for (const [index, count] of counts.entries()) assert.ok(count > 0, `${subpaths[index]} exports nothing`);
});

test('in a checkout, types of every subpath come from its source', () => {
  const sources = subpaths.map((name) => [
    name.replace('.', 'kith'),
    [manifest.exports[name].default.replace('./dist/', './src/').replace(/\.js$/, '.ts')],
  ]);
  assert.deepEqual(typePaths, Object.fromEntries(sources));
});

test('a strict user in TypeScript sees the types', () => {
  writeFileSync(
    join(user, 'typed.ts'),
    "import { Bitset, type Host } from 'kith/core';\nimport { World } from 'kith/sim';\n" +
      'export const has: boolean = new Bitset(8).has(1);\nexport const now = (host: Host): number => host.now() + new World({ seed: 1 }).now;\n' +
      "// @ts-expect-error A length is a number: the types are there, and are not any.\nexport const wrong = new Bitset('8');\n",
  );
  run(user, TSC, '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024', '--types', '', 'typed.ts');
});

test('the compiled program starts and says its version', () => {
  const output = run(user, process.execPath, join('node_modules', 'kith', 'dist', 'cli', 'main.js'), '--version');
  assert.match(output, new RegExp(`\\b${manifest.version.replaceAll('.', '\\.')}\\b`));
  assert.match(readFileSync(join(built, 'dist', 'cli', 'main.js'), 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

test('the compiled program lists the experiments that come with it, and runs one of a user in TypeScript', () => {
  const kith = join('node_modules', 'kith', 'dist', 'cli', 'main.js');
  const { experiments } = JSON.parse(run(user, process.execPath, kith, 'lab', 'ls', '--json'));
  const sources = globSync('*.experiment.ts', { cwd: join(ROOT, 'experiments') }).map((file) => file.replace('.experiment.ts', ''));
  assert.deepEqual(
    experiments.map(({ name }: { name: string }) => name),
    sources.sort(),
  );
  cpSync(join(ROOT, 'test/fixtures/lab/dice.experiment.ts'), join(user, 'dice.experiment.ts'));
  const report = run(user, process.execPath, kith, 'lab', 'run', 'dice.experiment.ts', '--quiet', '--jobs', '1', '--out', 'out');
  assert.match(report, /[/\\]out[/\\]report\.html\n$/);
});

/** Runs to the end and gives stdout; what a failure said is in the error. */
function run(cwd: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe', shell: process.platform === 'win32' });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    // oxlint-disable-next-line preserve-caught-error -- the cause holds the whole output twice, and would be printed
    throw new Error(`${program} ${args.join(' ')} failed:\n${`${stdout ?? ''}${stderr ?? ''}`.slice(0, SAID_MAX)}`);
  }
}

function wordOf(subpath: string): string {
  return subpath.replace('./', '').replaceAll('-', '_');
}
