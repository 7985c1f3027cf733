/** `npm test`: everything that a change must pass, one line a step and a summary; a step that fails shows what it said. */

import { spawnSync } from 'node:child_process';

interface Step {
  readonly name: string;
  readonly script: string;
  /** Quiet steps are shown only when they fail; the unit tests speak for themselves. */
  readonly quiet: boolean;
}

const STEPS: readonly Step[] = [
  { name: 'types', script: 'types', quiet: true },
  { name: 'lint', script: 'lint', quiet: true },
  { name: 'format', script: 'format:check', quiet: true },
  { name: 'unused code', script: 'unused', quiet: true },
  { name: 'unit tests', script: 'test:unit', quiet: false },
];

const OUTPUT_BYTES_MAX = 64 << 20;

process.stdout.write(`checking on Node ${process.version}\n`);
const failed = STEPS.filter((step) => !passes(step));
if (failed.length === 0) {
  process.stdout.write(`\nall ${STEPS.length} checks passed\n`);
} else {
  process.stdout.write(`\nFAILED: ${failed.map((step) => `${step.name} (npm run ${step.script})`).join(', ')}\n`);
  process.exitCode = 1;
}

function passes(step: Step): boolean {
  const startedMs = performance.now();
  // npm itself puts node_modules/.bin first, so that every step runs on the pinned Node whatever this process runs on.
  const result = spawnSync('npm', ['run', '--silent', step.script], {
    stdio: step.quiet ? 'pipe' : 'inherit',
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    shell: process.platform === 'win32',
  });
  const ok = result.status === 0;
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)\n`);
  if (!ok && step.quiet) process.stdout.write(`${result.stdout}${result.stderr}${result.error?.message ?? ''}\n`);
  return ok;
}
