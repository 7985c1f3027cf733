/**
 * The piece layers of BitTorrent v2 (BEP 52): the hashes of whole pieces, which lie outside the info dictionary and are checked against
 * the roots inside; owns no state.
 */

import type { AlignedFile, AlignedPieces } from '../../core/aligned-pieces.ts';
import { equalBytes, latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { merkleRoot, merkleWidth } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { BencodeReader, describe } from '../../wire/bencode.ts';
import { type MetainfoV2, rootAt } from './metainfo.ts';
import { FILES_MAX } from './parse-file-tree.ts';

/** By root, one byte a character. */
type Layers = ReadonlyMap<string, Uint8Array>;

/** The value of `piece layers` in a `.torrent` file; views of it. */
export function readPieceLayers(bytes: Uint8Array): Layers {
  const reader = new BencodeReader(bytes);
  const layers = new Map<string, Uint8Array>();
  reader.enterDict(0);
  while (!reader.leaveDict()) {
    const root = reader.key();
    const layer = reader.value(1);
    if (!(layer instanceof Uint8Array)) throw new MalformedMessage(`expected the hashes of a piece layer, got ${describe(layer)}`);
    if (layers.size === FILES_MAX) throw new MalformedMessage(`expected at most ${FILES_MAX} piece layers, got more`);
    layers.set(root, layer);
  }
  return layers;
}

/** What `piece layers` says of a torrent: an entry for each file of more than one piece, files with the same content sharing one. */
export function pieceLayersOf({ pieces, roots, pieceRoots }: Pick<MetainfoV2, 'pieces' | 'roots' | 'pieceRoots'>): Layers {
  const layers = new Map<string, Uint8Array>();
  if (pieceRoots === null) return layers;
  for (const file of pieces.files) {
    if (file.pieceCount > 1) layers.set(latin1(rootAt(roots, file.file)), layerOf(file, pieceRoots));
  }
  return layers;
}

/** True when no file has more than one piece: the roots are all there is to know. */
export function needsNoLayers(pieces: AlignedPieces): boolean {
  return pieces.files.every(({ pieceCount }) => pieceCount === 1);
}

/** The root of each piece's tree, concatenated. Throws MalformedMessage where a layer is missing, too long, too short or of another root. */
export function pieceRootsOf(pieces: AlignedPieces, roots: Uint8Array, layers: Layers): Uint8Array {
  const last = pieces.files[pieces.files.length - 1];
  const pieceRoots = new Uint8Array(last === undefined ? 0 : (last.firstPiece + last.pieceCount) * SHA256_BYTES);
  for (const file of pieces.files) {
    const root = rootAt(roots, file.file);
    const layer = file.pieceCount === 1 ? root : layers.get(latin1(root));
    if (layer === undefined) throw new MalformedMessage(`the piece layer of file ${file.file} is missing`);
    if (layer.length !== file.pieceCount * SHA256_BYTES) {
      throw new MalformedMessage(`${file.pieceCount} pieces need ${file.pieceCount * SHA256_BYTES} bytes of hashes, got ${layer.length}`);
    }
    if (!equalBytes(rootOfLayer(pieces, file, layer), root)) {
      throw new MalformedMessage(`the piece layer of file ${file.file} belongs to another root`);
    }
    pieceRoots.set(layer, file.firstPiece * SHA256_BYTES);
  }
  return pieceRoots;
}

/** The root of each file's tree, from those of its pieces, as `MetainfoV2` has them; there are `fileCount` files. */
export function fileRootsOf(pieces: AlignedPieces, pieceRoots: Uint8Array, fileCount: number): Uint8Array {
  const roots = new Uint8Array(fileCount * SHA256_BYTES);
  for (const file of pieces.files) rootAt(roots, file.file).set(rootOfLayer(pieces, file, layerOf(file, pieceRoots)));
  return roots;
}

/** The roots of the pieces of one file; a view. */
export function layerOf(file: AlignedFile, pieceRoots: Uint8Array): Uint8Array {
  return pieceRoots.subarray(file.firstPiece * SHA256_BYTES, (file.firstPiece + file.pieceCount) * SHA256_BYTES);
}

function rootOfLayer(pieces: AlignedPieces, file: AlignedFile, layer: Uint8Array): Uint8Array {
  return file.pieceCount === 1 ? layer : merkleRoot(layer, pieces.pieceLayer, merkleWidth(file.pieceCount));
}
