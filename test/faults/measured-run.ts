/** One run of `kith`, held to its bounds of time and memory whatever it is given. */

import assert from 'node:assert/strict';
import type { Outcome, Room } from '../cli/kith-process.ts';
import { PEAK_MB_MAX, PeakMemory } from './peak-memory.ts';

/** Wall time of a process on a machine with other work; what is measured alone takes less than a second. */
const SECONDS_MAX = 2 * Number(process.env.KITH_SLOWNESS ?? 3);
let measurements = 0;

export async function measured(room: Room, args: readonly string[]): Promise<Outcome> {
  const peak = new PeakMemory(room.folder, String(measurements++));
  const from = performance.now();
  const outcome = await room.run(args, peak.environment);
  const seconds = (performance.now() - from) / 1000;
  const megabytes = peak.take();
  assert.ok(seconds < SECONDS_MAX, `${args.join(' ')} took ${seconds} s`);
  assert.ok(megabytes < PEAK_MB_MAX, `${args.join(' ')} took ${megabytes} MB`);
  return outcome;
}
