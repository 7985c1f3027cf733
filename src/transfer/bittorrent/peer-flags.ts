/** The letters that tell a peer's state, as qBittorrent and libtorrent's users know them, and what each says; owns no state. */

import type { CandidateSource } from './candidate.ts';

/** What the flags are read from; a connection of the engine fits. What its transport or its source does not know stays away. */
export interface FlagFacts {
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly amChoking: boolean;
  readonly optimistic: boolean;
  readonly snubbed: boolean;
  readonly incoming: boolean;
  /** It took part in a piece that failed its hash; whose block was bad is another question. */
  readonly hashFailed?: boolean;
  /** Where we know it from, and how we reached it. */
  readonly sources?: readonly CandidateSource[];
  readonly holePunched?: boolean;
  readonly encryption?: 'none' | 'handshake' | 'all';
  readonly utp?: boolean;
  /** Over WebRTC. */
  readonly introduced?: boolean;
  readonly webSeed?: boolean;
}

/** In the order in which they are shown. */
export const PEER_FLAGS = {
  D: 'downloading from it',
  d: 'we are interested, it chokes us',
  U: 'uploading to it',
  u: 'it is interested, we choke it',
  K: 'it serves us, we want nothing of it',
  '?': 'we serve it, it wants nothing of us',
  O: 'optimistic unchoke',
  S: 'snubbed: it owes us blocks and sends none',
  F: 'took part in a piece that failed its hash',
  I: 'it connected to us',
  H: 'found in the distributed hash table',
  h: 'reached by hole punching',
  X: 'found by peer exchange',
  L: 'found in the local network',
  E: 'all traffic is encrypted',
  e: 'the handshake was encrypted',
  P: 'over µTP',
  R: 'over WebRTC: a browser, or who speaks as one',
  W: 'a web seed: a web server that has the files',
} as const;

export type PeerFlag = keyof typeof PEER_FLAGS;

const RULES: readonly (readonly [PeerFlag, (facts: FlagFacts) => boolean])[] = [
  ['D', (facts) => facts.amInterested && !facts.peerChoking],
  ['d', (facts) => facts.amInterested && facts.peerChoking],
  ['U', (facts) => facts.peerInterested && !facts.amChoking],
  ['u', (facts) => facts.peerInterested && facts.amChoking],
  ['K', (facts) => !facts.amInterested && !facts.peerChoking],
  ['?', (facts) => !facts.peerInterested && !facts.amChoking],
  ['O', (facts) => facts.optimistic],
  ['S', (facts) => facts.snubbed],
  ['F', (facts) => facts.hashFailed === true],
  ['I', (facts) => facts.incoming],
  ['H', (facts) => isFrom(facts, 'dht')],
  ['h', (facts) => facts.holePunched === true],
  ['X', (facts) => isFrom(facts, 'pex')],
  ['L', (facts) => isFrom(facts, 'local')],
  ['E', (facts) => facts.encryption === 'all'],
  ['e', (facts) => facts.encryption === 'handshake'],
  ['P', (facts) => facts.utp === true],
  ['R', (facts) => facts.introduced === true],
  ['W', (facts) => facts.webSeed === true],
];

export function peerFlags(facts: FlagFacts): string {
  let letters = '';
  for (const [letter, holds] of RULES) if (holds(facts)) letters += letter;
  return letters;
}

function isFrom(facts: FlagFacts, source: CandidateSource): boolean {
  return facts.sources?.includes(source) === true;
}
