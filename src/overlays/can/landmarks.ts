/**
 * Landmark ordering (SIGCOMM 2001, section 3.6): the order of a node's round-trip times to well-known hosts chooses one of as many parts of the space as there are
 * orders, so that nodes which are near one another get zones near one another. Owns the times.
 */

import { Contact } from '../../core/contact.ts';
import type { Endpoint } from '../../core/host.ts';
import { Id160 } from '../../core/id160.ts';
import { ping, type WhoMessage } from '../../core/who.ts';
import { Question as OverlayQuestion } from '../../core/question.ts';
import type { Asker } from './asker.ts';
import { Zone } from './zone.ts';

const NOBODY = new Id160(0, 0, 0, 0, 0);

export class Landmarks {
  private readonly asker: Asker;
  private rtts: number[] = [];
  private left = 0;
  private done: () => void = () => {};

  constructor(asker: Asker) {
    this.asker = asker;
  }

  /** `done` follows, at once when there is nothing to measure. */
  measure(done: () => void): void {
    const { landmarks } = this.asker.options;
    this.done = done;
    this.left = landmarks.length;
    this.rtts = landmarks.map(() => Number.POSITIVE_INFINITY);
    if (this.left === 0) done();
    for (const [index, endpoint] of landmarks.entries()) new Measure(this, this.asker, endpoint, index).ask();
  }

  measured(index: number, rttMs: number): void {
    this.rtts[index] = rttMs;
    this.left--;
    if (this.left === 0) this.done();
  }

  /** The part of the space for our order; null: all of it. */
  portion(dims: number): Zone | null {
    return this.rtts.length < 2 ? null : portionOf(this.rtts, dims);
  }
}

/** The orders, numbered, share out the zones of the least depth at which there are enough; those that are left over go to nobody in particular. */
export function portionOf(rtts: readonly number[], dims: number): Zone {
  const order = Array.from(rtts.keys()).sort((a, b) => (rtts[a] === rtts[b] ? a - b : (rtts[a] as number) - (rtts[b] as number)));
  let number = 0;
  let orders = 1;
  for (const [place, landmark] of order.entries()) {
    // How many of those that come later have a smaller number: the digits of the order among all orders.
    number = number * (order.length - place) + order.slice(place + 1).filter((later) => later < landmark).length;
    orders *= order.length - place;
  }
  let parts = 1;
  while (parts < orders) parts *= 2;
  return new Zone(parts + Math.floor((number * parts) / orders), dims);
}

class Measure extends OverlayQuestion<WhoMessage, Contact> {
  private readonly landmarks: Landmarks;
  private readonly index: number;

  constructor(landmarks: Landmarks, asker: Asker, endpoint: Endpoint, index: number) {
    super(asker, new Contact(NOBODY, 0, endpoint), asker.options.attempts);
    this.landmarks = landmarks;
    this.index = index;
  }

  protected request(transaction: number): WhoMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected answered(_reply: WhoMessage, rttMs: number): void {
    this.landmarks.measured(this.index, rttMs);
  }

  protected silent(): void {
    this.landmarks.measured(this.index, Number.POSITIVE_INFINITY);
  }
}
