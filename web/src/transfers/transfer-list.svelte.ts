/** What of the list is shown, which row is active and which are selected. Owns these, also while another page is shown. */

import { live } from '../live/live.ts';
import { HeldOrder } from '../rows/held-order.ts';
import { Hold } from '../rows/hold.svelte.ts';
import { goneRow, type ListRow, rowOfFetch, rowOfTransfer } from './list-row.ts';
import type { ColumnName } from './transfer-columns.ts';
import { countGroups, type Group, isWanted, type Order, ordered, wordsOf } from './transfer-order.ts';

class TransferList {
  filter = $state('');
  group: Group = $state('all');
  order: Order = $state.raw({ column: 'number', down: false });
  /** Key of the row that keys go to; '' before one was chosen. */
  active = $state('');
  selected: ReadonlySet<string> = $state.raw(new Set());
  readonly hold = new Hold();
  readonly #held = new HeldOrder<ListRow>({ keyOf: ({ key }) => key, gone: goneRow });

  readonly all: readonly ListRow[] = $derived.by(() => {
    void live.version;
    return [...Array.from(live.transfers.values(), rowOfTransfer), ...Array.from(live.fetches.values(), rowOfFetch)];
  });
  readonly counts = $derived(countGroups(this.all));
  readonly #byKey = $derived(new Map(this.all.map((row) => [row.key, row])));
  readonly #wish = $derived({ words: wordsOf(this.filter), group: this.group, order: this.order });
  readonly rows: readonly ListRow[] = $derived.by(() => {
    const { words, group, order } = this.#wish;
    const wanted = this.all.filter((row) => isWanted(row, words, group));
    return this.#held.rows(ordered(wanted, order), (key) => this.#byKey.get(String(key)), this.hold.isHeld, this.#wish);
  });
  readonly activeRow = $derived(this.rows.findIndex(({ key }) => key === this.active));
  /** What an action is about: those selected, else the active one. */
  readonly chosen: readonly ListRow[] = $derived.by(() => {
    const keys = this.selected.size > 0 ? this.selected : new Set([this.active]);
    return this.all.filter(({ key }) => keys.has(key));
  });

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  sortBy(column: ColumnName): void {
    this.order = { column, down: this.order.column === column && !this.order.down };
  }

  /** By rows; where none is active, from before the first or from behind the last. */
  step(rows: number): void {
    const from = this.activeRow >= 0 ? this.activeRow : rows > 0 ? -1 : this.rows.length;
    const at = Math.min(this.rows.length - 1, Math.max(0, from + rows));
    this.active = this.rows[at]?.key ?? '';
  }

  toggle(key: string): void {
    const selected = new Set(this.selected);
    if (!selected.delete(key)) selected.add(key);
    this.selected = selected;
    this.active = key;
  }

  /** From the active row to that one. */
  extendTo(key: string): void {
    const to = this.rows.findIndex((row) => row.key === key);
    const from = this.activeRow < 0 ? to : this.activeRow;
    const between = this.rows.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.selected = new Set([...this.selected, ...between.map((row) => row.key)]);
  }

  selectAll(): void {
    this.selected = new Set(this.rows.map(({ key }) => key));
  }

  clear(): void {
    this.selected = new Set();
  }
}

export const transferList = new TransferList();
