/** opentracker on loopback, HTTP and UDP on one port. Debian's build serves whitelisted info-hashes only, and leaves root for `nobody`. */

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START_MS_MAX } from './peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './process-group.ts';

export interface RunningTracker {
  readonly httpUrl: string;
  readonly udpUrl: string;
  readonly pid: number;
  /** What `/stats` says, as text. */
  stats(): Promise<string>;
  stop(): Promise<void>;
}

export function opentrackerMissing(): string | null {
  return findProgram('opentracker') === null ? 'opentracker is not installed' : null;
}

/** Starts it with the hex info-hashes that it shall serve. */
export async function startOpentracker(infoHashes: readonly string[]): Promise<RunningTracker> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-opentracker-'));
  await chmod(folder, 0o755); // It reads the list after it became `nobody`.
  await writeFile(join(folder, 'whitelist'), infoHashes.map((hash) => `${hash}\n`).join(''));
  const port = await freePort();
  const place = `127.0.0.1:${port}`;
  const identity = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const group = new ProcessGroup('opentracker', [
    '-i',
    '127.0.0.1',
    '-p',
    String(port),
    '-P',
    String(port),
    '-d',
    folder,
    ...identity,
    '-w',
    'whitelist',
  ]);
  const stop = async (): Promise<void> => {
    await group.stop();
    await rm(folder, { recursive: true, force: true });
  };
  const stats = async (): Promise<string> => (await fetch(`http://${place}/stats`, { signal: AbortSignal.timeout(5_000) })).text();
  try {
    await until(
      'opentracker to answer',
      START_MS_MAX,
      () =>
        stats().then(
          () => true,
          () => false,
        ),
      () => group.lastWords,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { httpUrl: `http://${place}/announce`, udpUrl: `udp://${place}/announce`, pid: group.pid, stats, stop };
}
