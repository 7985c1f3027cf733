/** What the owner of a FastTrack node may choose, and what is chosen when he does not. */

import type { Endpoint } from '../../core/host.ts';
import { type ElectionRules, ELECTION_RULES } from './election.ts';
import { NETWORK } from './messages.ts';

export interface FastTrackOptions {
  /** Nodes of other networks hang up. */
  readonly network: string;
  /** Shown to those who find our files, and how a push names us; empty: one of our own making. */
  readonly name: string;
  /** Kilobits a second upwards. */
  readonly kbps: number;
  /** `auto`: becomes a supernode, and stops being one, as the network needs it. */
  readonly role: 'auto' | 'ordinary' | 'supernode';
  /** Supernodes to begin with. */
  readonly nodes: readonly Endpoint[];
  /** Where others reach us, if the owner knows better than the host; the port alone counts where the address is all zeros. */
  readonly address: Endpoint | null;
  /** KaZaA's had 60 to 150 (Liang, Kumar, Ross 2004). */
  readonly childrenMax: number;
  /** Children with the same address: whoever has many addresses is no crowd. */
  readonly perAddressMax: number;
  /** Links to other supernodes that one keeps up, and that it has at most: 40 to 60 in KaZaA. */
  readonly linksMin: number;
  readonly linksMax: number;
  /** How far a search goes among supernodes, and to how many of them each passes it (KaZaA's `SearchIndirectNodesMax`). */
  readonly floodTtl: number;
  readonly fanOut: number;
  /** What one search brings at most (KaZaA's `SearchResultsMax`). */
  readonly resultsMax: number;
  /** Files of one child that are indexed, and of all together. */
  readonly sharesMax: number;
  readonly filesMax: number;
  /** Supernodes that are remembered. */
  readonly nodesMax: number;
  /** How often a node makes sure that its supernode is there; two beats without a word are its death. */
  readonly beatMs: number;
  /** How often a supernode looks after its children and links. */
  readonly tickMs: number;
  /** A supernode lets one of its links go so often, when it has enough, so that searches see ever new parts of the network. */
  readonly shuffleMs: number;
  /** giFT leaves networks of fewer than 100,000 users: what they are told at least. */
  readonly usersShownMin: number;
  readonly election: ElectionRules;
  /** Public keys of those whose lists of bad hashes are honoured. */
  readonly publishers: readonly Uint8Array[];
  /** Where those lists are fetched, beside what supernodes have of them. */
  readonly badHashUrls: readonly string[];
}

export const FASTTRACK_DEFAULTS: FastTrackOptions = {
  network: NETWORK,
  name: '',
  kbps: 1_000,
  role: 'auto',
  nodes: [],
  address: null,
  childrenMax: 150,
  perAddressMax: 100,
  linksMin: 30,
  linksMax: 60,
  floodTtl: 2,
  fanOut: 10,
  resultsMax: 200,
  sharesMax: 5_000,
  filesMax: 300_000,
  nodesMax: 200,
  beatMs: 15_000,
  tickMs: 5_000,
  shuffleMs: 23 * 60_000,
  usersShownMin: 0,
  election: ELECTION_RULES,
  publishers: [],
  badHashUrls: [],
};
