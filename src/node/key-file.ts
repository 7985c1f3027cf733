/** The secret key of mutable items (BEP 44) in a file that only its owner reads: 32 bytes of Ed25519 as 64 digits. Owns the file. */

import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { Failure, failureFrom } from './failure.ts';

const SECRET_KEY_BYTES = 32;
/** With a line end, and one of Windows. */
const FILE_BYTES_MAX = 2 * SECRET_KEY_BYTES + 2;
/** Rights of the group and of all others. */
const OTHERS_RIGHTS = 0o077;

export interface SecretKey {
  readonly bytes: Uint8Array;
  /** It was not there, and has just been made. */
  readonly isNew: boolean;
}

/** Reads the key, or makes one where there is no such file. Throws a Failure. */
export function secretKeyIn(path: string): SecretKey {
  try {
    return { bytes: readKey(path), isNew: false };
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw failureFrom(error, `The key file ${path} cannot be read.`);
  }
  const bytes = new Uint8Array(randomBytes(SECRET_KEY_BYTES));
  try {
    writeFileSync(path, `${hexOf(bytes)}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw failureFrom(error, `The key file ${path} cannot be made.`);
  }
  return { bytes, isNew: true };
}

function readKey(path: string): Uint8Array {
  const { mode, size } = statSync(path);
  const bytes = size > FILE_BYTES_MAX ? null : bytesOfHex(readFileSync(path, 'utf8').trim());
  if (bytes?.length !== SECRET_KEY_BYTES) {
    throw new Failure(
      'integrity',
      `${path} is no key file.`,
      `Expected ${2 * SECRET_KEY_BYTES} hexadecimal digits.`,
      'Name a file that is not there yet, and a key is made.',
    );
  }
  if (process.platform !== 'win32' && (mode & OTHERS_RIGHTS) !== 0) {
    throw new Failure('denied', `Others may read the key file ${path}.`, 'Who has it can sign in your name.', `Run: chmod 600 ${path}`);
  }
  return bytes;
}
