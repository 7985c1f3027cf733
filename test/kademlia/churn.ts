/** A Kademlia network under churn: nodes die without a word and others join, at a given median session; what lookups find meanwhile. */

import { RpcEvent } from '../../src/core/events.ts';
import type { NodesFound } from '../../src/overlays/kademlia/find-node.ts';
import type { KademliaOptions } from '../../src/overlays/kademlia/kademlia-options.ts';
import { readId } from '../../src/overlays/kademlia/node-id.ts';
import { idealDht, idsOf, join, type KademliaNode, nearestIds, randomKey } from './worlds.ts';

const STEP_MS = 10_000;
/** A newcomer counts among those who should be found once it has had the time to join. */
const GRACE_MS = 60_000;
const MINUTE_MS = 60_000;

export interface ChurnOptions {
  readonly nodes: number;
  readonly medianSessionMinutes: number;
  readonly minutes: number;
  readonly lookupsPerMinute: number;
  readonly seed: number;
  readonly options?: Partial<KademliaOptions>;
}

export interface ChurnResult {
  readonly lookups: number;
  /** Share of lookups that found the very nearest living node, and share of the k nearest that were found. */
  readonly nearestShare: number;
  readonly foundShare: number;
  readonly hopsMean: number;
  readonly questionsMean: number;
  readonly timeoutsMean: number;
  readonly tookMsMean: number;
  readonly died: number;
  /** Of all nodes, for whatever reason. */
  readonly datagramsPerNodeMinute: number;
  readonly bytesPerNodeSecond: number;
  readonly timeouts: number;
  readonly events: number;
}

export function runChurn({ nodes, medianSessionMinutes, minutes, lookupsPerMinute, seed, options = {} }: ChurnOptions): ChurnResult {
  const dht = idealDht(nodes, options, { seed });
  const { world, random } = dht;
  const joinedAt = new Map<KademliaNode, number>();
  const there = [...dht.nodes];
  let timeouts = 0;
  world.onTap = (_, event) => {
    if (event === RpcEvent.timeout) timeouts++;
  };
  // With a constant chance to die, half of the nodes outlive the median.
  const dying = 1 - 2 ** (-STEP_MS / (medianSessionMinutes * MINUTE_MS));
  const outcomes: { found: NodesFound; truth: string[] }[] = [];
  let due = 0;
  let died = 0;
  const steps = (minutes * MINUTE_MS) / STEP_MS;
  for (let step = 0; step < steps; step++) {
    for (let index = there.length - 1; index >= 0; index--) {
      if (!random.chance(dying)) continue;
      const [victim] = there.splice(index, 1) as [KademliaNode];
      world.crash(victim, 'power');
      died++;
      joinedAt.delete(victim);
      const newcomer = join(dht, {}, there);
      there.push(newcomer);
      joinedAt.set(newcomer, world.now);
    }
    // The dead are of no use to anybody any more: of a hundred thousand nodes more than half die within an hour.
    dht.nodes.length = 0;
    for (const node of there) dht.nodes.push(node);
    const settled = there.filter((node) => world.now - (joinedAt.get(node) ?? -GRACE_MS) >= GRACE_MS);
    for (due += (lookupsPerMinute * STEP_MS) / MINUTE_MS; due >= 1; due--) {
      const target = randomKey(dht);
      const from = settled[random.below(settled.length)] as KademliaNode;
      from.protocol.findNode(target, {
        // Who has died meanwhile cannot be found; who has joined meanwhile need not.
        onNodes: (found) => {
          outcomes.push({ found, truth: nearestIds(othersAlive(settled, from), readId(target), from.protocol.options.k) });
        },
      });
    }
    world.runFor(STEP_MS);
  }
  world.runFor(GRACE_MS);
  const mean = (of: (outcome: (typeof outcomes)[number]) => number): number =>
    outcomes.reduce((sum, each) => sum + of(each), 0) / outcomes.length;
  const { counters } = world;
  return {
    lookups: outcomes.length,
    nearestShare: mean(({ found, truth }) => (idsOf(found).includes(truth[0] as string) ? 1 : 0)),
    foundShare: mean(({ found, truth }) => truth.filter((id) => idsOf(found).includes(id)).length / truth.length),
    hopsMean: mean(({ found }) => found.hops),
    questionsMean: mean(({ found }) => found.questions),
    timeoutsMean: mean(({ found }) => found.timeouts),
    tookMsMean: mean(({ found }) => found.tookMs),
    died,
    datagramsPerNodeMinute: counters.datagramsSent / nodes / minutes,
    bytesPerNodeSecond: counters.datagramBytes / nodes / minutes / 60,
    timeouts,
    events: counters.events,
  };
}

function* othersAlive(nodes: readonly KademliaNode[], from: KademliaNode): Generator<KademliaNode, void> {
  for (const node of nodes) if (node !== from && node.host.running) yield node;
}
