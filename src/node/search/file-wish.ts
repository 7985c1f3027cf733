/** A file that `kith get` is to fetch by its hashes: a row of the last search, a magnet link of other networks, an ed2k link. Owns no state. */

import { bytesOfHex } from '../../core/hex.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { type Magnet, parseMagnet } from '../../wire/magnet.ts';
import { safeText } from '../../wire/safe-text.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { type FileHashes, HASH_KINDS, NO_HASHES } from '../../wire/shared-file.ts';
import { parseUrn } from '../../wire/urn.ts';
import { LastSearch } from './last-search.ts';
import { hashesOf, hitsOf, type SearchRowDetail } from './search-view.ts';

export interface FileWish {
  readonly name: string;
  /** Null: the link does not tell; whoever has it does. */
  readonly bytes: number | null;
  readonly hashes: FileHashes;
  /** Holders that a search has found. */
  readonly hits: readonly SearchHit[];
  /** Web addresses of the very file. */
  readonly sources: readonly string[];
}

const NAME_CHARS_MAX = 255;
/** `ed2k://|file|NAME|BYTES|HASH|/`; what stands behind the hash is for eDonkey alone. */
const ED2K = /^ed2k:\/\/\|file\|([^|]{1,1024})\|(\d{1,15})\|([0-9a-f]{32})\|/i;

/** Null: it is something else, such as a torrent. Throws a not-found Failure for a number that no row has. */
export function fileWishOf(link: string, stateFolder: string): FileWish | null {
  if (/^\d{1,6}$/.test(link)) return wishOfRow(new LastSearch(stateFolder).row(Number(link)));
  const [, name, bytes, hash] = ED2K.exec(link) ?? [];
  if (name !== undefined) {
    const hashes = { ...NO_HASHES, ed2k: bytesOfHex(hash as string) };
    return { name: nameOf(decoded(name)), bytes: Number(bytes), hashes, hits: [], sources: [] };
  }
  const magnet = /^magnet:/i.test(link) ? magnetOf(link) : null;
  return magnet === null || magnet.infoHash !== null || magnet.infoHashV2 !== null ? null : wishOfMagnet(magnet);
}

/** What a link for a torrent says of its one file besides; null where that is nothing that other networks know. */
export function fileBesideTorrent(magnet: Magnet | null): FileWish | null {
  return magnet === null ? null : wishOfMagnet(magnet);
}

function wishOfMagnet({ exact, name, totalBytes, sources }: Magnet): FileWish | null {
  const hashes = exact.reduce<FileHashes>((known, urn) => {
    const { sha1 = null, tiger = null, ed2k = null } = parseUrn(urn) ?? {};
    return { ...known, sha1: known.sha1 ?? sha1, tiger: known.tiger ?? tiger, ed2k: known.ed2k ?? ed2k };
  }, NO_HASHES);
  if (HASH_KINDS.every((kind) => hashes[kind] === null)) return null;
  return { name: nameOf(name ?? exact[0] ?? ''), bytes: totalBytes, hashes, hits: [], sources };
}

/** With all holders that the row names. */
export function wishOfRow(row: SearchRowDetail): FileWish {
  return { name: nameOf(row.name), bytes: row.bytes, hashes: hashesOf(row.hashes), hits: hitsOf(row), sources: [] };
}

/** A link that cannot be read is somebody else's to complain about. */
function magnetOf(link: string): Magnet | null {
  try {
    return parseMagnet(link);
  } catch (error) {
    if (error instanceof MalformedMessage) return null;
    throw error;
  }
}

function nameOf(text: string): string {
  const name = safeText(text, NAME_CHARS_MAX).trim();
  return name === '' ? 'file' : name;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
