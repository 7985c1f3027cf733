/** A node as another knows it: where it is, and how long it takes to answer (RFC 6298, as Rhea et al. 2004 found best under churn). Owns the times. */

import type { Contact } from '../../core/contact.ts';

/** Shares of a new time in the mean and in the deviation. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Nobody is taken for slow sooner: one late packet is no reason. */
const SLOW_MS_MIN = 30;

export class Known {
  readonly contact: Contact;
  rttMs: number;
  private deviationMs: number;

  constructor(contact: Contact, rttMs: number) {
    this.contact = contact;
    this.rttMs = rttMs;
    this.deviationMs = rttMs / 2;
  }

  heard(rttMs: number): void {
    this.deviationMs += DEVIATION_GAIN * (Math.abs(rttMs - this.rttMs) - this.deviationMs);
    this.rttMs += MEAN_GAIN * (rttMs - this.rttMs);
  }

  /** After so long it is late. */
  get slowMs(): number {
    return Math.max(SLOW_MS_MIN, this.rttMs + 4 * this.deviationMs);
  }
}
