/** The token of the web interface, in a file that only its owner reads. Owns the file. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, failureFrom } from '../failure.ts';

const TOKEN_BYTES = 32;
/** One that a person has written there instead has as much in it as nobody guesses. */
const TOKEN_CHARS_MIN = 32;
const TOKEN_CHARS_MAX = 256;
/** Rights of the group and of all others. */
const OTHERS_RIGHTS = 0o077;

export class ApiToken {
  readonly text: string;
  readonly #digest: Buffer;

  /** Reads the token, or makes one where there is no such file. Throws a Failure. */
  static in(path: string): ApiToken {
    try {
      return new ApiToken(readToken(path));
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw failureFrom(error, `The token file ${path} cannot be read.`);
    }
    const text = randomBytes(TOKEN_BYTES).toString('base64url');
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `${text}\n`, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw failureFrom(error, `The token file ${path} cannot be made.`);
    }
    return new ApiToken(text);
  }

  private constructor(text: string) {
    this.text = text;
    this.#digest = digest(text);
  }

  /** Takes as long for a nearly right one as for any other. */
  is(presented: string): boolean {
    return timingSafeEqual(digest(presented), this.#digest);
  }
}

/** It lasts from run to run: other programs have it in their settings. */
export function tokenPath(stateFolder: string): string {
  return join(stateFolder, 'api-token');
}

function readToken(path: string): string {
  const { mode, size } = statSync(path);
  const text = size > TOKEN_CHARS_MAX + 2 ? '' : readFileSync(path, 'utf8').trim();
  if (text.length < TOKEN_CHARS_MIN || !/^[!-~]+$/.test(text)) {
    const expected = `Expected ${TOKEN_CHARS_MIN} to ${TOKEN_CHARS_MAX} characters without blanks.`;
    throw new Failure('integrity', `${path} is no token file.`, expected, 'Remove it, and the next start makes one.');
  }
  if (process.platform !== 'win32' && (mode & OTHERS_RIGHTS) !== 0) {
    throw new Failure('denied', `Others may read the token file ${path}.`, 'Who has it commands the node.', `Run: chmod 600 ${path}`);
  }
  return text;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
