/** Chord for commands: its options, and what there is to say of its points. Owns no state. */

import { ChordEvent } from '../core/events.ts';
import { Chord, CHORD_DEFAULTS, ChordClient, type ChordOptions, pointsOf } from '../overlays/chord/index.ts';
import { replication, valueOverlay } from './value-overlay.ts';

/** Values that a host holds, however many points it has: 32 MiB at 1 KiB each, and half as much for what is around them. */
const ITEMS_MAX = 32_768;
/** Answers to whoever asks: a thousand values a second. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;

export const chordOverlay = valueOverlay<Chord>({
  name: 'chord',
  title: 'Chord',
  joined: ChordEvent.joined,
  member: (host, { endpoint, entries, units, neighbours, replicas, roundMs }) =>
    new Chord(host, {
      ...withReplicas(replicas),
      endpoint,
      join: entries,
      units,
      successors: neighbours,
      roundMs,
      spreadsNews: true,
      itemsMax: Math.floor(ITEMS_MAX / units),
      answerBytesPerSecond: ANSWER_BYTES_PER_SECOND,
    }),
  client: (host, { entries, replicas }, handler) => new ChordClient(host, { ...withReplicas(replicas), join: entries }, handler),
  points: pointsOf,
});

function withReplicas(replicas: number): ChordOptions {
  return { ...CHORD_DEFAULTS, successors: Math.max(CHORD_DEFAULTS.successors, replicas), ...replication(replicas) };
}
