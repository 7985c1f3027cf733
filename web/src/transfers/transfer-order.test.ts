import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FetchView, TransferView } from '../api/views.ts';
import { goneRow, type ListRow, rowOfFetch, rowOfTransfer } from './list-row.ts';
import { COLUMNS } from './transfer-columns.ts';
import { countGroups, isWanted, ordered, wordsOf } from './transfer-order.ts';

/** The row of as much of a view as lists look at. */
function view(number: number, name: string, more: Partial<TransferView> = {}): ListRow {
  const numbers = { wantedBytes: 100, totalBytes: 100, haveBytes: 0, checkedBytes: 0, downloadRate: 0, uploadRate: 0, peers: 0, ratio: 0 };
  return rowOfTransfer({
    number,
    name,
    infoHash: String(number),
    labels: [],
    state: 'seeding',
    leftMs: null,
    addedAtMs: 0,
    ...numbers,
    ...more,
  } as unknown as TransferView);
}

function fetched(id: number, more: Partial<FetchView> = {}): ListRow {
  const sizes = { bytes: 100, haveBytes: 25, downloadRate: 7, leftMs: 1000, holders: 3, sending: 2, addedAtMs: 0 };
  const named = { name: 'song.mp3', networks: [{ network: 'gnutella', holders: 3 }], hashes: { sha1: 'abcd', tiger: null }, problem: null };
  return rowOfFetch({ id, state: 'moving', ...sizes, ...named, ...more } as unknown as FetchView);
}

const names = (transfers: readonly ListRow[]): string[] => transfers.map(({ name }) => name);

test('names are in the order that people count in, either way', () => {
  const transfers = [view(1, 'part 10'), view(2, 'Part 2'), view(3, 'part 1')];
  assert.deepEqual(names(ordered(transfers, { column: 'name', down: false })), ['part 1', 'Part 2', 'part 10']);
  assert.deepEqual(names(ordered(transfers, { column: 'name', down: true })), ['part 10', 'Part 2', 'part 1']);
});

test('among equals the order of the list stays, whichever way it goes; who never ends comes last', () => {
  const transfers = [view(2, 'b'), view(1, 'a'), view(3, 'c', { leftMs: 5 }), view(4, 'd')];
  assert.deepEqual(names(ordered(transfers, { column: 'left', down: false })), ['c', 'a', 'b', 'd']);
  assert.deepEqual(names(ordered(transfers, { column: 'left', down: true })), ['a', 'b', 'd', 'c']);
});

test('every column sorts and shows whatever a transfer is', () => {
  const odd = [
    view(1, ''),
    view(2, 'x', { leftMs: 0, wantedBytes: 0, totalBytes: 0 }),
    view(3, 'y', { state: 'checking', checkedBytes: 250 }),
    fetched(1, { bytes: 0, leftMs: null }),
    goneRow(fetched(2)),
  ];
  for (const { name, text } of COLUMNS) {
    assert.equal(ordered(odd, { column: name, down: true }).length, odd.length);
    for (const transfer of odd) assert.doesNotMatch(text(transfer), /NaN|undefined|Infinity/, name);
  }
});

test('a filter wants every word, in the name, the labels, the state or the hash', () => {
  const film = view(7, 'The Sea', { labels: ['films'], state: 'paused' });
  const fits = (filter: string): boolean => isWanted(film, wordsOf(filter), 'all');
  assert.deepEqual(['', 'sea', ' SEA  films ', 'paused', '7', 'sea lake'].map(fits), [true, true, true, true, true, false]);
  assert.deepEqual([isWanted(film, [], 'paused'), isWanted(film, [], 'seeding')], [true, false]);
});

test('every transfer is in one group, and in all', () => {
  const counts = countGroups([
    view(1, 'a'),
    view(2, 'b', { state: 'metadata' }),
    view(3, 'c', { state: 'no-room' }),
    fetched(1),
    fetched(2, { state: 'done' }),
  ]);
  assert.deepEqual(counts, { all: 5, downloading: 2, seeding: 1, done: 1, waiting: 0, paused: 0, failed: 1 });
});

test('a fetch is a row behind all torrents, named as commands name it, found by its networks and hashes', () => {
  const fetch = fetched(3);
  assert.deepEqual([fetch.key, fetch.word, fetch.state, fetch.done, fetch.othersText], ['f3', 'f3', 'downloading', 0.25, '2/3']);
  assert.deepEqual(names(ordered([fetch, view(9_999_999, 'last')], { column: 'number', down: false })), ['last', 'song.mp3']);
  const fits = (filter: string): boolean => isWanted(fetch, wordsOf(filter), 'downloading');
  assert.deepEqual(['song gnutella', 'abcd', 'f3', 'napster'].map(fits), [true, true, true, false]);
});
