/** CAN for commands: its options, and what there is to say of its node. Owns no state. */

import { CanEvent } from '../core/events.ts';
import { Can, CAN_DEFAULTS, CanClient, type CanOptions, pointsOf } from '../overlays/can/index.ts';
import { replication, valueOverlay } from './value-overlay.ts';

/** Values that a host holds: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;

export const canOverlay = valueOverlay<Can>({
  name: 'can',
  title: 'CAN',
  joined: CanEvent.joined,
  // Everybody has to have as many realities, which a client cannot ask for: so there is one.
  member: (host, { endpoint, entries, replicas, roundMs }) =>
    new Can(host, {
      ...withReplicas(replicas),
      endpoint,
      join: entries,
      roundMs,
      itemsMax: ITEMS_MAX,
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    }),
  client: (host, { entries, replicas }, handler) => new CanClient(host, { ...withReplicas(replicas), join: entries }, handler),
  points: pointsOf,
});

function withReplicas(replicas: number): CanOptions {
  return { ...CAN_DEFAULTS, ...replication(replicas) };
}
