/** How near a node lies to a key by the measure of its overlay, in words. Owns no state. */

import type { NetworkShape } from './contact-picture.ts';

/** Hexadecimal digits that are exact as a number: enough to tell how much of a ring is between two. */
const DIGITS = 12;
const TURN = 16 ** DIGITS;

/** '' where ids say nothing of it. */
export function distanceText(shape: NetworkShape, id: string, key: string): string {
  switch (shape) {
    case 'ring':
      return ringText(id, key);
    case 'trie': {
      const bits = sharedBits(id, key);
      return `its first ${bits === 1 ? 'bit is' : `${bits} bits are`} the key's`;
    }
    case 'mesh': {
      const digits = Math.floor(sharedBits(id, key) / 4);
      return `its first ${digits === 1 ? 'digit is' : `${digits} digits are`} the key's`;
    }
    case 'star':
      return '';
  }
}

function ringText(id: string, key: string): string {
  const turn = (hex: string): number => Number.parseInt(hex.slice(0, DIGITS), 16) / TURN;
  const ahead = (turn(key) - turn(id) + 1) % 1;
  const isBefore = ahead <= 0.5;
  return `${Number(((isBefore ? ahead : 1 - ahead) * 100).toPrecision(2))}% of the ring ${isBefore ? 'before' : 'behind'} the key`;
}

function sharedBits(id: string, key: string): number {
  const digits = [...id].findIndex((digit, at) => digit !== key[at]);
  if (digits < 0) return 4 * id.length;
  const differing = Number.parseInt(id[digits] ?? '0', 16) ^ Number.parseInt(key[digits] ?? '0', 16);
  return 4 * digits + Math.clz32(differing) - 28;
}
