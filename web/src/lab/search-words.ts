/** The steps of a search in words, and words to search for. Owns no state. */

import { plural } from '../api/views.ts';
import { type SearchTrailView, TRAIL_NUMBERS, TrailKind } from './shown.ts';

/** As the laboratory names its titles: twenty to an artist. */
const TITLES_PER_ARTIST = 20;

/** Words that find that title and nothing else; the most popular one is 0. */
export function titleWords(title: number): string {
  return `artist${Math.floor(title / TITLES_PER_ARTIST)} title${title}`;
}

export function queriesText(count: number): string {
  return count === 1 ? '1 query' : `${count.toLocaleString('en')} queries`;
}

/** What happens in a step: which hop is made, whom it reaches, what comes again and what goes back. */
export function stepSentence(trail: SearchTrailView, step: number): string {
  const counts = trail.steps[step];
  if (counts === undefined) return 'it has sent no query yet.';
  const { fromMs, queries, reached, duplicates, hits, lost } = counts;
  const parts: string[] = [];
  if (queries > 0) {
    const onward = reached === 0 ? 'to nobody new' : `to ${plural(reached, 'more node')}`;
    parts.push(`${hopText(hopsOf(trail, step))} ${onward} with ${queriesText(queries)}`);
  }
  if (duplicates > 0) parts.push(`${duplicates} of them ${duplicates === 1 ? 'comes' : 'come'} where it has been`);
  if (hits > 0) parts.push(`${plural(hits, 'hit')} on the way back`);
  if (lost > 0) parts.push(`${lost} lost`);
  return `${parts.length === 0 ? 'nothing is sent' : parts.join('; ')}. It begins after ${Math.round(fromMs).toLocaleString('en')} ms.`;
}

/** The first and the last hop that queries of a step make; null when nothing of them is kept. */
function hopsOf(trail: SearchTrailView, step: number): readonly [number, number] | null {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (let at = 0; at < trail.messages.length; at += TRAIL_NUMBERS) {
    const [, , hop = 0, since, kind] = trail.messages.subarray(at, at + TRAIL_NUMBERS);
    // Steps count from 1 in messages.
    if (since !== step + 1 || kind === TrailKind.hit) continue;
    [first, last] = [Math.min(first, hop), Math.max(last, hop)];
  }
  return last === 0 ? null : [first, last];
}

function hopText(hops: readonly [number, number] | null): string {
  if (hops === null) return 'it goes';
  return hops[0] === hops[1] ? `hop ${hops[0]} goes` : `hops ${hops[0]} to ${hops[1]} go`;
}
