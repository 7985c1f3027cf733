/** `X-Available-Ranges` (partial file sharing, PFSP): which bytes of a file a holder has that has not all of it. Owns no state. */

import type { ByteRange } from '../../wire/http-range.ts';
import { ByteRanges } from './byte-ranges.ts';

export const AVAILABLE_RANGES_MAX = 512;
/** Of one header, well below what a head may have. */
const CHARS_MAX = 4096;

/** `bytes 0-499,1000-1999`; some write `bytes=`. Null when it is nothing of that kind; ranges that make no sense are left out. */
export function parseAvailableRanges(text: string, bytes: number): ByteRanges | null {
  const list = /^\s*bytes[\s=]+(.*)$/i.exec(text)?.[1];
  if (list === undefined) return null;
  const ranges: ByteRange[] = [];
  for (const item of list.split(',', AVAILABLE_RANGES_MAX)) {
    const match = /^\s*(\d{1,15})\s*-\s*(\d{1,15})\s*$/.exec(item);
    const [begin, end] = [Number(match?.[1]), Math.min(bytes, Number(match?.[2]) + 1)];
    if (begin < end) ranges.push({ begin, end });
  }
  return new ByteRanges(ranges);
}

/** As many of them as go into a header, the first ones. */
export function formatAvailableRanges(ranges: Iterable<ByteRange>): string {
  let text = '';
  for (const { begin, end } of ranges) {
    const item = `${text === '' ? '' : ','}${begin}-${end - 1}`;
    if (text.length + item.length > CHARS_MAX) break;
    text += item;
  }
  return `bytes ${text}`;
}
