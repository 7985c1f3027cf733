/** A round of feeds against a server on loopback: what is taken once, what is asked when, and what failures cost. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HttpFetcher } from '../../net/fetcher.ts';
import { FeedBook } from './feed-book.ts';
import { type FeedOutcome, Feeds, INTERVAL_MS_MAX, INTERVAL_MS_MIN } from './feeds.ts';
import { FEED_BYTES_MAX } from './no-feed.ts';

const CHECK = { name: null, early: false, remembers: true };

class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'kith-feeds-'));
  readonly book = new FeedBook({ data: this.folder, state: this.folder, config: this.folder, cache: this.folder, runtime: this.folder });
  readonly fetcher = new HttpFetcher();
  readonly feeds = new Feeds({ book: this.book, fetcher: this.fetcher, now: () => this.nowMs });
  readonly taken: string[] = [];
  readonly asked: IncomingMessage['headers'][] = [];
  nowMs = 1_000_000;
  url = '';
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();

  static async open(t: TestContext): Promise<World> {
    const world = new World();
    const server = createServer((request, response) => {
      world.asked.push(request.headers);
      world.answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rss`;
    t.after(() => {
      world.fetcher.close();
      server.close();
      server.closeAllConnections();
      rmSync(world.folder, { recursive: true });
    });
    return world;
  }

  add(name: string, include: readonly string[] = [], url = this.url): void {
    this.book.add({ name, url, filter: { include, exclude: [], bytesMin: null, bytesMax: null }, label: 'tv', folder: '/films' });
  }

  /** Answers with these items from now on, newest first. */
  offer(titles: readonly string[], head = '', headers: Record<string, string> = {}): void {
    const items = titles.map(
      (title) => `<item><title>${title}</title><guid>${title}</guid><link>http://127.0.0.1/${title}.torrent</link></item>`,
    );
    this.answer = (_request, response) => response.writeHead(200, headers).end(`<rss><channel>${head}${items.join('')}</channel></rss>`);
  }

  async check(options = CHECK): Promise<FeedOutcome> {
    const [outcome] = await this.feeds.check(
      async (source, { feed, label, folder }) => void this.taken.push(`${source.slice(17)} ${feed} ${label} ${folder}`),
      options,
    );
    return outcome as FeedOutcome;
  }
}

test('what is wanted and new is taken once, the oldest first, with label and folder, also by another process', async (t) => {
  const world = await World.open(t);
  world.add('f', ['a']);
  world.offer(['a2', 'b1', 'a1']);
  await world.check();
  world.nowMs += INTERVAL_MS_MAX;
  world.offer(['a3', 'a2', 'b1', 'a1']);
  const again = new Feeds({ book: world.book, fetcher: world.fetcher, now: () => world.nowMs });
  await again.check(async (source) => void world.taken.push(source.slice(17)), CHECK);
  assert.deepEqual(world.taken, ['a1.torrent f tv /films', 'a2.torrent f tv /films', 'a3.torrent']);
});

test('a feed is asked no sooner than it likes, within our own bounds, unless somebody insists', async (t) => {
  const world = await World.open(t);
  world.add('f');
  for (const [ttl, waitMs] of [
    ['<ttl>60</ttl>', 3_600_000],
    ['<ttl>0.01</ttl>', INTERVAL_MS_MIN],
    ['<ttl>99999999</ttl>', INTERVAL_MS_MAX],
  ] as const) {
    world.offer(['a'], ttl);
    world.nowMs += INTERVAL_MS_MAX;
    assert.equal((await world.check()).notBeforeMs, world.nowMs + waitMs);
    world.nowMs += waitMs - 1;
    assert.equal((await world.check()).kind, 'waiting');
  }
  assert.equal(world.asked.length, 3);
  assert.equal((await world.check({ ...CHECK, early: true })).kind, 'read');
});

test('RFC 9110 §13.1: who has nothing new says so in a word', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a'], '', { etag: '"v1"', 'last-modified': 'Wed, 25 Nov 2026 20:00:00 GMT' });
  await world.check();
  world.answer = (request, response) => response.writeHead(request.headers['if-none-match'] === '"v1"' ? 304 : 500).end();
  world.nowMs += INTERVAL_MS_MAX;
  assert.equal((await world.check()).kind, 'unchanged');
  assert.equal(world.asked[1]?.['if-modified-since'], 'Wed, 25 Nov 2026 20:00:00 GMT');
});

test('a feed that fails is asked ever more rarely, or when it says, and others do not suffer', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.answer = (_request, response) => response.writeHead(503, { 'retry-after': '7200' }).end();
  assert.equal((await world.check()).notBeforeMs, world.nowMs + 7_200_000);
  world.answer = (_request, response) => response.end('<html>');
  const waits: number[] = [];
  for (let failure = 0; failure < 10; failure++) {
    world.nowMs += INTERVAL_MS_MAX;
    const { kind, detail, notBeforeMs } = await world.check();
    assert.deepEqual([kind, detail.startsWith('expected')], ['failed', true]);
    waits.push((notBeforeMs - world.nowMs) / INTERVAL_MS_MIN);
  }
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 288, 288]);
  world.add('dead', [], 'http://127.0.0.1:1/');
  world.nowMs += INTERVAL_MS_MAX;
  world.offer(['a']);
  await world.feeds.check(async (source) => void world.taken.push(source), CHECK);
  assert.equal(world.taken.length, 1);
});

test('what could not be taken is offered again, also by a server that would say that nothing is new', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a'], '', { etag: '"v1"' });
  const [refusal] = await world.feeds.check(() => Promise.reject(new Error('the disk is full')), CHECK);
  assert.deepEqual(
    refusal?.refused.map(({ why }) => why),
    ['the disk is full'],
  );
  world.nowMs += INTERVAL_MS_MAX;
  await world.check();
  assert.equal(world.asked[1]?.['if-none-match'], undefined);
  assert.equal(world.taken.length, 1);
});

test('a trial remembers nothing', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a']);
  await world.check({ ...CHECK, remembers: false });
  await world.check();
  assert.equal(world.taken.length, 2);
});

test('an endless answer is cut off', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.answer = (_request, response) => {
    response.on('error', () => undefined);
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 16, ' ')));
    };
    response.on('drain', more);
    more();
  };
  assert.match((await world.check()).detail, new RegExp(`at most ${FEED_BYTES_MAX} bytes`));
});

test('two rounds at once do not take the same twice: the second is told', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a']);
  const first = world.check();
  await assert.rejects(world.check(), { kind: 'failed' });
  await first;
  assert.equal(world.taken.length, 1);
});

test('a node asks by itself, and takes what is new, until it is stopped', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a']);
  const told = Promise.withResolvers<FeedOutcome>();
  world.feeds.start(async (source) => void world.taken.push(source), told.resolve, told.reject);
  assert.equal((await told.promise).taken.length, 1);
  await world.feeds.stop();
});

test('files of others: a damaged book is an error, damaged states are forgotten, and neither is for others to read', async (t) => {
  const world = await World.open(t);
  world.add('f');
  world.offer(['a']);
  await world.check();
  const file = join(world.folder, 'feeds.json');
  const state = join(world.folder, 'feeds', 'feed-f.json');
  assert.deepEqual([world.book.state('f').taken.length, statSync(state).mode & 0o077], [1, 0]);
  for (const text of ['{', '[]', '{"taken":1}']) {
    writeFileSync(state, text);
    assert.deepEqual(world.book.state('f').taken, [], text);
  }
  assert.equal(statSync(file).mode & 0o077, 0);
  for (const text of [
    '{',
    '[{"name":1}]',
    '[{"name":"../a","url":"b","label":null,"folder":null,"filter":{"include":[],"exclude":[],"bytesMin":null,"bytesMax":null}}]',
    '[{"name":"a","url":"b"}]',
    '{}',
  ]) {
    writeFileSync(file, text);
    assert.throws(() => world.book.feeds(), { kind: 'integrity' }, text);
  }
});
