/** The hash tree that was found for a fetch, kept for the next run, and what else is to be cleared away behind it. Owns no state; the files are the fetch's. */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TreeLevel } from '../../transfer/files/index.ts';

const HEADER_BYTES = 8;
const BYTES_MAX = 4 << 20;

/** Null when there is none; one that is damaged is no tree, as whoever uses it sees by its root. */
export function readTree(stateFolder: string, key: string): TreeLevel | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(pathOf(stateFolder, key));
  } catch {
    return null;
  }
  if (bytes.length <= HEADER_BYTES || bytes.length > BYTES_MAX || (bytes.length - HEADER_BYTES) % 24 !== 0) return null;
  return { partBytes: Number(bytes.readBigUInt64LE(0)), parts: new Uint8Array(bytes.subarray(HEADER_BYTES)) };
}

export function writeTree(stateFolder: string, key: string, { parts, partBytes }: TreeLevel): void {
  const bytes = Buffer.alloc(HEADER_BYTES + parts.length);
  bytes.writeBigUInt64LE(BigInt(partBytes));
  bytes.set(parts, HEADER_BYTES);
  const path = pathOf(stateFolder, key);
  writeFileSync(`${path}.new`, bytes);
  renameSync(`${path}.new`, path);
}

/** The fetch is over: neither its tree nor the records of its store are needed again. */
export function removeRecords(stateFolder: string, key: string): void {
  for (const path of [pathOf(stateFolder, key), join(stateFolder, 'resume', key), join(stateFolder, 'resume', `${key}t`)])
    rmSync(path, { force: true });
}

function pathOf(stateFolder: string, key: string): string {
  return join(stateFolder, 'fetches', `${key}.tree`);
}
