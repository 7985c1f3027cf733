/**
 * Builds the pages, unless they are built already of these very sources: what went into them is noted beside them with its hash. Run by
 * `npm ci`, `npm start` and `npm run build`; without the development dependencies it says so and leaves things as they are.
 */

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
/** Another folder for those that want the pages elsewhere. */
const FOLDER = resolve(process.argv[2] ?? join(ROOT, 'dist', 'pages'));
const NOTE = join(FOLDER, 'built-of.json');
/** What no module imports. */
const MORE = ['web/index.html', 'web/build.ts', 'web/vite.config.ts', 'web/package.json', 'web/public/icon.svg', 'package-lock.json'];

if (!isFresh()) await build();

function isFresh(): boolean {
  try {
    // Written below.
    const built = JSON.parse(readFileSync(NOTE, 'utf8')) as Readonly<Record<string, string>>;
    readFileSync(join(FOLDER, 'index.html'));
    return Object.entries(built).every(([path, hash]) => hashOf(path) === hash);
  } catch {
    return false;
  }
}

async function build(): Promise<void> {
  const vite = await import('vite').catch(() => null);
  if (vite === null) {
    process.stderr.write('The pages are not built: vite is not installed. The node answers without them.\n');
    return;
  }
  const startedMs = performance.now();
  const modules = new Set<string>(MORE);
  const { default: config } = await import('./vite.config.ts');
  const listing = {
    name: 'kith-inputs',
    generateBundle(this: { getModuleIds(): Iterable<string> }): void {
      for (const id of this.getModuleIds()) {
        const path = relative(ROOT, id.split('?', 1)[0] as string);
        // Modules of packages are told by the lock file.
        if (!path.startsWith('..') && !path.includes('node_modules') && !id.includes('\0')) modules.add(path.split(sep).join('/'));
      }
    },
  };
  await vite.build({
    ...config,
    configFile: false,
    logLevel: 'warn',
    plugins: [...(config.plugins ?? []), listing],
    build: { ...config.build, outDir: FOLDER },
  });
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(NOTE, JSON.stringify(Object.fromEntries([...modules].sort().map((path) => [path, hashOf(path)])), null, 1));
  process.stderr.write(`The pages were built (${((performance.now() - startedMs) / 1000).toFixed(1)} s).\n`);
}

function hashOf(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(ROOT, path)))
    .digest('base64url');
}
