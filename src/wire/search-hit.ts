/** What a search of any network found: a file at one holder. Commands and pages group them by hash, downloads take parts from every holder. Owns no state. */

import type { Endpoint } from '../core/host.ts';
import type { FileHashes, FileQuery, MediaKind, MediaTags } from './shared-file.ts';

/** As `--in` and the pages name them. */
export type SearchNetworkName = 'napster' | 'gnutella' | 'gnutella2' | 'fasttrack' | 'unstructured';

export interface SearchHit {
  readonly network: SearchNetworkName;
  /** As the holder tells it: words to show, never a path. */
  readonly name: string;
  readonly bytes: number;
  readonly kind: MediaKind;
  readonly tags: MediaTags;
  readonly hashes: FileHashes;
  readonly holder: Holder;
}

/** Who has the file, and how it is asked for there. */
export interface Holder {
  /** Null where only the network knows the way: a push, or the index server that tells it on request. */
  readonly endpoint: Endpoint | null;
  /** The file's name or number at this holder, in the words of its network: a path of HTTP, an index, a hash. */
  readonly locator: string;
  /** How the network names the holder: a nick, a servent's GUID in hex; empty where the endpoint says all. */
  readonly id: string;
  /** He cannot be dialled: he is asked, over the network, to dial. */
  readonly firewalled: boolean;
  /** No free place now, by his own word. */
  readonly busy: boolean;
  /** Kilobits a second as he tells; 0: he does not. */
  readonly speed: number;
  /** Those who pass a push on to him. */
  readonly proxies: readonly Endpoint[];
}

/** What is looked for. A network that cannot ask for a part of it leaves that out: whoever gets the hits looks at them again. */
export interface SearchRequest extends FileQuery {
  /** The file with any of these hashes, whatever it is called; then `words` may be empty, or help to find it. Null: by words. */
  readonly hashes: FileHashes | null;
}

export interface SearchListener {
  onHit(hit: SearchHit): void;
  /** No more will come: enough, the end of the network's patience, or nobody to ask. */
  onSearchEnd(): void;
}

/** A search in flight. */
export interface Search {
  stop(): void;
}
