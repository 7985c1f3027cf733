/**
 * Which of so many places each node of a world is at. The places are handed out in an order drawn from the seed, again and again: no place
 * has two nodes more than another, and a node's place depends on its index alone. Owns the order.
 */

import { Random } from '../core/random.ts';

/** Beside the streams of nodes and fault plans. */
const PLACES_STREAM = 0x1e00_0000_0000;

export class Places {
  private readonly order: Uint32Array;

  constructor(count: number, seed: number) {
    const places = Array.from({ length: count }, (_, place) => place);
    this.order = Uint32Array.from(new Random(seed, PLACES_STREAM).shuffle(places));
  }

  of(node: number): number {
    return this.order[node % this.order.length] as number;
  }
}
