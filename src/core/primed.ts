/** A framing for a stream whose first bytes were read already, to find out what it is. Owns no state. */

import type { Framing } from './framing.ts';

/** `first` is less than a whole frame. */
export function primed<M, H>(framing: Framing<M, H>, first: Uint8Array): Framing<M, H> {
  if (first.length === 0) return framing;
  return {
    name: framing.name,
    deframer() {
      const deframer = framing.deframer();
      const refuse = (): never => {
        throw new Error(`expected less than a whole frame of ${framing.name}, got one`);
      };
      deframer.push(first, 0, first.length, { open: true, onMessage: refuse, onBulk: refuse });
      return deframer;
    },
  };
}
