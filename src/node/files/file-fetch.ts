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

import type { CallBackPlace, FirewalledAlternate, HolderWay, Verification, WantedFile } from '../../transfer/files/index.ts';

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
  readonly holders: readonly FetchHolder[];
}

export interface FetchHolder {
  readonly name: string;
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
  /** Called about once a second, and when the state changes; what it returns ends that. */
  onProgress(listener: (progress: FetchProgress) => void): () => void;
  add(way: HolderWay): void;
  remove(name: string): void;
  /** Ends it; what is there stays, and the same request continues it. */
  stop(): Promise<void>;
}
