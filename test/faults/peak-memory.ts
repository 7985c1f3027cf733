/** How much memory a process of ours took at most; owns the reporter that such a process loads and the file it writes to. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const REPORT_FILE = 'TEST_PEAK_FILE';
/**
 * What every process of the product keeps to, whoever it talks to. A Node stands at 70 to 100 before it has read anything, and its heap may have grown
 * threefold over what lives in it before it collects: what a tree of 50,000 files takes varies by 30 from run to run.
 */
export const PEAK_MB_MAX = 240;

// Loaded into the process that is measured, before its own code.
const report = process.env[REPORT_FILE];
if (report !== undefined && isMainThread) process.on('exit', () => writeFileSync(report, String(peakMegabytes(process.pid))));

/** Of a process that runs, in megabytes. Linux only; elsewhere 0, and nothing is held against it. */
export function peakMegabytes(pid: number): number {
  // Not what getrusage says: that begins with the memory of the process which started this one.
  try {
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024) / 1e6;
  } catch {
    return 0;
  }
}

export class PeakMemory {
  readonly environment: Record<string, string>;
  readonly #file: string;

  /** One process at a time may be given the environment. */
  constructor(folder: string, name: string) {
    this.#file = join(folder, `${name}.peak`);
    this.environment = { [REPORT_FILE]: this.#file, NODE_OPTIONS: `--import=${import.meta.url}` };
  }

  /** Of the process that has ended last, in megabytes. */
  take(): number {
    const megabytes = Number(readFileSync(this.#file, 'utf8'));
    rmSync(this.#file);
    return megabytes;
  }
}
