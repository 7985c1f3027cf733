/** What can happen in a world: the kinds of events in its wheel. Their numbers are part of the trace hash. */

export const EventKind = {
  start: 1,
  timer: 2,
  /** A datagram reaches the downlink of its receiver; then, if it had to queue there, the receiver. */
  datagramArrival: 3,
  datagramDelivery: 4,
  resolved: 5,
  /** An uplink has finished a chunk, and others wait. */
  uplinkFree: 6,
  /** A chunk of a stream reaches the downlink of its receiver; then, if it had to queue there, the receiver. */
  chunkArrival: 7,
  chunkDelivery: 8,
  /** What a partition has held up is tried again. */
  chunkRetry: 9,
  connectRequest: 10,
  connectAccepted: 11,
  connectFailed: 12,
  streamEnd: 13,
  streamReset: 14,
  streamDrain: 15,
  streamResume: 16,
  streamClosed: 17,
  store: 18,
  fault: 19,
} as const;
