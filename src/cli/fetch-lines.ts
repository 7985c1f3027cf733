/** A file that the node fetches by its hashes, as a line and as the word by which people name it; owns no state. */

import { formatBytes, formatRate, plural } from '../node/quantity.ts';
import type { FetchView } from '../node/search/fetch-book.ts';

/** Behind an f: plain numbers are those of transfers. */
export function fetchWord({ id }: Pick<FetchView, 'id'>): string {
  return `f${id}`;
}

/** Null for a word that names no fetch. */
export function fetchIdOf(word: string): number | null {
  return /^f\d{1,9}$/i.test(word) ? Number(word.slice(1)) : null;
}

export function fetchLine(view: FetchView): string {
  const { name, bytes, haveBytes, downloadRate, state, holders, sending, path, problem } = view;
  const size = formatBytes(bytes);
  const how = {
    opening: 'opening',
    moving: `${formatBytes(haveBytes)}, ${formatRate(downloadRate)} from ${sending} of ${plural(holders, 'holder')}`,
    waiting: `${formatBytes(haveBytes)}, ${holders === 0 ? 'looking for holders' : `waits for ${plural(holders, 'holder')}`}`,
    checking: 'checking',
    done: path ?? 'done',
    failed: `failed: ${problem?.message ?? ''}`,
    stopped: 'stopped',
  }[state];
  return `${fetchWord(view)}  ${name}  ${size}  ${how}`;
}
