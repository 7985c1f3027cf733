/**
 * Surrogate routing (JSAC 2004, section III-B): where a message goes next from one node. Where nobody has the next digit, the next higher one stands in
 * for it, and behind the highest the lowest: the same rule everywhere, so that every start leads to the same root. Pure.
 */

import type { Contact } from '../../core/contact.ts';
import { digitOf, digitsOf } from '../../core/digits.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';
import type { NeighbourMap } from './neighbour-map.ts';

export interface Route {
  /** Digits that are resolved at those contacts. */
  readonly level: number;
  /** The links of one entry, the primary first. None: we are the root, or nobody is left. */
  readonly contacts: readonly Contact[];
  readonly root: boolean;
}

const NOBODY: Route = { level: 0, contacts: [], root: false };

/**
 * `passed`: as though those did not exist, ourselves among them where it says so. That is exact for fewer nodes than an entry has links: an entry of
 * which all are passed over has no others.
 */
export function route(self: Contact, map: NeighbourMap, target: Id160, from: number, passed: readonly Id160[]): Route {
  const { base, digitBits, levelCount } = map;
  const isThere = passed.length === 0 ? always : ({ contact }: Known) => !passed.some((id) => equalIds(id, contact));
  const selfIsThere = !passed.some((id) => equalIds(id, self));
  for (let level = from; level < levelCount; level++) {
    const own = digitOf(self, level, digitBits);
    const wanted = digitOf(target, level, digitBits);
    let tried = 0;
    for (; tried < base; tried++) {
      const digit = (wanted + tried) % base;
      if (digit === own) {
        if (selfIsThere || map.hasFrom(level + 1, isThere)) break;
        continue;
      }
      const contacts = map.entry(level, digit).filter(isThere);
      if (contacts.length > 0) return { level: level + 1, contacts: contacts.map(({ contact }) => contact), root: false };
    }
    if (tried === base) return NOBODY;
  }
  return selfIsThere ? { level: digitsOf(digitBits), contacts: [], root: true } : NOBODY;
}

function always(): boolean {
  return true;
}
