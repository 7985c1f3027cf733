/** Kelips for commands: its options, and what there is to say of its node. Owns no state. */

import { KelipsEvent } from '../core/events.ts';
import { Kelips, KELIPS_DEFAULTS, KelipsClient, type KelipsOptions, pointsOf } from '../overlays/kelips/index.ts';
import { replication, valueOverlay } from './value-overlay.ts';

/** Values that a host holds: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;
/** Heartbeats come round within so many rounds. */
const VIEW_ROUNDS = 30;
const CONTACT_ROUNDS = 60;

export const kelipsOverlay = valueOverlay<Kelips>({
  name: 'kelips',
  title: 'Kelips',
  joined: KelipsEvent.joined,
  member: (host, { endpoint, entries, groups, replicas, roundMs }) =>
    new Kelips(host, {
      ...withReplicas(replicas),
      groups,
      endpoint,
      join: entries,
      roundMs,
      viewTimeoutMs: VIEW_ROUNDS * roundMs,
      contactTimeoutMs: CONTACT_ROUNDS * roundMs,
      tupleTimeoutMs: CONTACT_ROUNDS * roundMs,
      itemsMax: ITEMS_MAX,
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    }),
  client: (host, { entries, replicas }, handler) => new KelipsClient(host, { ...withReplicas(replicas), join: entries }, handler),
  points: pointsOf,
});

function withReplicas(replicas: number): KelipsOptions {
  return { ...KELIPS_DEFAULTS, contacts: Math.max(KELIPS_DEFAULTS.contacts, replicas), ...replication(replicas) };
}
