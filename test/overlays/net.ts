/** A simulated network of any overlay that keeps values, as tests have it: who is in it, what is asked of it, and that it comes to be in order. */

import assert from 'node:assert/strict';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import type { AccessResult, ValueNode } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';

/** `N` are its nodes, `O` their options. */
export interface Net<N extends ValueNode, O> {
  readonly world: World;
  /** All that there ever were, in the order in which they came. */
  readonly nodes: SimNode<N>[];
  readonly options: O;
  /** The choices that a test makes, apart from those of nodes. */
  readonly random: Random;
}

type AnyNet = Net<ValueNode, unknown>;

const TEST_STREAM = 0x77_0000_0000;
const RESULT_MS_MAX = 120_000;

/** Nobody is in it; one seed decides what nodes do and what the test chooses. */
export function emptyNet<N extends ValueNode, O>(options: O, world: Partial<WorldOptions>): Net<N, O> {
  const seed = world.seed ?? 1;
  return {
    world: new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, ...world }),
    nodes: [],
    options,
    random: new Random(seed, TEST_STREAM),
  };
}

export function live<N extends ValueNode>({ nodes }: { readonly nodes: readonly SimNode<N>[] }): SimNode<N>[] {
  return nodes.filter((node) => node.host.running);
}

/** Any that lives. */
export function pick<N extends ValueNode>(net: { readonly nodes: readonly SimNode<N>[]; readonly random: Random }): SimNode<N> {
  const nodes = live(net);
  return nodes[net.random.below(nodes.length)] as SimNode<N>;
}

/** Addresses of some of those. */
export function someOf(nodes: readonly SimNode[], count: number, random: Random): Endpoint[] {
  return random
    .shuffle([...nodes])
    .slice(0, count)
    .map(({ endpoint }) => endpoint);
}

export function randomKey({ random }: { readonly random: Random }): Uint8Array {
  return random.fill(new Uint8Array(20));
}

/** Lets time pass until nothing is wrong any more; how long that took. */
export function settleNet({ world }: AnyNet, complaint: () => string | null, lookMs: number, msMax: number): number {
  const begunMs = world.now;
  for (let wrong = complaint(); wrong !== null; wrong = complaint()) {
    assert.ok(world.now < begunMs + msMax, `${wrong} after ${msMax} ms; ${world.describe()}`);
    world.runFor(lookMs);
  }
  return world.now - begunMs;
}

export function put(net: { readonly world: World }, { protocol }: SimNode<ValueNode>, key: Uint8Array, value: Uint8Array): AccessResult {
  return wait(net, (onAccess) => protocol.put(key, value, { onAccess }));
}

export function get(net: { readonly world: World }, { protocol }: SimNode<ValueNode>, key: Uint8Array): AccessResult {
  return wait(net, (onAccess) => protocol.get(key, { onAccess }));
}

export function remove(net: { readonly world: World }, { protocol }: SimNode<ValueNode>, key: Uint8Array): AccessResult {
  return wait(net, (onAccess) => protocol.remove(key, { onAccess }));
}

/** Runs until a result is there. */
export function wait<R>({ world }: { readonly world: World }, begin: (done: (result: R) => void) => void): R {
  let got: R | null = null;
  begin((result) => {
    assert.equal(got, null, 'a result comes once');
    got = result;
  });
  world.runUntil(() => got !== null, RESULT_MS_MAX);
  assert.ok(got !== null, `no result within two minutes; ${world.describe()}`);
  return got;
}
