/** The search that the page shows, its rows as they come, and what is filled in for the next one: also while another page is shown. Owns the stream of events. */

import { ask } from '../api/ask.ts';
import type { FetchView, SearchChange, SearchRowView, SearchView } from '../api/views.ts';
import { HeldOrder } from '../rows/held-order.ts';
import { Hold } from '../rows/hold.svelte.ts';
import { goneRow, inOrder, type RowOrder, type Rows, stepped, withChange } from './result-rows.ts';
import { askOf, NO_WISH, type Wish } from './search-wish.ts';

class LiveSearch {
  wish: Wish = $state.raw(NO_WISH);
  view: SearchView | null = $state.raw(null);
  order: RowOrder = $state('ranked');
  /** Number of the row that keys go to; 0 before one was chosen. */
  active = $state(0);
  /** The row whose holders are shown; 0: none. */
  opened = $state(0);
  /** Of all searches of the node: it is its rows that `kith get` knows by their numbers. */
  latestId = $state(0);
  #rows: Rows = $state.raw(new Map());
  #stream: EventSource | null = null;

  readonly hold = new Hold();
  readonly #held = new HeldOrder<SearchRowView>({ keyOf: ({ number }) => number, gone: goneRow });

  /** How rows are looked at: another search, or another order, is followed at once. */
  readonly #wish = $derived({ id: this.view?.id ?? 0, order: this.order });
  readonly rows: readonly SearchRowView[] = $derived(
    this.#held.rows(inOrder(this.#rows, this.#wish.order), (number) => this.#rows.get(Number(number)), this.hold.isHeld, this.#wish),
  );
  readonly activeRow = $derived(this.rows.find(({ number }) => number === this.active) ?? null);

  /** Rejects with a Problem, or a RangeError about what is filled in. */
  async start(): Promise<void> {
    this.show(await ask<SearchView>('POST', '/searches', { body: askOf(this.wish) }));
  }

  /** Also one that somebody else has started, or that has ended. */
  show(view: SearchView): void {
    this.#stream?.close();
    this.view = view;
    this.latestId = Math.max(this.latestId, view.id);
    this.#rows = new Map();
    [this.active, this.opened] = [0, 0];
    const stream = new EventSource(`/api/v1/searches/${view.id}/events`);
    this.#stream = stream;
    const take = ({ data }: MessageEvent<string>): void => this.#take(JSON.parse(data) as SearchChange);
    stream.addEventListener('change', take);
    stream.addEventListener('end', (event: MessageEvent<string>) => {
      take(event);
      // Left open, it would ask again for what has ended.
      stream.close();
    });
    stream.addEventListener('error', () => {
      // Refused, not only cut: a node that was started anew knows nothing of it.
      if (stream.readyState !== EventSource.CLOSED || this.view?.id !== view.id || this.view.state === 'ended') return;
      this.view = { ...this.view, state: 'ended', why: 'The node knows nothing of it any more.' };
    });
  }

  async stop(): Promise<void> {
    if (this.view !== null) await ask('POST', `/searches/${this.view.id}/stop`);
  }

  step(by: number): void {
    this.active = stepped(this.rows, this.active, by);
  }

  get(row: number): Promise<FetchView> {
    return ask<FetchView>('POST', `/searches/${this.view?.id ?? 0}/rows/${row}/get`, { body: {} });
  }

  #take(change: SearchChange): void {
    this.view = change.search;
    this.#rows = withChange(this.#rows, change);
    const into = new Map(change.joined.map(({ number, into: other }) => [number, other]));
    this.active = into.get(this.active) ?? this.active;
    this.opened = into.get(this.opened) ?? this.opened;
  }
}

export const liveSearch = new LiveSearch();
