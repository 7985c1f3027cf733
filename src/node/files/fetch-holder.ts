/** A holder of a file that is being fetched, in words for people. Owns no state. */

import type { Holder } from '../../transfer/files/index.ts';
import type { FetchHolder } from './file-fetch.ts';

export function holderOf(holder: Holder, now: number): FetchHolder {
  return { name: holder.name, state: wordsOf(holder, now), bytesPerSecond: Math.round(holder.rate(now)), bytes: holder.meter.total };
}

function wordsOf({ state, detail, restUntilMs }: Holder, now: number): string {
  switch (state) {
    case 'sending':
      return 'sends';
    case 'idle':
      return 'has nothing that is missing';
    case 'tree':
      return 'sends its hash tree';
    case 'asked':
    case 'reaching':
      return 'is asked';
    case 'dropped':
      return `is asked no more: ${detail}`;
    case 'queued':
    case 'resting': {
      const seconds = Math.ceil(Math.max(0, restUntilMs - now) / 1000);
      return seconds === 0 ? 'waits' : `${detail === '' ? 'waits' : detail}, again in ${seconds} s`;
    }
  }
}
