/** The letters that tell a peer's state, as qBittorrent and libtorrent's users know them, and what each says; owns no state. */

/** What the flags are read from; a connection of the engine fits. */
export interface FlagFacts {
  readonly amInterested: boolean;
  readonly peerChoking: boolean;
  readonly peerInterested: boolean;
  readonly amChoking: boolean;
  readonly optimistic: boolean;
  readonly snubbed: boolean;
  readonly incoming: boolean;
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
  I: 'it connected to us',
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
  ['I', (facts) => facts.incoming],
];

export function peerFlags(facts: FlagFacts): string {
  let letters = '';
  for (const [letter, holds] of RULES) if (holds(facts)) letters += letter;
  return letters;
}
