/** Networks of Kelips nodes for experiments that ask what no workload of the laboratory does: files, and what each node has in its views. */

import { id160, Random } from 'kith/core';
import { Kelips, KELIPS_DEFAULTS, type KelipsOptions, linkIdealViews } from 'kith/kelips';
import type { RunSpec } from 'kith/lab';
import { type SimNode, World } from 'kith/sim';

const CHOICES = 0x6b_0000_0001;
const POINTS = 0x6b_0000_0002;

export interface Network {
  readonly world: World;
  readonly nodes: SimNode<Kelips>[];
  readonly random: Random;
  /** One more, that joins through these. */
  add(through: readonly SimNode<Kelips>[]): SimNode<Kelips>;
}

/** As many nodes as the spec says, with complete views; it has to name a network of ways between a least and a most. */
export function networkOf(spec: RunSpec, seed: number): Network {
  const { network } = spec;
  if (network.kind !== 'uniform') throw new RangeError(`a uniform network expected, got ${network.kind}`);
  const world = new World({ seed, latency: network, faults: { loss: spec.loss } });
  const points = new Random(seed, POINTS);
  const nodes: SimNode<Kelips>[] = [];
  // Names and types are those that `checkOptions` of the system has looked at.
  const options = { ...KELIPS_DEFAULTS, ...(spec.options as Partial<KelipsOptions>) };
  const add = (through: readonly SimNode<Kelips>[]): SimNode<Kelips> => {
    const join = through.map(({ endpoint }) => endpoint);
    const node = world.addNode((host) => new Kelips(host, { ...options, join, id: id160.random(points) }));
    nodes.push(node);
    return node;
  };
  while (nodes.length < spec.nodes) add([]);
  const protocols = nodes.map(({ protocol }) => protocol);
  linkIdealViews(protocols, (from, to) => 2 * world.latencyMs((nodes[from] as SimNode).index, (nodes[to] as SimNode).index));
  world.runFor(1);
  return { world, nodes, random: new Random(seed, CHOICES), add };
}

export function living({ nodes }: Network): SimNode<Kelips>[] {
  return nodes.filter(({ host }) => host.running);
}

export function pick(network: Network): SimNode<Kelips> {
  const nodes = living(network);
  return nodes[network.random.below(nodes.length)] as SimNode<Kelips>;
}

export function key({ random }: Network): Uint8Array {
  return random.fill(new Uint8Array(20));
}
