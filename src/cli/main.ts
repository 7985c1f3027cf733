#!/usr/bin/env node
/** The `kith` program: answers `--version` itself and hands the rest to `program.ts`; loads little, since it is started often. */

import { readFileSync } from 'node:fs';

const NODE_MAJOR_MIN = 24;

const [major = '0'] = process.versions.node.split('.');
if (Number(major) < NODE_MAJOR_MIN) {
  process.stderr.write(`error: kith needs Node.js ${NODE_MAJOR_MIN} or newer; this is ${process.version} (${process.execPath}).\n`);
  process.stderr.write('  → In a checkout run: npm ci && ./kith\n  → Elsewhere install a newer Node.js: https://nodejs.org\n');
  process.exit(1);
}

const typed = process.argv.slice(2);
if (typed.length === 1 && (typed[0] === '--version' || typed[0] === '-V')) {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  process.stdout.write(`${version}\n`);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(typed);
}
