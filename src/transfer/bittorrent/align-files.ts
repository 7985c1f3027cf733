/** Files as a torrent of BitTorrent v2 orders and aligns them (BEP 52, BEP 47), so that its v1 half describes the same bytes; owns no state. */

import { compareBytes } from '../../core/bytes.ts';
import type { StoreFile } from '../../core/host.ts';
import { utf8Bytes } from '../../core/utf8.ts';

/** The order of the file tree, whose keys are sorted by their bytes, as numbers of the files. */
export function treeOrder(files: readonly StoreFile[]): number[] {
  const paths = files.map(({ path }) => path.map(utf8Bytes));
  return [...files.keys()].sort((a, b) => comparePaths(paths[a] as Uint8Array[], paths[b] as Uint8Array[]));
}

/**
 * The files with padding behind each that does not end its piece, the last one too, as libtorrent has it: both then give the same
 * info-hash to the same files. A torrent of one file has none.
 */
export function alignFiles(files: readonly StoreFile[], pieceBytes: number): StoreFile[] {
  const [first] = files;
  if (files.length === 1 && first?.path.length === 1) return [first];
  const aligned: StoreFile[] = [];
  // A hundred thousand files of one byte share one.
  const pads = new Map<number, StoreFile>();
  for (const file of files) {
    aligned.push(file);
    const tail = file.length % pieceBytes;
    if (tail === 0) continue;
    const pad = pads.get(tail) ?? padFile(file.path[0] as string, pieceBytes - tail);
    pads.set(tail, pad);
    aligned.push(pad);
  }
  return aligned;
}

function padFile(name: string, length: number): StoreFile {
  return { path: [name, '.pad', String(length)], length, pad: true, executable: false, symlink: null };
}

function comparePaths(a: readonly Uint8Array[], b: readonly Uint8Array[]): number {
  for (let depth = 0; depth < a.length && depth < b.length; depth++) {
    const difference = compareBytes(a[depth] as Uint8Array, b[depth] as Uint8Array);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
