/** Which feeds there are, and what was taken from each: two files, replaced as a whole. Owns the files. */

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, failureFrom } from './failure.ts';
import type { FeedFilter } from './feed-filter.ts';
import type { Folders } from './folders.ts';
import { makeFolder } from './make-folder.ts';
import { SingleInstance } from './single-instance.ts';

export const FEEDS_MAX = 500;
/** Items that are remembered of one feed; the first ones go, which the feed has long stopped to offer. */
export const TAKEN_MAX = 10_000;
const FILE_BYTES_MAX = 64 << 20;
/** Of a feed that does not say. */
const INTERVAL_MS_DEFAULT = 30 * 60_000;
/** What is said in addresses is often a secret of its user. */
const MODE = 0o600;

export interface Feed {
  readonly name: string;
  readonly url: string;
  readonly filter: FeedFilter;
  /** For whoever takes items; null: none. */
  readonly label: string | null;
  readonly folder: string | null;
}

/** What one feed has come to. */
export interface FeedState {
  /** As the server gave them, for its "nothing new" (RFC 9110 §13.1). */
  etag: string | null;
  lastModified: string | null;
  /** It is not to be asked before that, in ms since 1970. */
  notBeforeMs: number;
  /** How often it may be asked, by itself. */
  intervalMs: number;
  failures: number;
  /** Marks of items, in the order in which they were taken. */
  taken: string[];
}

export class FeedBook {
  readonly #lockFile: string;
  readonly #feedsFile: string;
  readonly #statesFile: string;

  constructor({ data, state }: Folders) {
    this.#feedsFile = join(data, 'feeds.json');
    this.#statesFile = join(state, 'feed-states.json');
    this.#lockFile = join(state, 'feeds.lock');
  }

  /** In the order in which they were added. Throws a Failure when the file is damaged: it is the user's. */
  feeds(): readonly Feed[] {
    const text = read(this.#feedsFile);
    if (text === null) return [];
    const known: unknown = parse(text);
    if (Array.isArray(known) && known.every(isFeed)) return known;
    throw new Failure(
      'integrity',
      `${this.#feedsFile} cannot be read.`,
      'Expected a list of feeds as JSON.',
      'Correct it, or move it away.',
    );
  }

  add(feed: Feed): void {
    const feeds = this.feeds();
    if (feeds.some(({ name }) => name === feed.name)) {
      throw new Failure('usage', `There is a feed ${feed.name} already.`, '', `Choose another --name, or first: kith feed rm ${feed.name}`);
    }
    if (feeds.length === FEEDS_MAX)
      throw new Failure('usage', `There are ${FEEDS_MAX} feeds.`, 'That is the most.', 'Remove one: kith feed rm');
    this.#keep(this.#feedsFile, [...feeds, feed]);
  }

  /** By its name or address, with what was taken from it. Throws a not-found Failure. */
  remove(nameOrUrl: string): Feed {
    const feed = this.find(nameOrUrl);
    this.#keep(
      this.#feedsFile,
      this.feeds().filter(({ name }) => name !== feed.name),
    );
    const states = this.states();
    states.delete(feed.name);
    this.keepStates(states);
    return feed;
  }

  find(nameOrUrl: string): Feed {
    const feed = this.feeds().find(({ name, url }) => name === nameOrUrl || url === nameOrUrl);
    if (feed === undefined) throw new Failure('not-found', `There is no feed ${nameOrUrl}.`, '', 'All of them: kith feed ls');
    return feed;
  }

  /** So that two do not take the same at once. Throws a Failure when another process has it. */
  lock(): SingleInstance {
    makeFolder(dirname(this.#lockFile), 'The feeds cannot be checked.');
    return SingleInstance.take(this.#lockFile, 'A check of feeds');
  }

  /** By name. A damaged file is nothing to stop for: items are offered once more. */
  states(): Map<string, FeedState> {
    const known: unknown = parse(read(this.#statesFile) ?? '{}');
    if (typeof known !== 'object' || known === null || Array.isArray(known)) return new Map();
    return new Map(Object.entries(known).filter((entry): entry is [string, FeedState] => isState(entry[1])));
  }

  keepStates(states: ReadonlyMap<string, FeedState>): void {
    this.#keep(this.#statesFile, Object.fromEntries(states));
  }

  #keep(file: string, value: unknown): void {
    try {
      makeFolder(dirname(file), 'The feeds could not be written.');
      writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 1)}\n`, { mode: MODE });
      renameSync(`${file}.new`, file);
    } catch (error) {
      throw failureFrom(error, 'The feeds could not be written.');
    }
  }
}

export function newState(): FeedState {
  return { etag: null, lastModified: null, notBeforeMs: 0, intervalMs: INTERVAL_MS_DEFAULT, failures: 0, taken: [] };
}

/** What is remembered of an item: as long whatever its feed calls it. */
export function markOf(guid: string): string {
  return createHash('sha1').update(guid).digest('base64url');
}

function read(file: string): string | null {
  try {
    const bytes = readFileSync(file);
    return bytes.length > FILE_BYTES_MAX ? '' : bytes.toString('utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw failureFrom(error, 'The feeds cannot be read.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isFeed(value: unknown): value is Feed {
  const { name, url, filter, label, folder } = (value ?? {}) as Partial<Feed>;
  const { include, exclude, bytesMin, bytesMax } = (filter ?? {}) as Partial<FeedFilter>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((each) => typeof each === 'string');
  return (
    [name, url].every((text) => typeof text === 'string') &&
    [label, folder].every((text) => text === null || typeof text === 'string') &&
    [bytesMin, bytesMax].every((bytes) => bytes === null || typeof bytes === 'number') &&
    areTexts(include) &&
    areTexts(exclude)
  );
}

function isState(value: unknown): value is FeedState {
  const { etag, lastModified, notBeforeMs, intervalMs, failures, taken } = (value ?? {}) as Partial<FeedState>;
  return (
    [etag, lastModified].every((text) => text === null || typeof text === 'string') &&
    [notBeforeMs, intervalMs, failures].every((number) => typeof number === 'number') &&
    Array.isArray(taken) &&
    taken.every((mark) => typeof mark === 'string')
  );
}
