/** Tapestry for commands: its options, and what there is to say of its node. Owns no state. */

import { TapestryEvent } from '../core/events.ts';
import { Tapestry, TAPESTRY_DEFAULTS, TapestryClient, type TapestryOptions, pointsOf } from '../overlays/tapestry/index.ts';
import { replication, valueOverlay } from './value-overlay.ts';

/** Values that a host holds: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;

export const tapestryOverlay = valueOverlay<Tapestry>({
  name: 'tapestry',
  title: 'Tapestry',
  joined: TapestryEvent.joined,
  member: (host, { endpoint, entries, replicas, roundMs }) =>
    new Tapestry(host, {
      ...withReplicas(replicas),
      endpoint,
      join: entries,
      roundMs,
      itemsMax: ITEMS_MAX,
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    }),
  client: (host, { entries, replicas }, handler) => new TapestryClient(host, { ...withReplicas(replicas), join: entries }, handler),
  points: pointsOf,
});

/** As many links an entry as a key has replicas, at the least: so they are told apart. */
function withReplicas(replicas: number): TapestryOptions {
  return { ...TAPESTRY_DEFAULTS, links: Math.max(TAPESTRY_DEFAULTS.links, replicas), ...replication(replicas) };
}
