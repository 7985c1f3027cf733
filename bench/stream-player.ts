/** A player for `bench/stream.ts`: asks for a URL, plays what comes at a constant rate with two seconds in hand, and measures. */

import { get } from 'node:http';
import { PlaybackClock } from '../src/node/playback-clock.ts';

const AHEAD_S = 2;
const LOOK_MS = 50;

export interface Played {
  /** From the request to the first byte of the body. */
  readonly requestMs: number;
  /** When that byte came, in the ms of `performance.now()`. */
  readonly firstByteAtMs: number;
  readonly stalls: number;
  readonly stalledMs: number;
  readonly bytes: number;
}

/** Plays for so long, then hangs up. */
export function play(url: string, bytesPerSecond: number, seconds: number): Promise<Played> {
  const clock = new PlaybackClock(bytesPerSecond);
  const requestedAtMs = performance.now();
  let bytes = 0;
  return new Promise((resolve, reject) => {
    const request = get(url, (response) => {
      const look = setInterval(() => {
        const now = performance.now();
        if (response.isPaused() && (clock.bufferedBytes(now) ?? 0) < AHEAD_S * bytesPerSecond) response.resume();
        if (clock.firstByteAtMs === null || now - clock.firstByteAtMs < seconds * 1000) return;
        clearInterval(look);
        // What it waits for in this moment is a stall as well.
        clock.onBytes(0, now);
        response.destroy();
        const { firstByteAtMs, stalls, stalledMs } = clock;
        resolve({ requestMs: firstByteAtMs - requestedAtMs, firstByteAtMs, stalls, stalledMs, bytes });
      }, LOOK_MS);
      response.on('data', (chunk: Buffer) => {
        const now = performance.now();
        bytes += chunk.length;
        clock.onBytes(chunk.length, now);
        if ((clock.bufferedBytes(now) ?? 0) >= AHEAD_S * bytesPerSecond) response.pause();
      });
      response.on('error', () => undefined);
    });
    request.on('error', reject);
  });
}
