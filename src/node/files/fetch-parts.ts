/** The parts of a file that is being fetched: which are there, and how many holders have each. Owns no state. */

import type { Holder, PieceKeeper } from '../../transfer/files/index.ts';
import type { FetchParts } from './file-fetch.ts';

const AVAILABILITY_MAX = 255;

/** `holders`: those that are asked. One that has not said what he has counts for all of it. */
export function partsOf(keeper: PieceKeeper, holders: readonly Holder[]): FetchParts {
  const { pieceCount: count, pieceBytes, fileBytes, store } = keeper;
  const partial = holders.map(({ available }) => available).filter((available) => available !== null);
  const whole = holders.length - partial.length;
  const availability = new Uint8Array(count);
  for (let part = 0; part < count; part++) {
    const { begin, end } = keeper.rangeOf(part);
    const having = whole + partial.filter((available) => available.has(begin, end)).length;
    availability[part] = Math.min(AVAILABILITY_MAX, having);
  }
  return { count, bytes: Math.min(pieceBytes, fileBytes), have: store.have.count, bits: store.have.bytes.slice(), availability };
}
