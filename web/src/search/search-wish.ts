/** What a person has filled in to search by: as the node is asked, and as the command line would say it. Owns no state. */

import { parseBytes, type SearchAsk, type SearchNetworkName } from '../api/views.ts';
import { cliLine } from '../shell/cli-line.ts';

/** As typed; '' for what is not asked for. */
export interface Wish {
  readonly words: string;
  readonly kind: string;
  readonly minSize: string;
  readonly maxSize: string;
  readonly minBitRate: string;
  readonly maxBitRate: string;
  /** So many rows are enough. */
  readonly enough: string;
  /** Empty: all that the node takes part in. */
  readonly networks: readonly SearchNetworkName[];
}

export const NO_WISH: Wish = { words: '', kind: '', minSize: '', maxSize: '', minBitRate: '', maxBitRate: '', enough: '', networks: [] };

/** Throws RangeError that says which field means nothing. */
export function askOf(wish: Wish): SearchAsk {
  return {
    words: wish.words.trim(),
    // Only what the list offers comes here.
    ...(wish.kind !== '' && { kind: wish.kind as NonNullable<SearchAsk['kind']> }),
    ...(wish.minSize.trim() !== '' && { bytesMin: sizeOf(wish.minSize) }),
    ...(wish.maxSize.trim() !== '' && { bytesMax: sizeOf(wish.maxSize) }),
    ...(wish.minBitRate.trim() !== '' && { bitRateMin: bitRateOf(wish.minBitRate) }),
    ...(wish.maxBitRate.trim() !== '' && { bitRateMax: bitRateOf(wish.maxBitRate) }),
    ...(wish.enough !== '' && { enough: Number(wish.enough) }),
    ...(wish.networks.length > 0 && { networks: wish.networks }),
  };
}

/** A word with a minus before it would be read as an option: the command has one of its own for it. */
export function searchLine({ words, kind, minSize, maxSize, minBitRate, maxBitRate, enough, networks }: Wish): string {
  const typed = words.split(/\s+/).filter((word) => word !== '');
  const options: readonly (readonly [string, string])[] = [
    ['--kind', kind],
    ['--min-size', minSize],
    ['--max-size', maxSize],
    ['--min-bitrate', minBitRate],
    ['--max-bitrate', maxBitRate],
    ['--enough', enough],
    ['--in', networks.join(',')],
  ];
  return cliLine(
    'search',
    ...typed.filter((word) => !word.startsWith('-')),
    ...typed.filter((word) => /^-./.test(word)).flatMap((word) => ['--not', word.slice(1)]),
    ...options.flatMap(([name, value]) => (value.trim() === '' ? [] : [name, value.trim()])),
  );
}

function sizeOf(text: string): number {
  const bytes = parseBytes(text.trim());
  if (bytes === null) throw new RangeError(`${text} is no size: write it like 3MB.`);
  return bytes;
}

function bitRateOf(text: string): number {
  const rate = Number(text.trim());
  if (!Number.isInteger(rate) || rate < 1) throw new RangeError(`${text} is no bit rate: write it like 192.`);
  return rate;
}
