/** Feeds in a node: what is wanted and new in them is added, with the label and folder of its feed. Owns the fetcher. */

import { HttpFetcher } from '../../net/fetcher.ts';
import { chosenProxy } from '../chosen-proxy.ts';
import { Failure } from '../failure.ts';
import { FeedBook } from './feed-book.ts';
import { Feeds } from './feeds.ts';
import type { NodeOperations } from '../node-operations.ts';
import type { NodePolicy } from '../node-policy.ts';
import type { Settings } from '../settings/settings.ts';

/** How often it is looked which feeds are due; each says itself how often that is. */
const LOOK_MS = 30_000;

export class FeedPolicy implements NodePolicy {
  readonly name = 'The round of feeds';
  readonly #book: FeedBook;
  readonly #fetcher: HttpFetcher;
  readonly #feeds: Feeds;
  #dueAtMs = 0;

  constructor(settings: Settings) {
    this.#book = new FeedBook(settings.folders);
    this.#fetcher = new HttpFetcher(chosenProxy(settings));
    this.#feeds = new Feeds({ book: this.#book, fetcher: this.#fetcher });
  }

  async tick(node: Pick<NodeOperations, 'add'>, nowMs: number): Promise<void> {
    if (nowMs < this.#dueAtMs) return;
    this.#dueAtMs = nowMs + LOOK_MS;
    if (this.#book.feeds().length === 0) return;
    const outcomes = await this.#feeds.check(
      async (link, { label, folder }) => {
        await node.add({ link }, { folder, labels: label === null ? [] : [label] });
      },
      { name: null, early: false, remembers: true },
    );
    // All were asked before one of them is complained about.
    const [failed] = outcomes.filter(({ kind }) => kind === 'failed');
    if (failed !== undefined) throw new Failure('unreachable', `The feed ${failed.feed.name} cannot be read.`, `${failed.detail}.`, '');
    const [refused] = outcomes.flatMap((outcome) => outcome.refused);
    if (refused !== undefined) throw new Failure('failed', `${refused.item.title} of a feed was not added.`, refused.why, '');
  }

  stop(): void {
    this.#fetcher.close();
  }
}
