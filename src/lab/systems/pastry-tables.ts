/** How good the tables of Pastry nodes are, against all nodes there are: of a sample, since each is compared with everybody. Owns no state. */

import type { Contact } from '../../core/contact.ts';
import { digitOf } from '../../core/digits.ts';
import { Random } from '../../core/random.ts';
import { id160 } from '../../core/id160.ts';
import type { Pastry } from '../../overlays/pastry/index.ts';
import type { Meter } from '../measures.ts';

/** Nodes looked at, evenly spread over the ring. */
const SAMPLED_MAX = 100;
/** Rows of the table that are judged: the paper shows three. */
const ROWS = 3;
const WALKS = 20;
/** A walk that goes astray ends. */
const HOPS_MAX = 64;

/** `rare`: of walks to random keys, 1 for each that comes to a node which has nobody with the next digit, and whose leaf set has not got the key. */
export function measureRare(meter: Meter, nodes: readonly Pastry[], memberAt: (contact: Contact) => Pastry | null): void {
  const random = new Random(nodes.length, 0);
  for (const node of sampleOf(nodes)) {
    for (let walk = 0; walk < WALKS; walk++) {
      const target = id160.random(random);
      let at: Pastry | null = node;
      let isRare = false;
      for (let hops = 0; at !== null && hops < HOPS_MAX && !at.leaves.covers(target); hops++) {
        isRare ||= at.table.towards(target) === null;
        const next: Contact | undefined = at.route(target, 1, 1).closer[0];
        at = next === undefined ? null : memberAt(next);
      }
      meter.add('rare', isRare ? 1 : 0);
    }
  }
}

/** Of each of the first rows of a node, `bestInRow0` …: entries than which nobody is nearer that would do; and `missingInRow0` …: places that are empty in vain. */
export function measureBest(meter: Meter, nodes: readonly Pastry[], msBetween: (from: Contact, to: Contact) => number): void {
  for (const node of sampleOf(nodes)) {
    for (let row = 0; row < ROWS; row++) {
      let [best, missing] = [0, 0];
      for (const [digit, nearestMs] of nearestOf(node, row, nodes, msBetween)) {
        const entry = node.table.at(row, digit);
        if (entry === null) missing++;
        else if (msBetween(node.self, entry.contact) <= nearestMs) best++;
      }
      meter.add(`bestInRow${row}`, best);
      meter.add(`missingInRow${row}`, missing);
    }
  }
}

/** By digit, how far the nearest is that could have that place. */
function nearestOf(
  node: Pastry,
  row: number,
  nodes: readonly Pastry[],
  msBetween: (from: Contact, to: Contact) => number,
): ReadonlyMap<number, number> {
  const nearest = new Map<number, number>();
  for (const { self } of nodes) {
    if (self === node.self || node.table.rowOf(self) !== row) continue;
    const digit = digitOf(self, row, node.table.digitBits);
    nearest.set(digit, Math.min(nearest.get(digit) ?? Number.POSITIVE_INFINITY, msBetween(node.self, self)));
  }
  return nearest;
}

function sampleOf(nodes: readonly Pastry[]): Pastry[] {
  const step = Math.max(1, Math.floor(nodes.length / SAMPLED_MAX));
  return nodes.filter((_, index) => index % step === 0).slice(0, SAMPLED_MAX);
}
