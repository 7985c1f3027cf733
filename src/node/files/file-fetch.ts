/**
 * One file on its way to this machine from the holders that searches found, as commands, the node and pages see it: the shape, which
 * `FileExchange` in `file-exchange.ts` gives. Owns no state.
 *
 *     const exchange = await FileExchange.open({ stateFolder });
 *     const fetch = exchange.fetch({ wanted: { bytes, hashes }, name: hit.name, folder, ways: [way] });
 *     fetch.onProgress((progress) => …);
 *     const { path } = await fetch.done;
 *
 * A `HolderWay` of a search network is `{ name, reach: (listener) => network.reach(hit, listener) }`, of an `xs` or `ws` of a magnet link `exchange.webWay(url)`.
 */

import type { BadReason } from '../../overlays/fasttrack/index.ts';
import type { CallBackPlace, FirewalledAlternate, HolderState, HolderWay, Verification, WantedFile } from '../../transfer/files/index.ts';

export interface FetchRequest {
  readonly wanted: WantedFile;
  /** What it shall be called, as a stranger has it: made safe before it is used. */
  readonly name: string;
  /** Where it is put; made when it is not there. While it is incomplete its name ends with `.part`. */
  readonly folder: string;
  readonly ways: readonly HolderWay[];
  /** Where uploaders call us when it is our turn in their queue. */
  readonly callBacks?: CallBackPlace;
  /** To one who cannot be dialled, of whom another holder has told; null: nobody can have him pushed. */
  readonly pushedWay?: (alternate: FirewalledAlternate) => HolderWay | null;
  /** What is worth a line in a log: a tree that has come, a holder that is asked no more. */
  readonly onNote?: (words: string) => void;
}

/**
 * opening: looking at what is there. moving: bytes come. waiting: every holder is busy, queues us, or is not there; or there is none.
 * checking: all is there, and is hashed.
 */
export type FetchState = 'opening' | 'moving' | 'waiting' | 'checking' | 'done' | 'failed' | 'stopped';

export interface FetchProgress {
  readonly state: FetchState;
  readonly bytes: number;
  /** On disk, and verified where something could verify it. */
  readonly bytesDone: number;
  readonly bytesPerSecond: number;
  /** True once the parts are checked one by one. */
  readonly checksParts: boolean;
  /** What is wrong with a file that no hash of the whole vouched for; null: nothing is, or it was not looked at. */
  readonly verdict: BadReason | null;
  readonly holders: readonly FetchHolder[];
}

/** The parts by which it is kept and checked. They become other ones when a tree comes. */
export interface FetchParts {
  readonly count: number;
  readonly bytes: number;
  readonly have: number;
  /** A bit a part, the first is the highest of the first byte. */
  readonly bits: Uint8Array;
  /** How many holders have each, as far as they have said, a byte a part, at most 255. */
  readonly availability: Uint8Array;
}

export interface FetchHolder {
  readonly name: string;
  /** The network that told of him, `web` for a web server of the link; null: another holder did. */
  readonly network: string | null;
  readonly phase: HolderState;
  /** He is fetching it himself, and has a part of it. */
  readonly isPartial: boolean;
  /** In words, such as `sends`, `queued, place 3`, `no answer, again in 20 s`. */
  readonly state: string;
  readonly bytesPerSecond: number;
  /** Of the file, that came from him. */
  readonly bytes: number;
}

export interface FetchResult {
  readonly path: string;
  readonly bytes: number;
  readonly verification: Verification;
}

export interface FileFetch {
  /** Rejects with a Failure: integrity, no-space, denied, in the way; or interrupted after `stop`. It waits for holders as long as it is let. */
  readonly done: Promise<FetchResult>;
  readonly progress: FetchProgress;
  /** Null while what is there is being looked at, and when it is over. */
  readonly parts: FetchParts | null;
  /** Called about once a second, and when the state changes; what it returns ends that. */
  onProgress(listener: (progress: FetchProgress) => void): () => void;
  add(way: HolderWay): void;
  remove(name: string): void;
  /** Ends it; what is there stays, and the same request continues it. */
  stop(): Promise<void>;
}

/** What moves the bytes. */
export interface FetchMaker {
  fetch(request: FetchRequest): FileFetch;
  /** Of an `xs` in a link; null where that is no address that can be used. */
  webWay(url: string): HolderWay | null;
  /** Where it lies while it is incomplete. */
  partPath(request: FetchRequest): string;
  /** Takes away what has come of one that was stopped. Throws a Failure. */
  discard(request: FetchRequest): void;
  close(): Promise<void>;
}
