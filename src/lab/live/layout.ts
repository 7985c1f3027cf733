/** Where the nodes of a simulated overlay lie when they are drawn, in a square whose sides have length 1. Owns no state. */

import type { PlaceView, Shape } from '../overlay-model.ts';

/** Digits of an id that a place in a square can tell apart: each halves it twice. */
const MESH_DIGITS = 8;
const TURN = 2 * Math.PI;
const WORD = 2 ** 32;
/** What is left free at the edge. */
const MARGIN = 0.04;

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** `groups`: how many there are, for those shapes that have them. Drawing is for the eye: nothing that a run decides depends on it. */
export function spotOf(shape: Shape, { id, boxes, group }: Pick<PlaceView, 'id' | 'boxes' | 'group'>, groups: number): Spot {
  const turn = Number.parseInt(id.slice(0, 8), 16) / WORD;
  switch (shape) {
    case 'ring':
      return { x: 0.5 + (0.5 - MARGIN) * Math.sin(turn * TURN), y: 0.5 - (0.5 - MARGIN) * Math.cos(turn * TURN) };
    case 'trie':
      return { x: MARGIN + (1 - 2 * MARGIN) * turn, y: 1 - MARGIN };
    case 'mesh':
      return cellOf(id);
    case 'groups':
      return { x: ((group ?? 0) + 0.5) / groups, y: MARGIN + (1 - 2 * MARGIN) * turn };
    case 'torus': {
      const [box] = boxes;
      if (box === undefined) return { x: 0.5, y: 0.5 };
      const middle = (dim: number): number => (box.lows[dim] ?? 0) + (box.sizes[dim] ?? 1) / 2;
      return { x: middle(0), y: middle(1) };
    }
  }
}

/** Each hexadecimal digit chooses one of 4 x 4 cells of the cell before: who shares a prefix lies together. */
function cellOf(id: string): Spot {
  let [x, y, side] = [MARGIN, MARGIN, 1 - 2 * MARGIN];
  for (const character of id.slice(0, MESH_DIGITS)) {
    const digit = Number.parseInt(character, 16);
    side /= 4;
    x += (digit & 3) * side;
    y += (digit >> 2) * side;
  }
  return { x: x + side / 2, y: y + side / 2 };
}
