/**
 * Who holds how many of some random keys: `keysPerNode`, of each node, those that hold none included. By who is responsible, without a
 * message: putting them all leads to the same. Where an overlay can tell, `part`, of each node: what it is responsible for, 1 being its fair part.
 */

import { Random } from '../../core/random.ts';
import { ID_BYTES } from '../../core/id.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { KEY_STREAM } from '../streams.ts';
import { expectQuiet, workloadOf } from './workload.ts';

export function keys(spec: RunSpec, seed: number): RunOutcome {
  const { keys: count } = workloadOf(spec, 'keys');
  expectQuiet(spec);
  const run = new OverlayRun(spec, seed);
  run.begin();
  const { network, meter } = run;
  const random = new Random(seed, KEY_STREAM);
  const held = new Uint32Array(spec.nodes);
  const key = new Uint8Array(ID_BYTES);
  for (let drawn = 0; drawn < count; drawn++) {
    const owner = network.ownerOf(random.fill(key));
    held[owner] = (held[owner] as number) + 1;
  }
  for (const node of network.live) {
    meter.add('keysPerNode', held[node] as number);
    const part = network.partOf?.(node);
    if (part !== undefined) meter.add('part', part * spec.nodes);
  }
  return run.outcome();
}
