/** The one file of a torrent as other networks know it: by the hashes that its link names, or its info dictionary. Owns no state. */

import { MalformedMessage } from '../../core/codec.ts';
import { contentBytesOf, type Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { WantedFile } from '../../transfer/files/wanted-file.ts';
import { decodeBencodeDict } from '../../wire/bencode.ts';
import { type FileHashes, HASH_KINDS, NO_HASHES } from '../../wire/shared-file.ts';
import type { BesideFile } from '../transfers/transfer-record.ts';
import { hashesOf } from './search-view.ts';

/** As Shareaza writes them beside `pieces`, raw. */
const INFO_HASH_BYTES = { sha1: 20, tiger: 24, ed2k: 16 } as const;

/** Null: it has several files or none, is private, is not as large as the link says, or nobody has told a hash that other networks know. */
export function fileOfTorrent(metainfo: Metainfo, beside: BesideFile | null): WantedFile | null {
  const bytes = contentBytesOf(metainfo);
  const files = metainfo.files.filter(({ length, pad }) => !pad && length > 0);
  if (files.length !== 1 || metainfo.private || (beside !== null && beside.bytes !== null && beside.bytes !== bytes)) return null;
  const inside = hashesInside(metainfo.infoBytes);
  const linked = beside === null ? NO_HASHES : hashesOf(beside.hashes);
  // What the info dictionary says is vouched for by the info-hash.
  const hashes = HASH_KINDS.reduce<FileHashes>((known, kind) => ({ ...known, [kind]: inside[kind] ?? linked[kind] }), NO_HASHES);
  return HASH_KINDS.some((kind) => hashes[kind] !== null) ? { bytes, hashes } : null;
}

function hashesInside(infoBytes: Uint8Array): FileHashes {
  let hashes = NO_HASHES;
  try {
    const info = decodeBencodeDict(infoBytes);
    for (const kind of ['sha1', 'tiger', 'ed2k'] as const) {
      const value = info.get(kind);
      if (value instanceof Uint8Array && value.length === INFO_HASH_BYTES[kind]) hashes = { ...hashes, [kind]: value.slice() };
    }
  } catch (error) {
    // It was read before; what cannot be read a second time names nothing.
    if (!(error instanceof MalformedMessage)) throw error;
  }
  return hashes;
}
