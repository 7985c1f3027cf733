/**
 * Who shares what and who looks for what: titles of a popularity by Zipf's law, users of whom many share nothing and few share most (Saroiu et al.,
 * MMCN 2002: 25% share nothing, 7% share more than all others together). Everything is drawn from the seed and the number of the user alone, so
 * that every network has the same content. Owns no state that a run changes.
 */

import { Random } from '../core/random.ts';
import { pow } from '../core/portable-math.ts';
import { ListedFiles } from '../wire/listed-files.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../wire/shared-file.ts';
import type { ContentSpec } from './run-spec.ts';
import { CONTENT_STREAM } from './streams.ts';

/** Users by what they share, of the measurement of 2001. */
const FREE_RIDERS = 0.25;
const GENEROUS = 0.07;
/** Artists have so many titles each: what is looked for by the artist's word finds several. */
const TITLES_PER_ARTIST = 20;
const BYTES = 4_000_000;
const HASH_BYTES = 20;
/** What names end with, which is a word of theirs too. */
const ENDING = 'mp3';

export class ContentModel {
  private readonly spec: ContentSpec;
  private readonly seed: number;
  /** Sums of the weights of the titles, the most popular first. */
  private readonly sums: Float64Array;

  constructor(spec: ContentSpec, seed: number) {
    this.spec = spec;
    this.seed = seed;
    this.sums = new Float64Array(spec.titles);
    let sum = 0;
    for (let title = 0; title < spec.titles; title++) {
      sum += 1 / pow(title + 1, spec.zipf);
      this.sums[title] = sum;
    }
  }

  /** What the user of that number shares, each title once. */
  filesOf(user: number): ListedFiles {
    const random = new Random(this.seed, CONTENT_STREAM + user);
    const count = this.countOf(random);
    const titles = new Set<number>();
    for (let tries = 0; titles.size < count && tries < 4 * count; tries++) titles.add(this.draw(random));
    return new ListedFiles([...titles].map((title, index) => fileOf(title, index + 1)));
  }

  /** Titles whose names have all of the words. */
  titlesWith(words: readonly string[]): number[] {
    const found: number[] = [];
    for (let title = 0; title < this.spec.titles; title++) {
      const own = [...wordsOf(title), ENDING];
      if (words.every((word) => own.includes(word))) found.push(title);
    }
    return found;
  }

  /** A title by its popularity. */
  draw(random: Random): number {
    const { sums } = this;
    const at = random.unit() * (sums[sums.length - 1] as number);
    let low = 0;
    let high = sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** So many files are shared as the spec says on average, whichever way they are spread. */
  private countOf(random: Random): number {
    const { filesPerUser, spread } = this.spec;
    if (spread === 'even') return filesPerUser;
    const who = random.unit();
    if (who < FREE_RIDERS) return 0;
    // Three of five files lie with the generous.
    if (who < FREE_RIDERS + GENEROUS) return Math.round((0.6 * filesPerUser) / GENEROUS);
    const others = 1 - FREE_RIDERS - GENEROUS;
    const mean = (0.4 * filesPerUser) / others;
    return 1 + random.below(Math.max(1, Math.round(2 * mean - 1)));
  }
}

/** Words that find that title, and nothing else. */
export function wordsOf(title: number): string[] {
  return [`artist${Math.floor(title / TITLES_PER_ARTIST)}`, `title${title}`];
}

/** The title that a name is of, or -1. */
export function titleOf(name: string): number {
  const found = /\btitle(\d+)\b/.exec(name)?.[1];
  return found === undefined ? -1 : Number(found);
}

/** The genuine file of a title. */
export function fileOf(title: number, id: number): SharedFile {
  const sha1 = new Random(title, CONTENT_STREAM).fill(new Uint8Array(HASH_BYTES));
  return {
    id,
    name: `${wordsOf(title).join(' ')}.${ENDING}`,
    folder: '',
    bytes: BYTES + title,
    modifiedMs: 0,
    kind: 'audio',
    tags: { ...NO_TAGS, bitRate: 128 },
    hashes: { ...NO_HASHES, sha1, uu: sha1, tiger: null },
  };
}
