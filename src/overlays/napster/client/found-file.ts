/** What a server tells of a file at a user, as a hit of a search like those of other networks. Owns no state. */

import { bytesOfHex } from '../../../core/hex.ts';
import { keywordsOf, mediaKindOf } from '../../../wire/keywords.ts';
import { safeText } from '../../../wire/safe-text.ts';
import type { SearchHit } from '../../../wire/search-hit.ts';
import { NO_HASHES, NO_TAGS } from '../../../wire/shared-file.ts';
import { isNick } from '../accounts.ts';
import { LINK_NAMES } from '../message-types.ts';
import type { SharedEntry } from '../shared-entry.ts';

/** By the number of LINK_NAMES, kilobits a second. */
const LINK_KILOBITS = [0, 14, 28, 33, 56, 64, 128, 1_000, 1_500, 1_544, 45_000] as const;
const SHOWN_LENGTH_MAX = 255;
/** Folders in front of a name whose words count, as servers have it. */
const FOLDER_LEVELS = 2;
const SEPARATORS = /[\\/]+/;

export function kilobitsOf(link: number): number {
  return LINK_KILOBITS[link] ?? 0;
}

/** The number for a line of that speed. */
export function linkOf(kilobits: number): number {
  let best = 0;
  for (let link = 1; link < LINK_NAMES.length; link++) if (kilobits >= (LINK_KILOBITS[link] as number)) best = link;
  return best;
}

/** Null: nobody can have that nick. */
export function hitOf(entry: SharedEntry, nick: string, link: number): SearchHit | null {
  if (!isNick(nick)) return null;
  const { name, md5, bytes, bitRate, frequency, seconds } = entry;
  const last = name.split(SEPARATORS).at(-1) ?? name;
  const head = /^[0-9a-f]{32}/i.test(md5) && !/^0{32}/.test(md5) ? bytesOfHex(md5.slice(0, 32)) : null;
  return {
    network: 'napster',
    name: safeText(last, SHOWN_LENGTH_MAX),
    bytes,
    kind: mediaKindOf(last),
    tags: { ...NO_TAGS, bitRate, sampleRate: frequency, seconds },
    hashes: { ...NO_HASHES, head },
    holder: { endpoint: null, locator: name, id: nick, firewalled: false, busy: false, speed: kilobitsOf(link), proxies: [] },
  };
}

/** Those by which a server finds it. */
export function wordsOfName(name: string): Set<string> {
  return new Set(
    keywordsOf(
      name
        .split(SEPARATORS)
        .slice(-1 - FOLDER_LEVELS)
        .join(' '),
    ),
  );
}
