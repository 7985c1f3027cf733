/** Which feeds there are, in one file, and what was taken from each, in a file of its own; each replaced as a whole. Owns the files. */

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure, failureFrom } from '../failure.ts';
import type { FeedFilter } from './feed-filter.ts';
import type { Folders } from '../folders.ts';
import { makeFolder } from '../make-folder.ts';
import { SingleInstance } from '../single-instance.ts';

export const FEEDS_MAX = 500;
/** Items that are remembered of one feed; the first ones go, which the feed has long stopped to offer. */
export const TAKEN_MAX = 10_000;
const FILE_BYTES_MAX = 16 << 20;
/** A part of a file's name too. */
const NAME = /^[\w.-]{1,64}$/;
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
  readonly #statesFolder: string;

  constructor({ data, state }: Folders) {
    this.#feedsFile = join(data, 'feeds.json');
    this.#statesFolder = join(state, 'feeds');
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
    rmSync(this.#stateFile(feed.name), { force: true });
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

  /** A damaged file is nothing to stop for: items are offered once more. */
  state(name: string): FeedState {
    const known: unknown = parse(read(this.#stateFile(name)) ?? '');
    return isState(known) ? known : newState();
  }

  keepState(name: string, state: FeedState): void {
    this.#keep(this.#stateFile(name), state);
  }

  #stateFile(name: string): string {
    return join(this.#statesFolder, `feed-${name}.json`);
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

export function isFeedName(name: string): boolean {
  return NAME.test(name);
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
    typeof name === 'string' &&
    isFeedName(name) &&
    typeof url === 'string' &&
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
