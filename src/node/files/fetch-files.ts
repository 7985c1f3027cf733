/** The files of a fetch: what it is called while it is incomplete, by which key its records are kept, and how all of that is taken away. Owns no state. */

import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { hexOf } from '../../core/hex.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { safeName } from '../../wire/safe-path.ts';
import { HASH_KINDS } from '../../wire/shared-file.ts';
import type { FetchRequest } from './file-fetch.ts';
import { removeRecords } from './tree-record.ts';

const KEY_CHARS = 32;

export interface FetchFiles {
  readonly folder: string;
  /** Made safe: what it is called when it is complete. */
  readonly name: string;
  /** Below the folder: two files that are called the same do not meet. */
  readonly partName: string;
  /** The same for the same file in the same place. */
  readonly key: string;
}

export function filesOf(request: FetchRequest): FetchFiles {
  const folder = resolve(request.folder);
  const name = safeName(utf8Bytes(request.name.toWellFormed()));
  const key = keyOf(request, join(folder, name));
  return { folder, name, key, partName: safeName(utf8Bytes(`${key.slice(0, 8)}.${name}.part`)) };
}

/** What has come, and what is remembered of it. Throws the system's error. */
export function discardFetch(stateFolder: string, request: FetchRequest): void {
  const { folder, partName, key } = filesOf(request);
  rmSync(join(folder, partName), { force: true });
  removeRecords(stateFolder, key);
}

function keyOf({ wanted }: FetchRequest, path: string): string {
  const hash = createHash('sha256').update(`${wanted.bytes} ${path}`);
  for (const kind of HASH_KINDS) hash.update(` ${kind} ${hexOf(wanted.hashes[kind] ?? new Uint8Array(0))}`);
  return hash.digest('hex').slice(0, KEY_CHARS);
}
