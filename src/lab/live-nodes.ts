/**
 * The numbers of the nodes of a simulated network that live. Every model keeps one, so that those who draw a node by its place draw the
 * same one in every system, as long as the same nodes came and went in the same order. Owns that order.
 */

import type { Random } from '../core/random.ts';

export class LiveNodes {
  readonly numbers: number[] = [];
  /** Where a node stands in `numbers`; absent: it does not live. */
  private readonly places = new Map<number, number>();

  has(node: number): boolean {
    return this.places.has(node);
  }

  add(node: number): void {
    this.places.set(node, this.numbers.length);
    this.numbers.push(node);
  }

  /** The last one takes its place. */
  remove(node: number): void {
    const place = this.places.get(node);
    const last = this.numbers.pop();
    if (place === undefined || last === undefined) throw new RangeError(`a node that lives expected, got ${node}`);
    this.places.delete(node);
    if (last === node) return;
    this.numbers[place] = last;
    this.places.set(last, place);
  }

  /** Up to `count` different ones, in the order drawn. */
  sample(random: Random, count: number): number[] {
    const { numbers } = this;
    if (numbers.length <= count) return random.shuffle([...numbers]);
    const drawn = new Set<number>();
    while (drawn.size < count) drawn.add(numbers[random.below(numbers.length)] as number);
    return [...drawn];
  }
}
