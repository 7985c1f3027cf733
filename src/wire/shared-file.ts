/**
 * A file that a node shares, as every search network sees it, and what they ask of the collection. On a node the collection is a database
 * (`node/library`), in the simulator and in tests a list (`ListedFiles`). Owns no state.
 */

export type MediaKind = 'audio' | 'video' | 'image' | 'document' | 'software' | 'archive' | 'other';

/** Bytes, each null where it was not computed. */
export interface FileHashes {
  /** 20 bytes: Gnutella's urn:sha1. */
  readonly sha1: Uint8Array | null;
  /** 24 bytes: the root of the Tiger tree. */
  readonly tiger: Uint8Array | null;
  /** 16 bytes. */
  readonly ed2k: Uint8Array | null;
  /** 20 bytes: FastTrack. */
  readonly uu: Uint8Array | null;
  /** 16 bytes: MD5 of the beginning, as Napster has it. */
  readonly head: Uint8Array | null;
  /** 32 bytes: the root of the file's tree in BitTorrent v2 (BEP 52). */
  readonly merkle: Uint8Array | null;
}

export type HashKind = keyof FileHashes;
export const HASH_KINDS: readonly HashKind[] = ['sha1', 'tiger', 'ed2k', 'uu', 'head', 'merkle'];
export const NO_HASHES: FileHashes = { sha1: null, tiger: null, ed2k: null, uu: null, head: null, merkle: null };

/** What a file says of itself; empty or 0 where it does not. */
export interface MediaTags {
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly genre: string;
  readonly year: number;
  /** Kilobits a second. */
  readonly bitRate: number;
  /** Hertz. */
  readonly sampleRate: number;
  readonly seconds: number;
}

export const NO_TAGS: MediaTags = { title: '', artist: '', album: '', genre: '', year: 0, bitRate: 0, sampleRate: 0, seconds: 0 };

export interface SharedFile {
  /** Stays the same as long as the file is shared; 1 to 2^31 - 1. */
  readonly id: number;
  readonly name: string;
  /** The folders between what is shared and the file, with `/` between; may be empty. */
  readonly folder: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly kind: MediaKind;
  readonly tags: MediaTags;
  readonly hashes: FileHashes;
}

/** All that is given must hold. */
export interface FileQuery {
  /** As `keywordsOf` gives them; none: any file. */
  readonly words: readonly string[];
  readonly without?: readonly string[];
  readonly kind?: MediaKind;
  readonly bytesMin?: number;
  readonly bytesMax?: number;
  readonly bitRateMin?: number;
  readonly bitRateMax?: number;
  readonly limit: number;
}

export interface SharedFiles {
  readonly count: number;
  readonly totalBytes: number;
  /** Goes up with every change: what was made of the collection may be stale. */
  readonly version: number;
  search(query: FileQuery): readonly SharedFile[];
  byId(id: number): SharedFile | null;
  byHash(kind: HashKind, hash: Uint8Array): SharedFile | null;
  /** Up to `limit` files with a greater id, by id: all of them, page by page, from 0 on. */
  after(id: number, limit: number): readonly SharedFile[];
}
