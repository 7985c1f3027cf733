/** What a user looks for (message 200; opennap-ng's additions), from its text and back. Owns no state. */

import { keywordsOf } from '../../wire/keywords.ts';
import { fieldsOf, quoted } from './frames.ts';
import type { SharedEntry } from './shared-entry.ts';
import { wholeNumber } from './shared-entry.ts';

export type Comparison = 'AT LEAST' | 'AT BEST' | 'EQUAL TO';
export interface Bound {
  readonly comparison: Comparison;
  readonly value: number;
}

export interface SearchQuery {
  /** All must be in the name. */
  readonly words: readonly string[];
  readonly without: readonly string[];
  readonly resultsMax: number;
  readonly linkSpeed: Bound | null;
  readonly bitRate: Bound | null;
  readonly frequency: Bound | null;
  readonly bytes: Bound | null;
  readonly seconds: Bound | null;
  /** This server alone is asked. */
  readonly isLocal: boolean;
}

/** What the first servers gave when nothing was said. */
const RESULTS_DEFAULT = 100;
const COMPARISONS: readonly Comparison[] = ['AT LEAST', 'AT BEST', 'EQUAL TO'];
const KEYWORDS = { LINESPEED: 'linkSpeed', BITRATE: 'bitRate', FREQ: 'frequency', SIZE: 'bytes', DURATION: 'seconds' } as const;

/** Null when it is no query: what is wrong with it nobody could be told. Options that are not known are passed over. */
export function parseQuery(text: string): SearchQuery | null {
  const fields = fieldsOf(text);
  const words: string[] = [];
  const without: string[] = [];
  const bounds: Record<string, Bound | null> = { linkSpeed: null, bitRate: null, frequency: null, bytes: null, seconds: null };
  let resultsMax = RESULTS_DEFAULT;
  let isLocal = false;
  for (let at = 0; at < fields.length; ) {
    const field = fields[at++] as string;
    if (field === 'FILENAME') {
      const how = fields[at++];
      const what = fields[at++];
      if (what === undefined || (how !== 'CONTAINS' && how !== 'EXCLUDES')) return null;
      (how === 'CONTAINS' ? words : without).push(...keywordsOf(what));
    } else if (field === 'MAX_RESULTS') {
      const count = wholeNumber(fields[at++]);
      if (Number.isNaN(count)) return null;
      resultsMax = count;
    } else if (field === 'LOCAL_ONLY') isLocal = true;
    else if (field === 'TYPE') at++;
    else if (Object.hasOwn(KEYWORDS, field)) {
      const comparison = COMPARISONS.find((known) => known === fields[at]);
      const value = wholeNumber(fields[at + 1]);
      if (comparison === undefined || Number.isNaN(value)) return null;
      bounds[KEYWORDS[field as keyof typeof KEYWORDS]] = { comparison, value };
      at += 2;
    }
  }
  const { linkSpeed = null, bitRate = null, frequency = null, bytes = null, seconds = null } = bounds;
  return { words, without, resultsMax, linkSpeed, bitRate, frequency, bytes, seconds, isLocal };
}

export function formatQuery({ words, without, resultsMax, linkSpeed, bitRate, frequency, bytes, seconds, isLocal }: SearchQuery): string {
  const bound = (keyword: string, of: Bound | null, quotes = true): string =>
    of === null ? '' : ` ${keyword} "${of.comparison}" ${quotes ? `"${of.value}"` : of.value}`;
  return [
    `FILENAME CONTAINS ${quoted(words.join(' '))} MAX_RESULTS ${resultsMax}`,
    without.length === 0 ? '' : ` FILENAME EXCLUDES ${quoted(without.join(' '))}`,
    bound('LINESPEED', linkSpeed, false),
    bound('BITRATE', bitRate),
    bound('FREQ', frequency),
    bound('SIZE', bytes),
    bound('DURATION', seconds),
    isLocal ? ' LOCAL_ONLY' : '',
  ].join('');
}

/** All but the words. */
export function isWithin(query: SearchQuery, entry: SharedEntry, linkSpeed: number): boolean {
  return (
    holds(query.linkSpeed, linkSpeed) &&
    holds(query.bitRate, entry.bitRate) &&
    holds(query.frequency, entry.frequency) &&
    holds(query.bytes, entry.bytes) &&
    holds(query.seconds, entry.seconds)
  );
}

function holds(bound: Bound | null, value: number): boolean {
  if (bound === null) return true;
  if (bound.comparison === 'AT LEAST') return value >= bound.value;
  return bound.comparison === 'AT BEST' ? value <= bound.value : value === bound.value;
}
