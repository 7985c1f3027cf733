/** Torrents of BitTorrent v2 for the simulator: their trees are real ones, on the leaves that genuine blocks have there. For tests. */

import { AlignedPieces } from '../../src/core/aligned-pieces.ts';
import { concatBytes } from '../../src/core/bytes.ts';
import type { StoreFile } from '../../src/core/host.ts';
import { merkleRoot } from '../../src/core/merkle.ts';
import { GENUINE } from '../../src/sim/sim-body.ts';
import { simLeaf } from '../../src/sim/sim-leaf.ts';
import { alignFiles } from '../../src/transfer/bittorrent/align-files.ts';
import { encodeInfo } from '../../src/transfer/bittorrent/create-metainfo.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import { parseInfo } from '../../src/transfer/bittorrent/parse-metainfo.ts';
import { fileRootsOf } from '../../src/transfer/bittorrent/piece-layers.ts';
import { TRACKER_URL } from '../../src/lab/swarm-world.ts';

/** Files of those lengths, as v2 alone or a hybrid whose SHA-1 mean nothing, as always in the simulator. */
export function treeTorrent(lengths: readonly number[], pieceBytes: number, version: 2 | 'hybrid'): Metainfo {
  const named: StoreFile[] = lengths.map((length, index) => {
    return { path: ['content', String(index).padStart(3, '0')], length, pad: false, executable: false, symlink: null };
  });
  const files = alignFiles(version === 2 && named.length === 1 ? named.map((file) => ({ ...file, path: ['content'] })) : named, pieceBytes);
  const pieces = new AlignedPieces(files, pieceBytes);
  const pieceCount = Math.ceil(files.reduce((sum, { length }) => sum + length, 0) / pieceBytes);
  const pieceRoots = concatBytes(
    Array.from({ length: pieceCount }, (_, piece) => merkleRoot(leavesOf(pieces, piece), 0, pieces.widthOf(piece))),
  );
  const v2 = { roots: fileRootsOf(pieces, pieceRoots, files.length) };
  const pieceHashes = new Uint8Array(version === 2 ? 0 : 20 * pieceCount);
  const info = parseInfo(encodeInfo({ name: 'content', files, pieceBytes, pieceHashes, v2, private: false }), {
    trackers: [[TRACKER_URL]],
    webSeeds: [],
  });
  return { ...info, v2: info.v2 === null ? null : { ...info.v2, pieceRoots } };
}

/** The leaves of a genuine piece, without filling. */
export function leavesOf(pieces: AlignedPieces, piece: number): Uint8Array {
  const count = Math.ceil(pieces.bytesOf(piece) / 16_384);
  return concatBytes(Array.from({ length: count }, (_, block) => simLeaf(piece, block, GENUINE)));
}
