/** Pastry for commands: its options, and what there is to say of its node. Owns no state. */

import { PastryEvent } from '../core/events.ts';
import { Pastry, PASTRY_DEFAULTS, PastryClient, type PastryOptions, pointsOf } from '../overlays/pastry/index.ts';
import { replication, valueOverlay } from './value-overlay.ts';

/** Values that a host holds: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;

export const pastryOverlay = valueOverlay<Pastry>({
  name: 'pastry',
  title: 'Pastry',
  joined: PastryEvent.joined,
  member: (host, { endpoint, entries, units, neighbours, replicas, roundMs }) => {
    if (units !== 1) throw new RangeError(`one place a node expected of Pastry, got ${units}`);
    return new Pastry(host, {
      ...withReplicas(replicas, neighbours),
      endpoint,
      join: entries,
      roundMs,
      itemsMax: ITEMS_MAX,
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    });
  },
  client: (host, { entries, replicas }, handler) => new PastryClient(host, { ...withReplicas(replicas, 0), join: entries }, handler),
  points: pointsOf,
});

/** Neighbours are those of one side. Who holds a copy has to know the others, wherever it is among them. */
function withReplicas(replicas: number, neighbours: number): PastryOptions {
  return { ...PASTRY_DEFAULTS, leaves: 2 * Math.max(1, neighbours, replicas - 1), ...replication(replicas) };
}
