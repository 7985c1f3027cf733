/**
 * What keeps a Tapestry mesh at rest from being as it should be: an entry names all that belong there, or as many as it has room for (so that a hole is
 * one only where nobody is: JSAC 2004, section III-B, property 1), and backpointers are the inverse of links. Owns no state.
 */

import { digitOf, firstWithDigit, sharedDigits } from '../../core/digits.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import type { Tapestry } from './tapestry.ts';

/** The first thing that is wrong, for people; null when nothing is. Links need not be the nearest there are: they get so in time. */
export function meshComplaint(nodes: readonly Tapestry[]): string | null {
  const order = nodes.toSorted((a, b) => compareIds(a.self, b.self));
  const members = new Map(order.map((node) => [mapKeyOf(node.self), node]));
  for (const node of order) {
    const complaint = entriesComplaint(node, order) ?? linksComplaint(node, members);
    if (complaint !== null) return `${node.self.hex}: ${complaint}`;
  }
  return null;
}

function entriesComplaint({ self, map, options }: Tapestry, order: readonly Tapestry[]): string | null {
  const { base, digitBits } = map;
  let [from, to] = [0, order.length];
  for (let level = 0; to - from > 1 || level < map.levelCount; level++) {
    const own = digitOf(self, level, digitBits);
    let [ownFrom, ownTo] = [from, to];
    for (let digit = 0, at = from; digit < base; digit++) {
      const end = digit + 1 === base ? to : firstFrom(order, firstWithDigit(self, level, digit + 1, digitBits), at, to);
      const expected = digit === own ? 0 : Math.min(options.links, end - at);
      const got = map.entry(level, digit).length;
      if (got !== expected) return `${expected} links at level ${level}, digit ${digit} expected, got ${got}`;
      if (digit === own) [ownFrom, ownTo] = [at, end];
      at = end;
    }
    [from, to] = [ownFrom, ownTo];
  }
  return null;
}

function linksComplaint({ self, map, backpointers }: Tapestry, members: ReadonlyMap<string, Tapestry>): string | null {
  for (let level = 0; level < map.levelCount; level++) {
    for (let digit = 0; digit < map.base; digit++) {
      for (const { contact } of map.entry(level, digit)) {
        const other = members.get(mapKeyOf(contact));
        if (other === undefined) return `level ${level} names ${contact.hex}, which is no member`;
        const isRight = sharedDigits(self, contact, map.digitBits) === level && digitOf(contact, level, map.digitBits) === digit;
        if (!isRight) return `${contact.hex} is at level ${level}, digit ${digit}`;
        if (!other.backpointers.has(self)) return `${contact.hex} has no pointer back`;
      }
    }
  }
  for (const contact of backpointers.all()) {
    const other = members.get(mapKeyOf(contact));
    if (other === undefined) return `a pointer back to ${contact.hex}, which is no member`;
    if (other.map.get(self) === null) return `a pointer back to ${contact.hex}, which has no link`;
  }
  return null;
}

/** The root of a point by the definition: digit by digit the first at or behind the wanted one, round the end, that any member has. */
export function rootAmong(members: readonly Tapestry[], target: Id160): Tapestry | null {
  let left = members;
  for (let level = 0; left.length > 1; level++) {
    const { digitBits, base } = (left[0] as Tapestry).map;
    const wanted = digitOf(target, level, digitBits);
    let nearest = base;
    for (const { self } of left) nearest = Math.min(nearest, (digitOf(self, level, digitBits) - wanted + base) % base);
    left = left.filter(({ self }) => (digitOf(self, level, digitBits) - wanted + base) % base === nearest);
    if (left.every(({ self }) => equalIds(self, (left[0] as Tapestry).self))) break;
  }
  return left[0] ?? null;
}

function firstFrom(order: readonly Tapestry[], point: Id160, from: number, to: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds((order[middle] as Tapestry).self, point) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
