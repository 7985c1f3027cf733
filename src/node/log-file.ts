/**
 * The log of a node: a line of JSON per event in the state folder, a few files of bounded size, no secrets. Owns the file. Written at once and
 * without a thread: a node at rest writes nothing, and a busy one some lines a minute.
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failureFrom } from './failure.ts';
import { makeFolder } from './make-folder.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** The numbers that log readers know (pino's). */
const LEVELS: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };
const FILE_BYTES_MAX = 2 << 20;
/** Besides the one that is written: `.1` is the latest of them. */
const OLD_FILES = 3;
const LINE_CHARS_MAX = 4_096;

/** Where the node writes what happens. */
export function logPath(stateFolder: string): string {
  return join(stateFolder, 'node.log');
}

export class LogFile {
  readonly path: string;
  readonly #bytesMax: number;
  readonly #level: number;
  #fd: number;
  #bytes: number;

  /** Throws a Failure when it cannot be written. */
  constructor(path: string, level: LogLevel = 'info', bytesMax = FILE_BYTES_MAX) {
    this.path = path;
    this.#bytesMax = bytesMax;
    this.#level = LEVELS[level];
    makeFolder(dirname(path), `The log ${path} cannot be written.`);
    try {
      this.#fd = openSync(path, 'a', 0o600);
      this.#bytes = fstatSync(this.#fd).size;
    } catch (error) {
      throw failureFrom(error, `The log ${path} cannot be written.`);
    }
  }

  /** Best effort: a full disk must not end a node for its log. */
  write(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (LEVELS[level] < this.#level) return;
    const row = { level: LEVELS[level], time: Date.now(), pid: process.pid, ...fields, msg: message };
    const line = `${withoutSecrets(JSON.stringify(row)).slice(0, LINE_CHARS_MAX)}\n`;
    try {
      if (this.#bytes + line.length > this.#bytesMax) this.#rotate();
      this.#bytes += writeSync(this.#fd, line);
    } catch {
      return;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rotate(): void {
    for (let number = OLD_FILES - 1; number >= 1; number--) renameIfThere(`${this.path}.${number}`, `${this.path}.${number + 1}`);
    renameIfThere(this.path, `${this.path}.1`);
    closeSync(this.#fd);
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#bytes = 0;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    return;
  }
}

/** What follows the host in an address may be a passkey or a password, and so may what stands before it. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/magnet:\?[^\s"'\\]*/gi, (link) => `magnet:?xt=${/urn:bt[im]h:[0-9a-z]+/i.exec(link)?.[0] ?? '…'}`)
    .replace(/\b((?:https?|udp|wss?|socks5):\/\/)(?:[^\s/"'\\@]*@)?([^\s/"'\\?]+)[^\s"'\\]*/gi, '$1$2/…');
}
