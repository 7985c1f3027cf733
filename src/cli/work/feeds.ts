/** The work of `kith feed`: changes the book of feeds, and runs one round of it; owns the fetcher meanwhile. */

import { resolve } from 'node:path';
import { HttpFetcher } from '../../net/fetcher.ts';
import { chosenProxy } from '../../node/chosen-proxy.ts';
import { Failure } from '../../node/failure.ts';
import { type Feed, FeedBook, isFeedName } from '../../node/feeds/feed-book.ts';
import { PATTERN_CHARS_MAX, PATTERNS_MAX } from '../../node/feeds/feed-filter.ts';
import { type FeedOutcome, Feeds } from '../../node/feeds/feeds.ts';
import { formatBytes, formatSeconds } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { commandLine, interrupted } from '../follow.ts';

export interface AddFeedOptions {
  readonly name?: string;
  readonly match?: readonly string[];
  readonly not?: readonly string[];
  readonly minSize?: number;
  readonly maxSize?: number;
  readonly label?: string;
  readonly folder?: string;
}

export interface CheckFeedOptions {
  readonly dryRun?: true;
  readonly now?: true;
}

const URL_CHARS_MAX = 4096;

export async function addFeed({ console, settings }: Call, url: string, options: AddFeedOptions): Promise<void> {
  if (!/^https?:\/\/\S+$/i.test(url) || !URL.canParse(url) || url.length > URL_CHARS_MAX) {
    throw new Failure('usage', `${url} is no address of a feed.`, '', 'Expected one like https://example.org/rss.');
  }
  const name = options.name ?? new URL(url).hostname;
  if (!isFeedName(name))
    throw new Failure('usage', `${name} is no name for a feed.`, 'Expected letters, digits, dots and dashes.', 'Correct --name.');
  const [include, exclude] = [options.match ?? [], options.not ?? []];
  if (Math.max(include.length, exclude.length) > PATTERNS_MAX || [...include, ...exclude].some((each) => each.length > PATTERN_CHARS_MAX)) {
    throw new Failure(
      'usage',
      'That is too much to match.',
      `At most ${PATTERNS_MAX} times ${PATTERN_CHARS_MAX} characters.`,
      'Take fewer words.',
    );
  }
  const feed: Feed = {
    name,
    url,
    filter: { include, exclude, bytesMin: options.minSize ?? null, bytesMax: options.maxSize ?? null },
    label: options.label ?? null,
    folder: options.folder === undefined ? null : resolve(options.folder),
  };
  new FeedBook(settings.folders).add(feed);
  console.document({ feed });
  console.say(`Added ${console.strong(name)}. What it offers now: kith feed check ${name} --dry-run`);
}

export async function listFeeds({ console, settings }: Call): Promise<void> {
  const book = new FeedBook(settings.folders);
  const feeds = book.feeds().map((feed) => {
    const { taken, failures } = book.state(feed.name);
    return { ...feed, taken: taken.length, failures };
  });
  console.document({ feeds });
  for (const feed of feeds) {
    const trouble = feed.failures === 0 ? '' : `, failed ${feed.failures} times`;
    console.result(`${feed.name}  ${feed.url}  ${wishes(feed)}  ${feed.taken} taken${trouble}`);
  }
  if (feeds.length === 0) console.say('There are no feeds. Add one: kith feed add URL');
}

export async function removeFeed({ console, settings }: Call, nameOrUrl: string): Promise<void> {
  const feed = new FeedBook(settings.folders).remove(nameOrUrl);
  console.document({ feed });
  console.say(`Removed ${feed.name}.`);
}

/** Links on stdout; exit code 5 when not one of the feeds could be read. */
export async function checkFeeds({ console, settings, interruption }: Call, name: string | null, options: CheckFeedOptions): Promise<void> {
  const fetcher = new HttpFetcher(chosenProxy(settings));
  const feeds = new Feeds({ book: new FeedBook(settings.folders), fetcher });
  interruption.signal.addEventListener('abort', () => fetcher.close(), { once: true });
  try {
    const outcomes = await feeds.check(
      async (link) => {
        if (interruption.happened) throw new Error('stopped');
        console.result(link);
      },
      { name, early: options.now === true, remembers: options.dryRun !== true },
    );
    if (interruption.happened) throw interrupted('Stopped; what was printed is remembered.', `To go on: ${commandLine()}`);
    console.document({ feeds: outcomes.map(fieldsOf) });
    for (const outcome of outcomes) console.say(console.dim(summaryOf(outcome)));
    const failed = outcomes.filter(({ kind }) => kind === 'failed');
    if (failed.length > 0 && failed.length === outcomes.length) {
      const why = failed.map(({ feed, detail }) => `${feed.name}: ${detail}`).join('\n  ');
      throw new Failure(
        'unreachable',
        failed.length === 1 ? 'The feed could not be read.' : 'No feed could be read.',
        why,
        'Check the address, and your network.',
      );
    }
  } finally {
    fetcher.close();
  }
}

function wishes({ filter: { include, exclude, bytesMin, bytesMax }, label, folder }: Feed): string {
  const parts = [
    ...include.map((each) => `“${each}”`),
    ...exclude.map((each) => `not “${each}”`),
    ...(bytesMin === null ? [] : [`from ${formatBytes(bytesMin)}`]),
    ...(bytesMax === null ? [] : [`up to ${formatBytes(bytesMax)}`]),
    ...(label === null ? [] : [`label ${label}`]),
    ...(folder === null ? [] : [`into ${folder}`]),
  ];
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

function summaryOf({ feed, kind, detail, notBeforeMs, taken, refused }: FeedOutcome): string {
  const wait = formatSeconds(Math.max(0, notBeforeMs - Date.now()) / 1000);
  switch (kind) {
    case 'read':
      return `${feed.name}: ${taken.length} new${refused.length === 0 ? '' : `, ${refused.length} not taken`}.`;
    case 'unchanged':
      return `${feed.name}: nothing new.`;
    case 'waiting':
      return `${feed.name}: not asked again for ${wait}; --now asks all the same.`;
    case 'failed':
      return `${feed.name}: ${detail}; asked again in ${wait}.`;
  }
}

function fieldsOf({ feed, kind, detail, notBeforeMs, taken }: FeedOutcome): Record<string, unknown> {
  const { name, label, folder } = feed;
  return { name, kind, detail, notBefore: new Date(notBeforeMs).toISOString(), taken: taken.map((item) => ({ ...item, label, folder })) };
}
