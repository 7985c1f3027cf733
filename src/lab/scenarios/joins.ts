/**
 * Newcomers, one after the other: what the coming of one costs the whole network, and which keys change hands. Consistent hashing promises
 * that only those change hands which the newcomer takes over (Chord, section 4.2).
 *
 * Of each join: `messagesPerJoin` and `bytesPerJoin`, less what the network sends by itself in that time, and `joinMs` until it is a member; of each key after
 * each join `keysMoved`, 1 when another is responsible now, and `keysMovedElsewhere`, 1 when that is not the newcomer; `givers`, how many
 * nodes gave keys away. A newcomer that is no member in time counts in `joinFailed`, 0 or 1, and gives only that.
 */

import { Random } from '../../core/random.ts';
import { ID_BYTES } from '../../core/id.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { KEY_STREAM } from '../streams.ts';
import { expectQuiet, workloadOf } from './workload.ts';

/** Whoever is no member after so long never will be. */
const JOIN_MS_MAX = 120_000;
/** Time for what a member does once it is one: look its fingers up, say where it is. */
const AFTERWARDS_MS = 60_000;

export function joins(spec: RunSpec, seed: number): RunOutcome {
  const work = workloadOf(spec, 'joins');
  expectQuiet(spec);
  const run = new OverlayRun(spec, seed);
  run.begin();
  const { network, world, meter } = run;
  const random = new Random(seed, KEY_STREAM);
  const keys = Array.from({ length: work.keys }, () => random.fill(new Uint8Array(ID_BYTES)));
  let owners = keys.map((key) => network.ownerOf(key));
  for (let count = 0; count < work.joins; count++) {
    const rest = sentAtRest(run);
    const beganAtMs = world.now;
    const before = sentBy(run);
    const newcomer = network.join();
    const joined = run.runUntil(() => network.isMember(newcomer), JOIN_MS_MAX);
    const joinMs = world.now - beganAtMs;
    meter.add('joinFailed', joined ? 0 : 1);
    run.runFor(AFTERWARDS_MS);
    const ownersNow = keys.map((key) => network.ownerOf(key));
    if (joined) {
      const now = sentBy(run);
      const tookMs = world.now - beganAtMs;
      meter.add('joinMs', joinMs);
      meter.add('messagesPerJoin', now.messages - before.messages - (rest.messages * tookMs) / AFTERWARDS_MS);
      meter.add('bytesPerJoin', now.bytes - before.bytes - (rest.bytes * tookMs) / AFTERWARDS_MS);
      countMoves(run, newcomer, owners, ownersNow);
    }
    owners = ownersNow;
  }
  return run.outcome();
}

interface Sent {
  readonly messages: number;
  /** Headers of datagrams included. */
  readonly bytes: number;
}

/** What the network sends by itself in `AFTERWARDS_MS`, by what it has just sent when nobody came. */
function sentAtRest(run: OverlayRun): Sent {
  const before = sentBy(run);
  run.runFor(AFTERWARDS_MS);
  const now = sentBy(run);
  return { messages: now.messages - before.messages, bytes: now.bytes - before.bytes };
}

function sentBy(run: OverlayRun): Sent {
  return { messages: run.world.counters.datagramsSent, bytes: run.bytesSent };
}

function countMoves({ meter }: OverlayRun, newcomer: number, before: readonly number[], now: readonly number[]): void {
  const givers = new Set<number>();
  let [moved, elsewhere] = [0, 0];
  for (const [index, owner] of now.entries()) {
    if (owner === before[index]) continue;
    moved++;
    if (owner === newcomer) givers.add(before[index] as number);
    else elsewhere++;
  }
  meter.add('keysMoved', 1, moved);
  meter.add('keysMoved', 0, now.length - moved);
  meter.add('keysMovedElsewhere', 1, elsewhere);
  meter.add('keysMovedElsewhere', 0, now.length - elsewhere);
  if (now.length > 0) meter.add('givers', givers.size);
}
