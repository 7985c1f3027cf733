/** What is remembered of one peer that may be dialled, where it is known from, and which of two is dialled first. Owned by the candidates. */

import type { Endpoint } from '../../core/host.ts';
import type { DialWay } from './dial-ways.ts';

/**
 * Who has told us of a peer: a tracker, the distributed hash table, another peer (PEX), itself in the local network or by coming to us,
 * a peer that introduces us (BEP 55), a link (`x.pe`), a person, an earlier run.
 */
export type CandidateSource = 'tracker' | 'dht' | 'pex' | 'local' | 'incoming' | 'holepunch' | 'magnet' | 'manual' | 'resume';

/** Dials that failed in a row before a peer is forgotten; of rumours only so many. */
const FAILURES_MAX = 6;
const FAILURES_MAX_OF_RUMOUR = 3;

export interface Candidate {
  readonly endpoint: Endpoint;
  /** In the order in which they spoke; the connection to it looks here too. */
  readonly sources: CandidateSource[];
  /** In our own network: on this machine, on the same wire, at a private address. */
  near: boolean;
  priority: number;
  failures: number;
  /** Not to be dialled before this moment. */
  notBeforeMs: number;
  busy: boolean;
  /** How it was reached last. */
  way: DialWay | null;
  /** What peers say of it: bits of ExchangeFlag. */
  flags: number;
  /** In whose share of the rumours it is counted; null for who is vouched for, or has been met. */
  rumouredBy: string | null;
  /** The connection over which it was heard of last, by slot; -1 for none. */
  tellerSlot: number;
}

/** Only hearsay speaks for it. */
export function isRumour({ sources }: Candidate): boolean {
  return sources.every((source) => source === 'pex' || source === 'holepunch');
}

/** Fewest failures first, then our own network, then what is more than a rumour, then BEP 40. */
export function comesBefore(a: Candidate, b: Candidate): boolean {
  if (a.failures !== b.failures) return a.failures < b.failures;
  if (a.near !== b.near) return a.near;
  const [rumourA, rumourB] = [isRumour(a), isRumour(b)];
  if (rumourA !== rumourB) return rumourB;
  return a.priority > b.priority;
}

/** Named by a person, a peer is tried on for ever. */
export function isHopeless(candidate: Candidate): boolean {
  const { sources, failures } = candidate;
  if (sources.includes('manual') || sources.includes('magnet')) return false;
  return failures >= (isRumour(candidate) ? FAILURES_MAX_OF_RUMOUR : FAILURES_MAX);
}
