/** What a search shows of itself, as JSON: the same shapes over the control socket, in `--json`, in the API and in the file of the last search. Owns no state. */

import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { formatMagnet } from '../../wire/magnet.ts';
import { safeText } from '../../wire/safe-text.ts';
import type { Holder, SearchHit, SearchNetworkName } from '../../wire/search-hit.ts';
import { type FileHashes, HASH_KINDS, type MediaKind, type MediaTags, NO_HASHES } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import { type HitGroup, nameOf, networksOf } from './hit-groups.ts';

/** waiting: the network has no neighbours yet. flooded: it sent more than is kept of one, and is heard no more. */
export type NetworkSearchState = 'waiting' | 'searching' | 'ended' | 'flooded';

export interface NetworkSearchView {
  readonly network: SearchNetworkName;
  readonly state: NetworkSearchState;
  /** Taken, and not taken: no match after all, or more than is kept. */
  readonly hits: number;
  readonly refused: number;
}

export interface SearchView {
  readonly id: number;
  readonly text: string;
  readonly state: 'searching' | 'ended';
  /** Why it ended, for people; empty while it has not. */
  readonly why: string;
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly rows: number;
  readonly networks: readonly NetworkSearchView[];
  /** The latest change: from here on to listen. */
  readonly sequence: number;
}

/** In hex. */
export type HashesView = { readonly [K in keyof FileHashes]: string | null };

export interface SearchRowView {
  /** As `kith get` takes it. */
  readonly number: number;
  readonly name: string;
  readonly bytes: number;
  readonly kind: MediaKind;
  readonly tags: MediaTags;
  readonly hashes: HashesView;
  readonly holders: number;
  /** Holders that can be dialled and have a free place. */
  readonly free: number;
  readonly networks: readonly { readonly network: SearchNetworkName; readonly holders: number }[];
  /** A magnet link with all hashes that have an URN; empty without any. */
  readonly link: string;
}

export interface HolderView extends Omit<Holder, 'endpoint' | 'proxies'> {
  readonly network: SearchNetworkName;
  /** The file's name there. */
  readonly name: string;
  readonly endpoint: string | null;
  readonly proxies: readonly string[];
}

export interface SearchRowDetail extends SearchRowView {
  readonly holderList: readonly HolderView[];
}

/** What has changed: the rows that have, those that became part of others, and where it is. */
export interface SearchChange {
  readonly search: SearchView;
  readonly rows: readonly SearchRowView[];
  readonly joined: readonly { readonly number: number; readonly into: number }[];
}

const NAME_CHARS_MAX = 255;

export function rowOf(group: HitGroup): SearchRowView {
  const { number, bytes, hits, hashes } = group;
  const best = hits[0] as SearchHit;
  const name = safeText(nameOf(group), NAME_CHARS_MAX);
  const exact = urnsOf(hashes);
  return {
    number,
    name,
    bytes,
    kind: best.kind,
    tags: shownTags(richest(hits)),
    hashes: hashesView(hashes),
    holders: hits.length,
    free: hits.filter(({ holder }) => !holder.firewalled && !holder.busy).length,
    networks: [...networksOf(group)].map(([network, holders]) => ({ network, holders })),
    link: exact.length === 0 ? '' : formatMagnet({ exact, name, totalBytes: bytes }),
  };
}

/** With the first of its holders, or all. */
export function rowDetailOf(group: HitGroup, holdersMax = Infinity): SearchRowDetail {
  return { ...rowOf(group), holderList: group.hits.slice(0, holdersMax).map(holderView) };
}

/** The hits that a row was made of, as far as the view tells; what is none is left out. */
export function hitsOf({ kind, tags, bytes, hashes, holderList }: SearchRowDetail): SearchHit[] {
  return holderList.map(({ network, name, endpoint, proxies, ...rest }) => ({
    network,
    name,
    bytes,
    kind,
    tags,
    hashes: hashesOf(hashes),
    holder: {
      ...rest,
      endpoint: endpoint === null ? null : parseEndpoint(endpoint),
      proxies: proxies.map(parseEndpoint).filter((proxy) => proxy !== null),
    },
  }));
}

export function hashesView(hashes: FileHashes): HashesView {
  const hex = (hash: Uint8Array | null): string | null => (hash === null ? null : hexOf(hash));
  const { sha1, tiger, ed2k, uu, head, merkle } = hashes;
  return { sha1: hex(sha1), tiger: hex(tiger), ed2k: hex(ed2k), uu: hex(uu), head: hex(head), merkle: hex(merkle) };
}

export function hashesOf(view: HashesView): FileHashes {
  return HASH_KINDS.reduce<FileHashes>((hashes, kind) => {
    const hex = view[kind];
    return hex === null ? hashes : { ...hashes, [kind]: bytesOfHex(hex) };
  }, NO_HASHES);
}

function holderView({ network, name, holder: { endpoint, proxies, ...rest } }: SearchHit): HolderView {
  return {
    ...rest,
    network,
    name,
    endpoint: endpoint === null ? null : formatEndpoint(endpoint),
    proxies: proxies.map(formatEndpoint),
  };
}

/** The tags of the hit that tells most. */
function richest(hits: readonly SearchHit[]): MediaTags {
  const told = ({ tags }: SearchHit): number => Object.values(tags).filter((value) => value !== '' && value !== 0).length;
  return hits.reduce((best, hit) => (told(hit) > told(best) ? hit : best)).tags;
}

function shownTags(tags: MediaTags): MediaTags {
  const shown = (text: string): string => safeText(text, NAME_CHARS_MAX);
  return { ...tags, title: shown(tags.title), artist: shown(tags.artist), album: shown(tags.album), genre: shown(tags.genre) };
}
