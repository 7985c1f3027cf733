/**
 * Who may use which nick on an index server: a file with a line a user, passwords as salted scrypt hashes. Owns the file. The protocol itself sends passwords
 * in the open: hashing keeps the file from telling what was chosen, and nothing more.
 */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type AccountBook, type AccountCheck, type AccountMade, nickKey } from '../overlays/napster/index.ts';
import { Failure, failureFrom } from './failure.ts';
import { makeFolder } from './make-folder.ts';

const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** About 50 ms and 16 MB a password: a stolen file is slow to try out, and a log-in is not. */
const COST = { N: 16_384, r: 8, p: 1 } as const;
/** Passwords that are being hashed at once; more are refused, so that log-ins cannot eat the memory. */
const HASHING_MAX = 8;
const ACCOUNTS_MAX = 1_000_000;
const PRIVATE = 0o600;

interface Account {
  readonly nick: string;
  readonly email: string;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export class NapsterAccounts implements AccountBook {
  readonly #file: string;
  readonly #accounts = new Map<string, Account>();
  /** What else changes before the file has been written is written with it. */
  #isDue = false;
  #hashing = 0;
  readonly #warn: (text: string) => void;

  /** Throws a Failure when there is a file that cannot be read, or is none of ours. */
  constructor(file: string, warn: (text: string) => void) {
    this.#file = file;
    this.#warn = warn;
    for (const [index, line] of textOf(file).split('\n').entries()) {
      if (line === '') continue;
      const account = accountOf(line);
      if (account === null)
        throw new Failure('usage', `${file}, line ${index + 1} is no account.`, '', 'Restore the file, or remove it to begin anew.');
      this.#accounts.set(nickKey(account.nick), account);
    }
  }

  get count(): number {
    return this.#accounts.size;
  }

  has(nick: string): boolean {
    return this.#accounts.has(nickKey(nick));
  }

  check(nick: string, password: string, check: AccountCheck): void {
    const account = this.#accounts.get(nickKey(nick));
    if (account === undefined) setImmediate(() => check.onChecked('unknown'));
    else
      this.#hash(password, account.salt, (hash) =>
        check.onChecked(hash !== null && timingSafeEqual(hash, account.hash) ? 'right' : 'wrong'),
      );
  }

  make(nick: string, password: string, email: string, made: AccountMade): void {
    const salt = randomBytes(SALT_BYTES);
    this.#hash(password, salt, (hash) => {
      const isPossible = hash !== null && !this.has(nick) && this.#accounts.size < ACCOUNTS_MAX;
      if (isPossible) this.#put({ nick, email: email.replace(/\s/g, ''), salt, hash });
      made.onMade(isPossible);
    });
  }

  changePassword(nick: string, password: string): void {
    const account = this.#accounts.get(nickKey(nick));
    const salt = randomBytes(SALT_BYTES);
    if (account === undefined) return;
    this.#hash(password, salt, (hash) => {
      if (hash !== null) this.#put({ ...account, salt, hash });
    });
  }

  /** Writes what has changed, now. */
  flush(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const text = Array.from(this.#accounts.values(), lineOf).join('\n');
    const fresh = `${this.#file}.new`;
    try {
      makeFolder(dirname(this.#file), 'The accounts cannot be kept.');
      writeFileSync(fresh, `${text}\n`, { mode: PRIVATE });
      renameSync(fresh, this.#file);
    } catch (error) {
      this.#warn(`The accounts cannot be written: ${(error as Error).message}`);
    }
  }

  #put(account: Account): void {
    this.#accounts.set(nickKey(account.nick), account);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.flush());
  }

  #hash(password: string, salt: Buffer, done: (hash: Buffer | null) => void): void {
    if (this.#hashing >= HASHING_MAX) {
      setImmediate(() => done(null));
      return;
    }
    this.#hashing++;
    scrypt(password, salt, HASH_BYTES, COST, (error, hash) => {
      this.#hashing--;
      done(error === null ? hash : null);
    });
  }
}

/** `nick email salt hash`, the last two in hexadecimal. */
function lineOf({ nick, email, salt, hash }: Account): string {
  return `${nick} ${email === '' ? '-' : email} ${salt.toString('hex')} ${hash.toString('hex')}`;
}

function accountOf(line: string): Account | null {
  const [nick = '', email = '', salt = '', hash = '', ...more] = line.split(' ');
  const isHex = (text: string, bytes: number): boolean => text.length === 2 * bytes && /^[0-9a-f]+$/.test(text);
  if (more.length > 0 || nick === '' || !isHex(salt, SALT_BYTES) || !isHex(hash, HASH_BYTES)) return null;
  return { nick, email: email === '-' ? '' : email, salt: Buffer.from(salt, 'hex'), hash: Buffer.from(hash, 'hex') };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw failureFrom(error, `The accounts in ${file} cannot be read.`);
  }
}
