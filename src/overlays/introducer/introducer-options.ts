/** What can be chosen about an introducer, and what holds unless somebody chooses. Owns no state. */

/** A network that members are kept of. */
export interface IntroducedNet {
  /** `net=`, in lower case. */
  readonly name: string;
  /** Its members take TCP connections: each is dialled before it is passed on. Where there are only datagrams it is taken by its word. */
  readonly dialled: boolean;
}

export interface IntroducerOptions {
  readonly nets: readonly IntroducedNet[];
  /** Answered to `ping`. */
  readonly name: string;
  /** Other introducers that are told to those who ask: chosen by whoever runs this one, never by strangers. */
  readonly others: readonly string[];
  /** Members kept of each network; the oldest goes. */
  readonly membersMax: number;
  /** Members in one answer. */
  readonly answerMax: number;
  /** Who has not been heard of for so long is passed on no more. */
  readonly memberMs: number;
  /** From one address a member of each network may be told of so often; on loopback, where all have one, always. */
  readonly updateMs: number;
  /** Questions from one address in that time. */
  readonly questionsMax: number;
  readonly connectionsMax: number;
  /** Members being dialled at once. */
  readonly visitsMax: number;
}

export const INTRODUCER_DEFAULTS: IntroducerOptions = {
  nets: [
    { name: 'gnutella', dialled: true },
    { name: 'gnutella2', dialled: true },
    { name: 'fasttrack', dialled: true },
    { name: 'napster', dialled: true },
    { name: 'chord', dialled: false },
    { name: 'mainline', dialled: false },
    { name: 'pastry', dialled: false },
    { name: 'tapestry', dialled: false },
    { name: 'kelips', dialled: false },
    { name: 'can', dialled: false },
  ],
  name: 'kith',
  others: [],
  membersMax: 500,
  answerMax: 20,
  // Two missed updates are forgiven.
  memberMs: 3 * 3_600_000,
  updateMs: 3_600_000,
  questionsMax: 120,
  connectionsMax: 512,
  visitsMax: 64,
};
