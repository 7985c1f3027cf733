/** What keeps a Pastry network at rest from being as it should be (Middleware 2001, section 2). Owns no state. */

import { digitOf, sharedDigits } from '../../core/digits.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import type { Pastry } from './pastry.ts';

/** The first thing that is wrong, for people; null when nothing is. Places of the table may be empty: they fill in time. */
export function tablesComplaint(nodes: readonly Pastry[]): string | null {
  const ring = nodes.toSorted((a, b) => compareIds(a.self, b.self));
  const members = new Set(ring.map(({ self }) => mapKeyOf(self)));
  // Leaf sets first: what is wrong with a table then says that they are right.
  for (const complaintOf of [leavesComplaint, tableComplaint]) {
    for (const [index, node] of ring.entries()) {
      const complaint = complaintOf(ring, index, members);
      if (complaint !== null) return `${node.self.hex}: ${complaint}`;
    }
  }
  return null;
}

function leavesComplaint(ring: readonly Pastry[], index: number): string | null {
  const { leaves, options } = ring[index] as Pastry;
  const count = Math.min(options.leaves / 2, ring.length - 1);
  for (const [name, side, step] of [
    ['larger', leaves.larger, 1],
    ['smaller', leaves.smaller, -1],
  ] as const) {
    if (side.length !== count) return `${count} ${name} leaves expected, got ${side.length}`;
    for (let behind = 1; behind <= count; behind++) {
      const right = (ring[(index + step * behind + ring.length) % ring.length] as Pastry).self;
      const known = side[behind - 1]?.contact;
      if (known === undefined || !equalIds(known, right)) return `${name} leaf ${behind} is ${known?.hex}, not ${right.hex}`;
    }
  }
  return null;
}

function tableComplaint(ring: readonly Pastry[], index: number, members: ReadonlySet<string>): string | null {
  const { table, self } = ring[index] as Pastry;
  for (let row = 0; row < table.rowCount; row++) {
    for (let digit = 0; digit < 1 << table.digitBits; digit++) {
      const contact = table.at(row, digit)?.contact;
      if (contact === undefined) continue;
      if (!members.has(mapKeyOf(contact))) return `row ${row} names ${contact.hex}, which is no member`;
      if (sharedDigits(self, contact, table.digitBits) !== row || digitOf(contact, row, table.digitBits) !== digit) {
        return `${contact.hex} is at row ${row}, digit ${digit}`;
      }
    }
  }
  return null;
}
