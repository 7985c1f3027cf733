/** What the API tells and takes besides the operations of a node: its health, its log, files that are dropped on a page, the laboratory. Owns the drops and the laboratory. */

import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { examine, type Finding } from '../doctor.ts';
import { Lab } from '../lab/lab.ts';
import { logPath } from '../log-file.ts';
import type { NodeOperations } from '../node-operations.ts';
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

export class Machine {
  readonly drops: Drops;
  readonly lab: Lab;
  readonly #settings: Settings;
  readonly #node: NodeOperations;

  constructor(settings: Settings, node: NodeOperations) {
    this.#settings = settings;
    this.#node = node;
    const { data } = settings.folders;
    // The same rooms for the processes that run experiments, whatever this one was told about them.
    this.lab = new Lab({ folder: join(data, 'lab'), env: { ...process.env, XDG_DATA_HOME: dirname(data) } });
    const reserve = settings.get('disk.reserve');
    this.drops = new Drops(settings.get('drop.folder'), reserve === 'off' ? 0 : reserve);
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
