/** Makes info dictionaries and `.torrent` files (BEP 3, 12, 19, 27, 47) from what has been hashed elsewhere; owns no state. */

import type { StoreFile } from '../../core/host.ts';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../wire/bencode.ts';
import type { Metainfo } from './metainfo.ts';

/** Small enough for old clients to take, large enough for a block. */
export const CREATED_PIECE_BYTES_MIN = 16 * 1024;
export const CREATED_PIECE_BYTES_MAX = 16 * 1024 * 1024;
/** More pieces make the metainfo large, fewer make the first upload late. */
const PIECES_AIMED_AT_MAX = 2048;

/** The power of two that gives about 1,000 to 2,000 pieces, within what all clients take. */
export function choosePieceBytes(totalBytes: number): number {
  let pieceBytes = CREATED_PIECE_BYTES_MIN;
  while (pieceBytes < CREATED_PIECE_BYTES_MAX && totalBytes / pieceBytes > PIECES_AIMED_AT_MAX) pieceBytes *= 2;
  return pieceBytes;
}

export interface NewInfo {
  readonly name: string;
  /** Paths begin with `name`; a single file whose path is just that makes a torrent of one file. */
  readonly files: readonly StoreFile[];
  readonly pieceBytes: number;
  /** 20 bytes a piece. */
  readonly pieceHashes: Uint8Array;
  readonly private: boolean;
}

/** The info dictionary: its SHA-1 is the info-hash. */
export function encodeInfo(info: NewInfo): Uint8Array {
  const first = info.files[0];
  const single = info.files.length === 1 && first?.path.length === 1 ? first : null;
  return encodeBencode(
    bencodeDict({
      attr: single === null ? undefined : attributesOf(single),
      files: single === null ? info.files.map(fileEntry) : undefined,
      length: single?.length,
      name: info.name,
      'piece length': info.pieceBytes,
      pieces: info.pieceHashes,
      private: info.private ? 1 : undefined,
    }),
  );
}

/** A whole `.torrent` file. A Metainfo fits: what `parseMetainfo` reads comes out with the same info-hash. */
export function encodeMetainfo(
  metainfo: Pick<Metainfo, 'infoBytes' | 'trackers' | 'webSeeds' | 'httpSeeds' | 'comment' | 'createdBy' | 'creationDate'>,
): Uint8Array {
  const { trackers, webSeeds, httpSeeds = [] } = metainfo;
  const before = bencodeDict({
    announce: trackers[0]?.[0],
    'announce-list': trackers.flat().length > 1 ? trackers : undefined,
    comment: metainfo.comment ?? undefined,
    'created by': metainfo.createdBy ?? undefined,
    'creation date': metainfo.creationDate ?? undefined,
    httpseeds: httpSeeds.length === 0 ? undefined : httpSeeds,
  });
  const after = bencodeDict({ 'url-list': webSeeds.length === 0 ? undefined : webSeeds.length === 1 ? webSeeds[0] : webSeeds });
  // The info dictionary must stay byte for byte what was hashed, so it is put between the two, where its key belongs.
  const head = encodeBencode(before);
  const tail = encodeBencode(after);
  const key = encodeBencode('info');
  const bytes = new Uint8Array(head.length - 1 + key.length + metainfo.infoBytes.length + tail.length - 1);
  bytes.set(head);
  bytes.set(key, head.length - 1);
  bytes.set(metainfo.infoBytes, head.length - 1 + key.length);
  bytes.set(tail.subarray(1), head.length - 1 + key.length + metainfo.infoBytes.length);
  return bytes;
}

function fileEntry(file: StoreFile): BencodeInput {
  return bencodeDict({
    attr: attributesOf(file),
    length: file.length,
    path: file.path.slice(1),
    'symlink path': file.symlink?.slice(1),
  });
}

function attributesOf(file: StoreFile): string | undefined {
  const letters = `${file.symlink === null ? '' : 'l'}${file.pad ? 'p' : ''}${file.executable ? 'x' : ''}`;
  return letters === '' ? undefined : letters;
}
