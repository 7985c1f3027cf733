import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type FakeFetch, FakeFetches } from '../../../test/search/fake-fetches.ts';
import { FakeNetwork, hash, hitOf } from '../../../test/search/fake-network.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { Failure } from '../failure.ts';
import { FetchBook } from './fetch-book.ts';
import type { FetchView } from './fetch-view.ts';

const HASHES = { ...NO_HASHES, sha1: hash(20, 1) };
const WISH = { name: 'walrus.mp3', bytes: 1000, hashes: HASHES, hits: [hitOf({ hashes: HASHES })], sources: ['http://1.2.3.4/f'] };

function world(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kith-fetches-'));
  const network = new FakeNetwork();
  const changed: FetchView[] = [];
  const removed: number[] = [];
  const books: FetchBook[] = [];
  /** The book of this run, and what it has begun to fetch. */
  const open = (): { book: FetchBook; fetches: FakeFetches } => {
    const fetches = new FakeFetches();
    const listener = { onFetch: (view: FetchView) => void changed.push(view), onFetchRemoved: (id: number) => void removed.push(id) };
    const book = new FetchBook(folder, fetches, () => [network], listener);
    books.push(book);
    return { book, fetches };
  };
  t.after(async () => {
    for (const book of books) await book.close();
    rmSync(folder, { recursive: true });
  });
  return { open, changed, removed };
}

test('a file is fetched from the holders of its row and the addresses of its link, and told of when it is there', async (t) => {
  const { open, changed } = world(t);
  const { book, fetches } = open();
  const { id } = book.add(WISH, '/downloads');
  const [fetch] = fetches.made as [FakeFetch];
  assert.deepEqual(
    fetch.ways.map(({ name }) => name),
    ['http://1.2.3.4/f', 'gnutella  10.0.0.1:6346 /get/1/walrus'],
  );
  assert.deepEqual([book.detail(id).state, book.detail(id).holders, book.detail(id).haveBytes], ['moving', 2, 7]);
  fetch.arrives('/downloads/walrus.mp3');
  await turn();
  assert.deepEqual(
    changed.map(({ state, path, haveBytes }) => [state, path, haveBytes]),
    [
      ['moving', null, 7],
      ['done', '/downloads/walrus.mp3', 1000],
    ],
  );
});

test('the same file is fetched once, by whichever of its hashes it is named, and again after a failure', async (t) => {
  const { open } = world(t);
  const { book, fetches } = open();
  const first = book.add(WISH, '/a');
  assert.equal(book.add({ ...WISH, name: 'other.mp3', hashes: { ...HASHES, ed2k: hash(16, 2) } }, '/b').id, first.id);
  fetches.made[0]?.end.reject(new Failure('no-space', 'The disk is full.', '', ''));
  await turn();
  assert.deepEqual([book.detail(first.id).state, book.detail(first.id).problem?.kind], ['failed', 'no-space']);
  assert.notEqual(book.add(WISH, '/a').id, first.id);
  assert.equal(book.list().length, 1);
});

test('the next run goes on with what was under way, and knows what is done', async (t) => {
  const { open } = world(t);
  const first = open();
  first.book.add(WISH, '/a');
  first.book.add({ ...WISH, bytes: 5, hashes: { ...NO_HASHES, sha1: hash(20, 9) } }, '/a');
  first.fetches.made[1]?.arrives('/a/walrus.mp3');
  await turn();
  await first.book.close();
  assert.ok(first.fetches.closed);
  const { book, fetches } = open();
  assert.deepEqual(
    book.list().map(({ id, state, path }) => [id, state, path]),
    [
      [1, 'moving', null],
      [2, 'done', '/a/walrus.mp3'],
    ],
  );
  assert.deepEqual(
    fetches.made.map(({ request }) => [request.wanted, request.folder]),
    [[{ bytes: 1000, hashes: HASHES }, '/a']],
  );
});

test('what is removed is stopped and forgotten, and with its data what has come goes too', async (t) => {
  const { open, removed } = world(t);
  const { book, fetches } = open();
  const { id } = book.add(WISH, '/a');
  await book.remove(id, false);
  assert.deepEqual([fetches.made[0]?.stopped, book.list(), removed, fetches.discarded], [true, [], [id], []]);
  assert.throws(() => book.detail(id), /There is no fetch f1/);
  assert.deepEqual(open().book.list(), []);
  await book.remove(book.add(WISH, '/a').id, true);
  assert.deepEqual(fetches.discarded, ['/a/walrus.mp3.part']);
});

test('what is paused rests, also in the next run, and goes on with the holders that it had', async (t) => {
  const { open } = world(t);
  const first = open();
  const { id } = first.book.add(WISH, '/a');
  const paused = await first.book.pause(id);
  assert.deepEqual([paused.state, paused.haveBytes, paused.problem], ['paused', 7, null]);
  const resumed = await first.book.resume(id);
  assert.equal(resumed.state, 'moving');
  assert.deepEqual(
    first.fetches.made.map(({ ways, stopped }) => [ways.length, stopped]),
    [
      [2, true],
      [2, false],
    ],
  );
  await first.book.pause(id);
  await first.book.close();
  const { book, fetches } = open();
  assert.deepEqual([book.list()[0]?.state, book.list()[0]?.haveBytes, fetches.made.length], ['paused', 7, 0]);
  // Who asks for the same file again wants it.
  book.add(WISH, '/a');
  await turn();
  assert.equal(book.detail(id).state, 'moving');
});

test('what is paused and resumed at once is under way once, and what has failed is tried again', async (t) => {
  const { open } = world(t);
  const { book, fetches } = open();
  const { id } = book.add(WISH, '/a');
  await Promise.all([book.pause(id), book.resume(id), book.resume(id)]);
  assert.deepEqual(
    fetches.made.map(({ stopped }) => stopped),
    [true, false],
  );
  fetches.made[1]?.end.reject(new Failure('no-space', 'The disk is full.', '', ''));
  await turn();
  assert.equal(book.detail(id).state, 'failed');
  await book.resume(id);
  assert.deepEqual([book.detail(id).state, book.detail(id).problem], ['moving', null]);
});

test('a fetch says who has it on which network, which parts are there, and what has become of it', async (t) => {
  const { open } = world(t);
  const { book, fetches } = open();
  const { id } = book.add(WISH, '/a');
  fetches.made[0]?.request.onNote?.('Somebody is asked no more.');
  const { networks, holderList, pieces, notes, againInMs } = book.detail(id);
  // The web server of the link counts for no network here: the maker of this test does not say what he is.
  assert.deepEqual(networks, [{ network: 'gnutella', holders: 1 }]);
  assert.deepEqual(
    holderList.map(({ network, phase }) => [network, phase]),
    [
      [null, 'sending'],
      ['gnutella', 'sending'],
    ],
  );
  assert.deepEqual([pieces?.count, pieces?.have, pieces?.bits, pieces?.availability], [2, 1, 'gA==', 'AQI=']);
  assert.deepEqual(
    notes.map(({ words }) => words),
    ['Added.', 'Somebody is asked no more.'],
  );
  assert.equal(againInMs, 0);
});
