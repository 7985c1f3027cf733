/** What a Tapestry node owes to whoever runs it: the same run for the same seed, nothing left behind, and a door for those outside. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, grownMesh, join, members, pick, put, randomKey, settle, wait } from '../../../test/tapestry/meshes.ts';
import { FaultPlan } from '../../sim/fault-plan.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { WorldOptions } from '../../sim/world.ts';
import { TapestryClient } from './client.ts';
import { checkOptions, TAPESTRY_DEFAULTS } from './tapestry-options.ts';

const QUIET = { onFind() {}, onAccess() {}, onPublished() {}, onLocated() {} };

/** A run with a bit of everything. */
function run(seed: number, world: Partial<WorldOptions> = {}): { hash: string; inspected: string } {
  const mesh = grownMesh(12, {}, { seed, clockDriftPpm: 200, ...world });
  mesh.world.faults = { loss: 0.05, duplication: 0.02, reordering: 0.05, reorderingMs: 100 };
  FaultPlan.random({ seed, nodes: 12, fromMs: mesh.world.now, untilMs: mesh.world.now + 20_000, count: 6 }).apply(mesh.world);
  for (let index = 0; index < 20; index++) {
    const { protocol } = pick(mesh);
    protocol.put(randomKey(mesh), randomKey(mesh), QUIET);
    protocol.publish(randomKey(mesh), QUIET);
    protocol.locate(randomKey(mesh), QUIET);
    mesh.world.runFor(1000);
  }
  return { hash: mesh.world.traceHash(), inspected: JSON.stringify(mesh.nodes.map((node) => node.protocol.inspect())) };
}

test('the same seed gives the same run, and bytes mode the same as reference mode', () => {
  forSeeds(4, (seed) => {
    const first = run(seed);
    assert.deepEqual(run(seed), first);
    assert.deepEqual(run(seed, { mode: 'bytes' }), first);
    assert.notEqual(run(seed + 100).hash, first.hash);
  });
});

test('after stop no timer is left, whatever was under way', () => {
  const mesh = grownMesh(10);
  join(mesh);
  for (const { protocol } of mesh.nodes) {
    protocol.publish(randomKey(mesh), QUIET);
    protocol.put(randomKey(mesh), randomKey(mesh), QUIET);
  }
  mesh.world.runFor(40);
  for (const node of mesh.nodes) {
    mesh.world.leave(node);
    assert.equal(node.host.timersPending, 0, `node ${node.index}`);
  }
  mesh.world.runFor(60_000);
});

test('a client that is no member reads and writes through any that it is told of, and nobody takes it for a node', () => {
  const mesh = grownMesh(16);
  const states: string[] = [];
  const options = { ...mesh.options, join: [pick(mesh).endpoint] };
  const client = mesh.world.addNode((host) => new TapestryClient(host, options, { onEntry: (state) => states.push(state) }));
  mesh.world.runFor(2000);
  assert.deepEqual(states, ['found']);
  const [key, other] = [randomKey(mesh), randomKey(mesh)];
  assert.ok(wait<{ ok: boolean }>(mesh, (onAccess) => client.protocol.put(key, Uint8Array.of(9), { onAccess })).ok);
  assert.deepEqual(get(mesh, pick(mesh), key).value, Uint8Array.of(9));
  put(mesh, pick(mesh), other, Uint8Array.of(7));
  const got = wait<{ value: Uint8Array | null }>(mesh, (onAccess) => client.protocol.get(other, { onAccess }));
  assert.deepEqual(got.value, Uint8Array.of(7));
  settle(mesh);
  assert.equal(members(mesh).length, 16);
});

test('options that make no sense are refused with what was expected', () => {
  const refused = (options: object, what: RegExp): void => assert.throws(() => checkOptions({ ...TAPESTRY_DEFAULTS, ...options }), what);
  refused({ digitBits: 6 }, /^RangeError: 1 to 5 bits a digit expected, got 6$/);
  refused({ replicas: 4 }, /^RangeError: 1 to 3 replicas expected, got 4$/);
  refused({ links: 9 }, /1 to 8 links an entry expected, got 9/);
  refused({ readQuorum: 0 }, /1 to 3 nodes that answer a get expected, got 0/);
});
