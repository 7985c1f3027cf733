/** The end of a node's log, as events that pages and programs can show; owns no state. */

import { open } from 'node:fs/promises';

/** Of the end of the file; a line has 4 KiB at most. */
const LOG_BYTES_MAX = 256 << 10;

export interface LogLine {
  readonly atMs: number;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly infoHash: string | null;
  /** The transfer that it is about; empty where it is about none. */
  readonly name: string;
}

/** Latest last: at most so many lines, of one transfer or of all. What is no line of LogFile's is left out. */
export async function readLogTail(path: string, linesMax: number, infoHash: string | null): Promise<readonly LogLine[]> {
  const lines = (await tailOf(path)).split('\n').flatMap((line) => logLine(line) ?? []);
  return lines.filter((line) => infoHash === null || line.infoHash === infoHash).slice(-linesMax);
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
