/**
 * What the API tells and takes besides the operations of a node: its health, its log, files that are dropped on a page, or played
 * there. Owns the drops.
 */

import { open } from 'node:fs/promises';
import { examine, type Finding } from '../doctor.ts';
import { logPath } from '../log-file.ts';
import type { NodeOperations } from '../node-operations.ts';
import type { StreamedFile } from '../streams/streamed-file.ts';
import type { Settings } from '../settings/settings.ts';
import { Drops } from './drops.ts';

/** Of the end of the log; a line has 4 KiB at most. */
const LOG_BYTES_MAX = 256 << 10;

export interface LogLine {
  readonly atMs: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly infoHash: string | null;
  /** The transfer that it is about; empty where it is about none. */
  readonly name: string;
}

/** What a node in this process can do, and one elsewhere cannot. */
interface NodeHere extends NodeOperations {
  /** Throws a Failure. */
  streamed(infoHash: string, file: number): StreamedFile;
}

export class Machine {
  readonly drops: Drops;
  readonly #settings: Settings;
  readonly #node: NodeHere;

  constructor(settings: Settings, node: NodeHere) {
    this.#settings = settings;
    this.#node = node;
    const reserve = settings.get('disk.reserve');
    this.drops = new Drops(settings.get('drop.folder'), reserve === 'off' ? 0 : reserve);
  }

  /** A file by its number, from 1. Throws a Failure. */
  media(infoHash: string, number: number): StreamedFile {
    return this.#node.streamed(infoHash, number - 1);
  }

  async examine(): Promise<readonly Finding[]> {
    const [status, transfers] = await Promise.all([this.#node.status(), this.#node.list()]);
    return examine({ settings: this.#settings, status, transfers, nowMs: Date.now() });
  }

  /** The end of the log, latest last: at most so many lines, of one transfer or of all. */
  async log(linesMax: number, infoHash: string | null): Promise<readonly LogLine[]> {
    const text = await tailOf(logPath(this.#settings.folders.state));
    const lines = text.split('\n').flatMap((line) => logLine(line) ?? []);
    return lines.filter((line) => infoHash === null || line.infoHash === infoHash).slice(-linesMax);
  }
}

/** Empty where there is none; its first line may be the end of one. */
async function tailOf(path: string): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, LOG_BYTES_MAX));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

function logLine(line: string): LogLine | null {
  try {
    // Written by LogFile; what is not is left out.
    const row = JSON.parse(line) as Readonly<Record<string, unknown>>;
    if (typeof row.time !== 'number' || typeof row.msg !== 'string') return null;
    const level = row.level === 20 ? 'debug' : row.level === 40 ? 'warn' : row.level === 50 ? 'error' : 'info';
    const about = { infoHash: typeof row.infoHash === 'string' ? row.infoHash : null, name: typeof row.name === 'string' ? row.name : '' };
    return { atMs: row.time, level, message: row.msg, ...about };
  } catch {
    return null;
  }
}
