/** Which transfers are shown and in which order; owns no state. Ten thousand are put in order four times a second. */

import type { ListRow, RowState } from './list-row.ts';
import { COLUMNS, type ColumnName } from './transfer-columns.ts';

/** What people look for, rather than every state that there is. */
export type Group = 'all' | 'downloading' | 'seeding' | 'done' | 'waiting' | 'paused' | 'failed';

const GROUP_STATES: Readonly<Record<RowState, Exclude<Group, 'all'>>> = {
  downloading: 'downloading',
  metadata: 'downloading',
  checking: 'waiting',
  queued: 'waiting',
  resting: 'waiting',
  'no-room': 'failed',
  moving: 'waiting',
  seeding: 'seeding',
  finished: 'seeding',
  paused: 'paused',
  stopped: 'paused',
  failed: 'failed',
  opening: 'waiting',
  waiting: 'waiting',
  done: 'done',
  removed: 'paused',
};

export const GROUPS: readonly Group[] = ['all', 'downloading', 'seeding', 'done', 'waiting', 'paused', 'failed'];

export interface Order {
  readonly column: ColumnName;
  readonly down: boolean;
}

export function groupOf({ state }: Pick<ListRow, 'state'>): Group {
  return GROUP_STATES[state];
}

export function countGroups(rows: Iterable<ListRow>): Readonly<Record<Group, number>> {
  const counts = { all: 0, downloading: 0, seeding: 0, done: 0, waiting: 0, paused: 0, failed: 0 };
  for (const row of rows) {
    counts.all++;
    counts[groupOf(row)]++;
  }
  return counts;
}

/** Every word must be somewhere in the name, the labels, the state or the hashes. */
export function isWanted(row: ListRow, words: readonly string[], group: Group): boolean {
  if (group !== 'all' && groupOf(row) !== group) return false;
  if (words.length === 0) return true;
  const { name, labels, state, key, hashes } = row;
  const text = `${name}\n${labels.join('\n')}\n${state}\n${key}\n${hashes}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export function wordsOf(filter: string): string[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** By the column, and among equals by their place in the list. */
export function ordered(rows: readonly ListRow[], { column, down }: Order): ListRow[] {
  const { value, numeric } = COLUMNS.find(({ name }) => name === column) ?? FIRST;
  const sign = down ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: value(row) }));
  keyed.sort((a, b) => {
    // A column is of one type.
    const difference = numeric ? compareNumbers(a.key as number, b.key as number) : NAMES.compare(a.key as string, b.key as string);
    return difference === 0 ? a.row.number - b.row.number : sign * difference;
  });
  return keyed.map(({ row }) => row);
}

const [FIRST] = COLUMNS;

/** Infinity minus itself is no number. */
function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const NAMES = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });
