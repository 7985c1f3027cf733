/** What a fetch shows of itself, as JSON: the same shapes over the control socket, in `--json`, in the API and on the pages. Owns no state. */

import type { BadReason } from '../../overlays/fasttrack/index.ts';
import type { Verification } from '../../transfer/files/wanted-file.ts';
import type { FetchHolder, FetchParts, FetchState } from '../files/file-fetch.ts';
import type { PiecesView, ProblemView } from '../node-view.ts';
import type { HashesView } from './search-view.ts';

export interface FetchView {
  /** Stays the same. */
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly haveBytes: number;
  readonly downloadRate: number;
  /** From holders, in this run of the node. */
  readonly downloadedBytes: number;
  /** At the present rate; null while nothing comes. */
  readonly leftMs: number | null;
  /** paused: until it is resumed. */
  readonly state: FetchState | 'paused';
  /** Known, and sending. */
  readonly holders: number;
  readonly sending: number;
  /** Where holders were found; `web` for web servers. */
  readonly networks: readonly FetchNetworkView[];
  readonly hashes: HashesView;
  /** Each part is checked as it comes: a hash tree is known. */
  readonly checksParts: boolean;
  /** What vouches for it, once it is done. */
  readonly verification: Verification | null;
  /** What is wrong with it, where it was looked at and is a bad file. */
  readonly verdict: BadReason | null;
  readonly folder: string;
  /** Once it is done. */
  readonly path: string | null;
  readonly problem: ProblemView | null;
  readonly addedAtMs: number;
  readonly completedAtMs: number | null;
}

export interface FetchNetworkView {
  readonly network: string;
  readonly holders: number;
}

export interface FetchDetail extends FetchView {
  readonly holderList: readonly FetchHolder[];
  /** Null while it is not under way. */
  readonly pieces: PiecesView | null;
  /** Where it lies while it is incomplete. */
  readonly partPath: string;
  /** Web addresses that the link named. */
  readonly sources: readonly string[];
  /** When all networks are asked for holders again; 0: they are being asked; null: nobody is. */
  readonly againInMs: number | null;
  /** A magnet link with all hashes that have an URN; empty without any. */
  readonly link: string;
  /** What has become of it in this run of the node, latest last. */
  readonly notes: readonly FetchNote[];
}

export interface FetchNote {
  readonly atMs: number;
  readonly words: string;
}

/** Holders of whom another holder has told count for no network. */
export function networksOf(holders: readonly FetchHolder[]): FetchNetworkView[] {
  const counts = new Map<string, number>();
  for (const { network } of holders) if (network !== null) counts.set(network, (counts.get(network) ?? 0) + 1);
  return [...counts].map(([network, count]) => ({ network, holders: count }));
}

export function piecesOf({ count, bytes, have, bits, availability }: FetchParts): PiecesView {
  const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
  return { count, bytes, have, bits: base64(bits), availability: base64(availability) };
}
