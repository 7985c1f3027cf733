/** Worlds of Tapestry nodes for tests: meshes that are right from the start, meshes that grow by the protocol, and an oracle beside them. */

import { randomId, readId } from '../../src/core/id160.ts';
import { meshComplaint, rootAmong } from '../../src/overlays/tapestry/complaint.ts';
import { linkIdealMesh } from '../../src/overlays/tapestry/ideal-mesh.ts';
import type { LocateResult } from '../../src/overlays/tapestry/locate.ts';
import type { PublishResult } from '../../src/overlays/tapestry/publish.ts';
import { Tapestry } from '../../src/overlays/tapestry/tapestry.ts';
import { TAPESTRY_DEFAULTS, type TapestryOptions } from '../../src/overlays/tapestry/tapestry-options.ts';
import type { OwnersFound } from '../../src/overlays/values/index.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { emptyNet, live, type Net, settleNet, wait } from '../overlays/net.ts';

export { get, live, put, randomKey, wait } from '../overlays/net.ts';

export type TapestryNode = SimNode<Tapestry>;

export type Mesh = Net<Tapestry, TapestryOptions>;

const ENTRY_POINTS = 8;
const SETTLE_MS = 600_000;

/** Rounds of a second, so that a test sees many. */
export const FAST: Partial<TapestryOptions> = {
  roundMs: 1000,
  slowMs: 250,
  timeoutMs: 700,
  levelRounds: 1,
  verifyRounds: 3,
  repairRounds: 3,
};

/** `count` nodes in an ideal mesh, at points drawn from the seed. */
export function idealMesh(count: number, options: Partial<TapestryOptions> = {}, world: Partial<WorldOptions> = {}): Mesh {
  const mesh = emptyNet<Tapestry, TapestryOptions>({ ...TAPESTRY_DEFAULTS, ...options }, world);
  for (let index = 0; index < count; index++) mesh.nodes.push(make(mesh, {}));
  const protocols = mesh.nodes.map((node) => node.protocol);
  linkIdealMesh(protocols, (from, to) => 2 * mesh.world.latencyMs(from, to));
  mesh.world.runFor(1);
  return mesh;
}

/** `count` nodes that have joined one another by the protocol, the first having founded the mesh; in order when this returns. */
export function grownMesh(count: number, options: Partial<TapestryOptions> = {}, world: Partial<WorldOptions> = {}): Mesh {
  const mesh = emptyNet<Tapestry, TapestryOptions>({ ...TAPESTRY_DEFAULTS, ...FAST, ...options }, world);
  for (let index = 0; index < count; index++) {
    join(mesh);
    mesh.world.runFor(500);
  }
  settle(mesh);
  return mesh;
}

/** One more node, which joins through some of those that live; the first node is always named, and tests let it live. */
export function join(mesh: Mesh, options: Partial<TapestryOptions> = {}): TapestryNode {
  const [first, ...others] = live(mesh);
  const entries = first === undefined ? [] : [first, ...mesh.random.shuffle(others).slice(0, ENTRY_POINTS - 1)];
  const node = make(mesh, { join: entries.map(({ endpoint }) => endpoint), ...options });
  mesh.nodes.push(node);
  return node;
}

export function members(mesh: Mesh): Tapestry[] {
  return live(mesh)
    .map(({ protocol }) => protocol)
    .filter(({ isMember }) => isMember);
}

/** Lets time pass until all that live are members of a mesh in order. */
export function settle(mesh: Mesh, msMax = SETTLE_MS): void {
  settleNet(mesh, () => complaint(mesh), Math.max(100, mesh.options.roundMs), msMax);
}

export function complaint(mesh: Mesh): string | null {
  const [there, expected] = [members(mesh), live(mesh).length];
  return there.length === expected ? meshComplaint(there) : `${there.length} of ${expected} are members`;
}

export function rootOf(mesh: Mesh, key: Uint8Array): Tapestry {
  return rootAmong(members(mesh), readId(key)) as Tapestry;
}

export function pick(mesh: Mesh): TapestryNode {
  const nodes = live(mesh).filter(({ protocol }) => protocol.isMember);
  return nodes[mesh.random.below(nodes.length)] as TapestryNode;
}

/** Runs until a result is there. */
export function lookup(mesh: Mesh, from: TapestryNode, key: Uint8Array, want = 1): OwnersFound {
  return wait(mesh, (done) => from.protocol.lookup(key, { onFind: done }, want));
}

export function publish(mesh: Mesh, from: TapestryNode, name: Uint8Array): PublishResult {
  return wait(mesh, (done) => from.protocol.publish(name, { onPublished: done }));
}

export function locate(mesh: Mesh, from: TapestryNode, name: Uint8Array): LocateResult {
  return wait(mesh, (done) => from.protocol.locate(name, { onLocated: done }));
}

/** Points are drawn: SHA-1 of an address would be the same in every world. */
function make({ world, options, random }: Mesh, more: Partial<TapestryOptions>): TapestryNode {
  return world.addNode((host) => new Tapestry(host, { ...options, id: randomId(random), ...more }));
}
