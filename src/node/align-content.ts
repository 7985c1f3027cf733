/** Scanned content as a torrent of BitTorrent v2 wants it (BEP 52): in the order of its file tree, each file at the beginning of a piece. */

import type { StoreFile } from '../core/host.ts';
import { alignFiles, treeOrder } from '../transfer/bittorrent/align-files.ts';
import { type Content, stampsOf } from './scan-content.ts';

/** The same files in another order, with padding among the names and in the same places on disk, where nobody looks for it. */
export function alignContent(content: Content, pieceBytes: number, version: 2 | 'hybrid'): Content {
  const order = treeOrder(content.named);
  const ordered = order.map((index) => content.named[index] as StoreFile);
  const named = alignFiles(version === 2 ? withoutFolder(ordered) : ordered, pieceBytes);
  let next = 0;
  const onDisk = named.map((file) => (file.pad ? file : (content.onDisk[order[next++] as number] as StoreFile)));
  // Looked at again, file by file: what changes from now on is found out after the hashing.
  return { ...content, named, onDisk, stamps: stampsOf(content.location, onDisk) };
}

/** v2 alone cannot say that one file lies in a folder (BEP 52, "interpreting paths"): it is the file then. */
function withoutFolder(files: readonly StoreFile[]): readonly StoreFile[] {
  const [only] = files;
  return files.length === 1 && only?.path.length === 2 ? [{ ...only, path: only.path.slice(1) }] : files;
}
