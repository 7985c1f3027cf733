/** Searches by the API: what a page does, by a client that knows nothing but the document. The networks are of the tests. */

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import type { Endpoint } from '../../src/core/host.ts';
import { endpointOf } from '../../src/core/endpoint.ts';
import { FETCH_ROUTES } from '../../src/node/api/fetch-routes.ts';
import { SEARCH_ROUTES } from '../../src/node/api/search-routes.ts';
import { SEARCH_NETWORKS, type SearchNetworkEntry } from '../../src/node/search/networks.ts';
import type { NodeEvent } from '../../src/node/node-view.ts';
import type { FetchDetail } from '../../src/node/search/fetch-view.ts';
import type { SearchChange, SearchRowDetail, SearchView } from '../../src/node/search/search-view.ts';
import { FakeNetwork, hash } from '../search/fake-network.ts';
import { NO_HASHES } from '../../src/wire/shared-file.ts';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

const networks = [new FakeNetwork('gnutella'), new FakeNetwork('gnutella2')] as const;
// The list is read-only to the program, not to who stands before it.
(SEARCH_NETWORKS as SearchNetworkEntry[]).splice(
  0,
  SEARCH_NETWORKS.length,
  ...networks.map(
    (network): SearchNetworkEntry => ({
      name: network.name,
      aliases: [],
      about: 'of the tests',
      portSetting: 'gnutella.port',
      hostsSetting: 'gnutella.hosts',
      introducedAs: network.name,
      load: async () => async () => network,
    }),
  ),
);
const served = await ServedNode.open({ KITH_NETWORKS_USE: 'all' });
after(() => served.close());
const client = await DescribedClient.of(served);

async function started(words: string): Promise<SearchView> {
  const { status, body } = await client.call('startSearch', { body: { words } });
  assert.equal(status, 201);
  return body as unknown as SearchView;
}

/** The events of a stream until it ends, or there are so many. */
async function streamed(
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<{ id: string; event: string; data: SearchChange }[]> {
  const response = await served.ask('GET', `/api/v1${path}`, { headers });
  assert.equal(response.status, 200);
  const seen: { id: string; event: string; data: SearchChange }[] = [];
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const [id = '', event = '', data = ''] = text
        .slice(0, end)
        .split('\n')
        .map((line) => line.replace(/^\w+: /, ''));
      seen.push({ id, event, data: JSON.parse(data) as SearchChange });
      text = text.slice(end + 2);
    }
    if (seen.length >= count) break;
  }
  return seen;
}

test('a search is started, looked at, gone into and stopped; its networks and neighbours are told', async () => {
  const { id } = await started('walrus');
  networks[0].finds({ hashes: { ...NO_HASHES, sha1: hash(20, 1) } });
  networks[1].finds({ hashes: { ...NO_HASHES, sha1: hash(20, 1) }, at: 2 });
  const params = { id: String(id) };
  const { rows, search } = (await client.call('getSearch', { params })).body as unknown as SearchChange;
  assert.deepEqual([rows.length, rows[0]?.holders, search.rows], [1, 2, 1]);
  const later = (await client.call('getSearch', { params, query: { after: String(search.sequence) } })).body as unknown as SearchChange;
  assert.deepEqual(later.rows, []);
  const row = (await client.call('getSearchRow', { params: { ...params, number: '1' } })).body as unknown as SearchRowDetail;
  assert.deepEqual(
    row.holderList.map(({ network, endpoint }) => [network, endpoint]),
    [
      ['gnutella', '10.0.0.1:6346'],
      ['gnutella2', '10.0.0.2:6346'],
    ],
  );
  assert.equal((await client.call('getSearchRow', { params: { ...params, number: '9' } })).status, 404);
  assert.equal((await client.call('stopSearch', { params })).body.state, 'ended');
  const { searches } = (await client.call('listSearches')).body as unknown as { searches: SearchView[] };
  assert.deepEqual(
    searches.map(({ text, why }) => [text, why]),
    [['walrus', 'Stopped.']],
  );
  const known = (await client.call('listNetworks')).body.networks as readonly { network: string; neighbours: readonly unknown[] }[];
  assert.deepEqual(
    known.map(({ network, neighbours }) => [network, neighbours.length]),
    [
      ['gnutella', 1],
      ['gnutella2', 1],
    ],
  );
});

test('rows stream as events until the end, and go on behind the last one that was seen', async () => {
  const { id } = await started('polka');
  networks[0].finds();
  const [first] = await streamed(`/searches/${id}/events`, 1);
  assert.deepEqual([first?.event, first?.data.rows.length], ['change', 1]);
  networks[0].finds({ name: 'polka two.mp3' });
  for (const network of networks) network.ends();
  const rest = await streamed(`/searches/${id}/events`, 9, { 'last-event-id': first?.id ?? '' });
  assert.deepEqual(
    rest.map(({ event, data }) => [event, data.rows.map(({ number }) => number)]),
    [['end', [2]]],
  );
});

test('what is wrong with a search is said, and a search that is none is not found, streamed or not', async () => {
  const ask = async (method: string, path: string, body?: unknown): Promise<string> => {
    const response = await served.ask(method, `/api/v1${path}`, { body });
    const { error } = (await response.json()) as { error: { message: string; why: string } };
    return `${response.status} ${error.message} ${error.why}`;
  };
  assert.match(await ask('POST', '/searches', { words: '!' }), /^400 .*no word/);
  assert.match(await ask('POST', '/searches', { words: 'a', networks: ['kazaa'] }), /^400 .*networks\.0/);
  assert.match(await ask('POST', '/searches', { words: 'a', networks: ['napster'] }), /^502 This node does not take part in napster/);
  assert.match(await ask('GET', '/searches/999'), /^404 There is no search 999/);
  assert.match(await ask('GET', '/searches/999/events'), /^404 There is no search 999/);
  assert.match(await ask('GET', '/searches/x/events'), /^400 /);
});

/** Of 16 KiB, and a bit of one more. */
const PARTS = 16;
const PARTS_BYTES = PARTS * 16_384;
const BEFORE_GATE_BYTES = PARTS_BYTES + 100;

/** A web server with these bytes; while its gate is shut, it sends the first of them and then says nothing more. */
async function holderOf(t: TestContext, content: Uint8Array, gate: { isOpen: boolean }): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Math.min(to === '' ? content.length : Number(to) + 1, content.length)];
    response.writeHead(206, { 'content-length': end - start, 'content-range': `bytes ${start}-${end - 1}/${content.length}` });
    if (gate.isOpen) response.end(content.subarray(start, end));
    else response.write(content.subarray(start, Math.max(start, Math.min(end, BEFORE_GATE_BYTES))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return endpointOf('127.0.0.1', (server.address() as AddressInfo).port) as Endpoint;
}

test('a row is fetched from its holder, the list tells how far it is, and an event that it is there', async (t) => {
  const content = randomBytes(300_000);
  const endpoint = await holderOf(t, content, { isOpen: true });
  const hashes = { ...NO_HASHES, sha1: new Uint8Array(createHash('sha1').update(content).digest()) };
  const { id } = await started('song');
  networks[0].finds({ name: 'song.bin', kind: 'other', bytes: content.length, hashes, by: { endpoint, locator: '/song' } });
  const params = { id: String(id), number: '1' };
  const added = await client.call('getSearchRowFile', { params, body: { folder: served.downloads } });
  assert.deepEqual([added.status, added.body.name], [201, 'song.bin']);
  const done = await served.until((event) => event.type === 'fetch' && event.fetch.state === 'done');
  assert.ok(done.type === 'fetch');
  assert.deepEqual(readFileSync(join(served.downloads, 'song.bin')), content);
  assert.deepEqual([done.fetch.path, done.fetch.verification], [join(served.downloads, 'song.bin'), 'whole']);
  const link = (await client.call('getSearchRow', { params })).body.link as string;
  // The same file is the same fetch.
  assert.equal((await client.call('startFetch', { body: { link } })).body.id, added.body.id);
  const { fetches } = (await client.call('listFetches')).body as unknown as { fetches: { state: string; haveBytes: number }[] };
  assert.deepEqual(
    fetches.map(({ state, haveBytes }) => [state, haveBytes]),
    [['done', 300_000]],
  );
  // It is no film and no sound.
  assert.equal((await served.ask('GET', `/api/v1/fetches/${String(added.body.id)}/content`)).status, 403);
  assert.equal((await client.call('removeFetch', { params: { id: String(added.body.id) } })).status, 204);
  assert.deepEqual(readFileSync(join(served.downloads, 'song.bin')), content);
  assert.equal((await client.call('startFetch', { body: { link: '1' } })).status, 400);
  assert.equal((await client.call('getSearchRowFile', { params, body: { folder: '/' } })).status, 403);
});

test('a fetch is followed in the stream of the node, paused, resumed, looked into, and removed with what has come', async (t) => {
  const content = randomBytes(700_000);
  const gate = { isOpen: false };
  const endpoint = await holderOf(t, content, gate);
  const hashes = { ...NO_HASHES, sha1: new Uint8Array(createHash('sha1').update(content).digest()) };
  const { id: search } = await started('film');
  networks[0].finds({ name: 'film.mp4', kind: 'video', bytes: content.length, hashes, by: { endpoint, locator: '/film' } });
  const ended = new AbortController();
  t.after(() => ended.abort());
  const events = served.node.events({ progressMs: 200, signal: ended.signal })[Symbol.asyncIterator]();
  const until = async (fits: (event: NodeEvent) => boolean): Promise<void> => {
    for (let next = await events.next(); next.done !== true; next = await events.next()) if (fits(next.value)) return;
    assert.fail('the events ended');
  };
  const { body } = await client.call('getSearchRowFile', {
    params: { id: String(search), number: '1' },
    body: { folder: served.downloads },
  });
  const params = { id: String(body.id) };
  const detail = async (): Promise<FetchDetail> => (await client.call('getFetch', { params })).body as unknown as FetchDetail;
  await until((event) => event.type === 'progress' && event.fetches[0]?.haveBytes === PARTS_BYTES);
  const live = await detail();
  assert.deepEqual([live.networks, live.sending, live.pieces?.have], [[{ network: 'gnutella', holders: 1 }], 1, PARTS]);
  const paused = (await client.call('pauseFetch', { params })).body;
  assert.deepEqual([paused.state, paused.haveBytes], ['paused', PARTS_BYTES]);
  const { partPath, pieces, holderList, againInMs } = await detail();
  assert.deepEqual([existsSync(partPath), pieces, holderList, againInMs], [true, null, [], null]);
  const play = () => served.ask('GET', `/api/v1/fetches/${String(body.id)}/content`, { headers: { range: 'bytes=-1000' } });
  assert.equal((await play()).status, 404);
  gate.isOpen = true;
  assert.notEqual((await client.call('resumeFetch', { params })).body.state, 'paused');
  await until((event) => event.type === 'fetch' && event.fetch.state === 'done');
  const { holderList: holders, notes, path } = await detail();
  assert.deepEqual(
    holders.map(({ network, bytes }) => [network, bytes]),
    [['gnutella', content.length - PARTS_BYTES]],
  );
  assert.deepEqual(
    notes.map(({ words }) => words),
    ['Added.', 'Paused.', 'It goes on.', 'Done: it is right, by its hash.'],
  );
  const end = await play();
  assert.deepEqual([end.status, end.headers.get('content-type')], [206, 'video/mp4']);
  assert.deepEqual(Buffer.from(await end.arrayBuffer()), content.subarray(-1000));
  assert.equal((await client.call('removeFetch', { params, query: { data: 'true' } })).status, 204);
  await until((event) => event.type === 'fetch-removed' && event.id === body.id);
  assert.deepEqual([existsSync(path ?? ''), existsSync(partPath)], [false, false]);
  assert.equal((await client.call('getFetch', { params })).status, 404);
});

test('every operation on searches and fetches that the document has was called with success', () => {
  const succeeded = new Set([...client.called].filter((call) => / 2\d\d$/.test(call)).map((call) => call.split(' ')[0]));
  assert.deepEqual(
    [...SEARCH_ROUTES, ...FETCH_ROUTES].filter(({ id }) => !succeeded.has(id)).map(({ id }) => id),
    [],
  );
});
