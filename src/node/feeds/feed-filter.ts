/** Which items of a feed are wanted: by words of the title and by size. No regular expressions: a filter costs what the title is long. Owns no state. */

import type { FeedItem } from './feed-document.ts';

export const PATTERNS_MAX = 100;
export const PATTERN_CHARS_MAX = 200;

export interface FeedFilter {
  /** One of them has to match; none: everything does. A pattern is words that all occur in the title, in any order and case; `*` in a word is any text. */
  readonly include: readonly string[];
  /** None of them may match. */
  readonly exclude: readonly string[];
  /** Bounds of the content's size; an item that does not say its size is within them. Null: no bound. */
  readonly bytesMin: number | null;
  readonly bytesMax: number | null;
}

export function wants(filter: FeedFilter, { title, contentBytes }: FeedItem): boolean {
  const { include, exclude, bytesMin, bytesMax } = filter;
  if (contentBytes !== null && (contentBytes < (bytesMin ?? 0) || contentBytes > (bytesMax ?? Number.POSITIVE_INFINITY))) return false;
  const text = title.toLowerCase();
  return (include.length === 0 || include.some((pattern) => matches(pattern, text))) && !exclude.some((pattern) => matches(pattern, text));
}

function matches(pattern: string, text: string): boolean {
  return pattern
    .toLowerCase()
    .split(/\s+/)
    .every((word) => occurs(word, text));
}

/** The parts between stars one after the other: the earliest place of each leaves most for the next, so no other needs to be tried. */
function occurs(word: string, text: string): boolean {
  let at = 0;
  for (const part of word.split('*')) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
