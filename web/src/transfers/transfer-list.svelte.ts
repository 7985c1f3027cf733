/** What of the transfers is shown, which row is active and which are selected. Owns these, also while another page is shown. */

import type { TransferView } from '../api/views.ts';
import { live } from '../live/live.ts';
import type { ColumnName } from './transfer-columns.ts';
import { countGroups, type Group, isWanted, type Order, ordered, wordsOf } from './transfer-order.ts';

class TransferList {
  filter = $state('');
  group: Group = $state('all');
  order: Order = $state.raw({ column: 'number', down: false });
  /** Info-hash of the row that keys go to; '' before one was chosen. */
  active = $state('');
  selected: ReadonlySet<string> = $state.raw(new Set());

  readonly all: readonly TransferView[] = $derived.by(() => {
    void live.version;
    return [...live.transfers.values()];
  });
  readonly counts = $derived(countGroups(this.all));
  readonly rows: readonly TransferView[] = $derived.by(() => {
    const words = wordsOf(this.filter);
    return ordered(
      this.all.filter((transfer) => isWanted(transfer, words, this.group)),
      this.order,
    );
  });
  readonly activeRow = $derived(this.rows.findIndex(({ infoHash }) => infoHash === this.active));
  /** What an action is about: those selected, else the active one. */
  readonly chosen: readonly TransferView[] = $derived.by(() => {
    const hashes = this.selected.size > 0 ? this.selected : new Set([this.active]);
    return this.all.filter(({ infoHash }) => hashes.has(infoHash));
  });

  sortBy(column: ColumnName): void {
    this.order = { column, down: this.order.column === column && !this.order.down };
  }

  /** By rows; where none is active, from before the first or from behind the last. */
  step(rows: number): void {
    const from = this.activeRow >= 0 ? this.activeRow : rows > 0 ? -1 : this.rows.length;
    const at = Math.min(this.rows.length - 1, Math.max(0, from + rows));
    this.active = this.rows[at]?.infoHash ?? '';
  }

  toggle(infoHash: string): void {
    const selected = new Set(this.selected);
    if (!selected.delete(infoHash)) selected.add(infoHash);
    this.selected = selected;
    this.active = infoHash;
  }

  /** From the active row to that one. */
  extendTo(infoHash: string): void {
    const to = this.rows.findIndex((row) => row.infoHash === infoHash);
    const from = this.activeRow < 0 ? to : this.activeRow;
    const between = this.rows.slice(Math.min(from, to), Math.max(from, to) + 1);
    this.selected = new Set([...this.selected, ...between.map((row) => row.infoHash)]);
  }

  selectAll(): void {
    this.selected = new Set(this.rows.map(({ infoHash }) => infoHash));
  }

  clear(): void {
    this.selected = new Set();
  }
}

export const transferList = new TransferList();
