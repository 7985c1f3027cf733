/** What a world counts; the lab and the tests read it. */

export interface Drops {
  /** By chance. */
  loss: number;
  /** A queue before a slow link was full. */
  queue: number;
  partition: number;
  /** A NAT has no port left for it, lets it not in, or does not turn it back. */
  nat: number;
  /** No node at that address, or it is down. */
  absent: number;
  /** The node has bound no handler. */
  unbound: number;
  malformed: number;
  /** More bytes than a datagram can have. */
  tooBig: number;
}

export class Counters {
  events = 0;
  datagramsSent = 0;
  datagramsDelivered = 0;
  datagramBytes = 0;
  readonly dropped: Drops = { loss: 0, queue: 0, partition: 0, nat: 0, absent: 0, unbound: 0, malformed: 0, tooBig: 0 };
  streamsOpened = 0;
  streamsFailed = 0;
  chunks = 0;
  /** Bytes that streams have put on their way. */
  streamBytes = 0;
}
