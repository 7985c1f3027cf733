/** A holder of a file that is being fetched, in words for people. Owns no state. */

import type { Holder } from '../../transfer/files/index.ts';
import type { FetchHolder } from './file-fetch.ts';

export function holderOf(holder: Holder, now: number): FetchHolder {
  const { name, way, state, isPartial, meter } = holder;
  return {
    name,
    network: way.network ?? null,
    phase: state,
    isPartial,
    state: wordsOf(holder, now),
    bytesPerSecond: Math.round(holder.rate(now)),
    bytes: meter.total,
  };
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
      return 'is asked';
    case 'reaching':
      return 'is being reached';
    case 'dropped':
      return detail === '' ? 'is asked no more' : `is asked no more: ${detail}`;
    case 'queued':
    case 'resting': {
      const seconds = Math.ceil(Math.max(0, restUntilMs - now) / 1000);
      return seconds === 0 ? 'waits' : `${detail === '' ? 'waits' : detail}, again in ${seconds} s`;
    }
  }
}
