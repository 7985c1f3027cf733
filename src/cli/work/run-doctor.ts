/** The work of `kith doctor`: has everything looked at, and shows what was found. Owns no state. */

import { type Finding, examine } from '../../node/doctor.ts';
import type { Call } from '../cli.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { typeable } from '../follow.ts';
import { findNode } from './running-node.ts';

const SIGNS: Readonly<Record<Finding['state'], string>> = { ok: '✓', note: '·', warning: '!', wrong: '✗' };

/** Exit code 10 when something is wrong; a warning alone is none. */
export async function runDoctor(call: Call): Promise<void> {
  const { console, settings } = call;
  const node = await findNode(call);
  const [status, transfers] = node === null ? [null, []] : await Promise.all([node.status(), node.list()]);
  const findings = await examine({ settings, status, transfers, nowMs: Date.now() });
  const wrong = findings.filter(({ state }) => state === 'wrong').length;
  console.document({ findings, wrong });
  const width = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, state, message, next } of findings) {
    console.result(`${SIGNS[state]} ${check.padEnd(width)}  ${message}`);
    if (next !== '') console.result(`  ${' '.repeat(width)}  → ${typeable(next)}`);
  }
  if (wrong > 0) process.exitCode = exitCodeOf('check-failed');
}
