/** What stands for the SHA-256 of a block in the simulator, where content is a length and a mark: the trees above it are real ones. */

import { latin1Bytes } from '../core/bytes.ts';
import { sha256 } from '../core/sha256.ts';

/** The leaf of a block with that mark; whoever makes a torrent of BitTorrent v2 for a world builds its trees on those of genuine blocks. */
export function simLeaf(piece: number, block: number, mark: number): Uint8Array {
  return sha256(latin1Bytes(`${piece}/${block}/${mark}`));
}
