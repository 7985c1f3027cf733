/**
 * Ways from random nodes to the owners of random keys, by the nodes' own tables at rest, hop by hop: what a message that is forwarded from node to node
 * would take. No message is sent, so that networks of any size can be walked through.
 *
 * Of each way: `failed`, 1 when it does not end at who is responsible; `hops`; `pathMs`, one way along all hops, and `directMs`, one way straight from
 * end to end; of each hop `hopMs`. Of each node `contacts`, the state that it keeps.
 */

import { ID_BYTES } from '../../core/id.ts';
import { Random } from '../../core/random.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { KEY_STREAM, ORIGIN_STREAM } from '../streams.ts';
import { expectQuiet, workloadOf } from './workload.ts';

export function walks(spec: RunSpec, seed: number): RunOutcome {
  const { count } = workloadOf(spec, 'walks');
  expectQuiet(spec);
  const run = new OverlayRun(spec, seed);
  run.begin();
  const { network, world, meter } = run;
  const [keys, origins] = [new Random(seed, KEY_STREAM), new Random(seed, ORIGIN_STREAM)];
  for (let walked = 0; walked < count; walked++) {
    const key = keys.fill(new Uint8Array(ID_BYTES));
    const from = run.drawMember(origins);
    const way = network.walk(from, key).map(({ node }) => node);
    const last = way.at(-1) as number;
    let pathMs = 0;
    for (const [index, node] of way.entries()) {
      if (index === 0) continue;
      const hopMs = world.latencyMs(way[index - 1] as number, node);
      meter.add('hopMs', hopMs);
      pathMs += hopMs;
    }
    meter.add('failed', last === network.ownerOf(key) ? 0 : 1);
    meter.add('hops', way.length - 1);
    if (way.length === 1) continue;
    meter.add('pathMs', pathMs);
    meter.add('directMs', world.latencyMs(from, last));
  }
  for (const node of network.live) meter.add('contacts', network.contactsOf(node));
  return run.outcome();
}
