/** Makes info dictionaries and `.torrent` files (BEP 3, 5, 12, 19, 27, 47, 52) from what has been hashed elsewhere; owns no state. */

import { latin1 } from '../../core/bytes.ts';
import type { StoreFile } from '../../core/host.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { type BencodeInput, bencodeDict, encodeBencode } from '../../wire/bencode.ts';
import { attributesOf } from './file-attributes.ts';
import { type Metainfo, type MetainfoV2, rootAt } from './metainfo.ts';
import { pieceLayersOf } from './piece-layers.ts';

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
  /** 20 bytes a piece; empty for BitTorrent v2 alone. */
  readonly pieceHashes: Uint8Array;
  /** The roots of the files' trees, for BitTorrent v2 and hybrids: `files` are then in `treeOrder`, and `alignFiles` has aligned them. */
  readonly v2?: Pick<MetainfoV2, 'roots'> | null;
  readonly private: boolean;
}

/** The info dictionary: its SHA-1 is the info-hash of v1, its SHA-256 that of v2. */
export function encodeInfo(info: NewInfo): Uint8Array {
  const first = info.files[0];
  const single = info.files.length === 1 && first?.path.length === 1 ? first : null;
  const v1 = info.pieceHashes.length > 0;
  const roots = info.v2?.roots;
  return encodeBencode(
    bencodeDict({
      attr: v1 && single !== null ? attributesOf(single) : undefined,
      'file tree': roots === undefined ? undefined : fileTree(info.files, roots),
      files: v1 && single === null ? info.files.map(fileEntry) : undefined,
      length: v1 ? single?.length : undefined,
      'meta version': roots === undefined ? undefined : 2,
      name: info.name,
      'piece length': info.pieceBytes,
      pieces: v1 ? info.pieceHashes : undefined,
      private: info.private ? 1 : undefined,
    }),
  );
}

/** A whole `.torrent` file. A Metainfo fits: what `parseMetainfo` reads comes out with the same info-hash. */
export function encodeMetainfo(
  metainfo: Pick<
    Metainfo,
    'infoBytes' | 'v2' | 'trackers' | 'webSeeds' | 'httpSeeds' | 'dhtNodes' | 'comment' | 'createdBy' | 'creationDate'
  >,
): Uint8Array {
  const { trackers, webSeeds, httpSeeds = [], dhtNodes = [] } = metainfo;
  const before = bencodeDict({
    announce: trackers[0]?.[0],
    'announce-list': trackers.flat().length > 1 ? trackers : undefined,
    comment: metainfo.comment ?? undefined,
    'created by': metainfo.createdBy ?? undefined,
    'creation date': metainfo.creationDate ?? undefined,
    httpseeds: httpSeeds.length === 0 ? undefined : httpSeeds,
  });
  const after = bencodeDict({
    nodes: dhtNodes.length === 0 ? undefined : dhtNodes.map(({ host, port }) => [host, port]),
    'piece layers': metainfo.v2 === null ? undefined : pieceLayersOf(metainfo.v2),
    'url-list': webSeeds.length === 0 ? undefined : webSeeds.length === 1 ? webSeeds[0] : webSeeds,
  });
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

type Tree = Map<string, BencodeInput>;

/** BEP 52: a dictionary for each folder, and below each file's name one under the empty key. */
function fileTree(files: readonly StoreFile[], roots: Uint8Array): Tree {
  const tree: Tree = new Map();
  for (const [index, file] of files.entries()) {
    if (file.pad) continue;
    // A tree of one file names it, any other names what lies in the folder of the torrent's name.
    const path = file.path.length === 1 ? file.path : file.path.slice(1);
    let folder = tree;
    for (const name of path) {
      const key = latin1(utf8Bytes(name));
      const below = folder.get(key);
      const next: Tree = below instanceof Map ? below : new Map();
      folder.set(key, next);
      folder = next;
    }
    folder.set('', treeEntry(file, rootAt(roots, index)));
  }
  return tree;
}

function treeEntry(file: StoreFile, root: Uint8Array): BencodeInput {
  return bencodeDict({
    attr: attributesOf(file),
    length: file.symlink === null ? file.length : undefined,
    'pieces root': file.length === 0 ? undefined : root,
    'symlink path': file.symlink?.slice(1),
  });
}
