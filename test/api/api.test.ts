import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NodeView, TransferDetail, TransferView } from '../../src/node/node-view.ts';
import { FETCH_ROUTES } from '../../src/node/api/fetch-routes.ts';
import { SEARCH_ROUTES } from '../../src/node/api/search-routes.ts';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

const elsewhere = await ServedNode.open();
const served = await ServedNode.open();
after(async () => {
  await served.close();
  await elsewhere.close();
});
const infoHash = await elsewhere.share('film.bin', 200_000);
const { link } = await elsewhere.node.info(infoHash);
const client = await DescribedClient.of(served);
const params = { infoHash };
let metainfo = new Uint8Array();

test('a client that knows nothing but the document adds, follows, changes, moves and removes a transfer', async () => {
  const added = await client.call('addTransfer', { body: { link, labels: ['films'], folder: join(served.downloads, 'films') } });
  assert.equal(added.status, 201);
  assert.equal((await client.call('addTransfer', { body: { link } })).status, 200);
  await served.until((event) => event.type === 'completed' && event.transfer.infoHash === infoHash);
  // Both were held to their schemas, which are held to these types.
  const detail = (await client.call('getTransfer', { params })).body as unknown as TransferDetail;
  assert.deepEqual([detail.state, detail.haveBytes, detail.files.length, detail.labels], ['seeding', 200_000, 1, ['films']]);
  metainfo = new Uint8Array(readFileSync(join(served.folder, 's', 'kith', 'torrents', `${infoHash}.torrent`)));
  const changed = await client.call('changeTransfer', { params, body: { labels: ['a'], uploadRateMax: 5_000, seedRatio: 2 } });
  assert.deepEqual([changed.body.labels, changed.body.uploadRateMax, changed.body.seedRatio], [['a'], 5_000, 2]);
  assert.equal((await client.call('chooseFiles', { params, body: { files: [1], priority: 'high' } })).status, 200);
  assert.equal((await client.call('moveTransfer', { params, body: { folder: join(served.downloads, 'else') } })).status, 200);
  assert.equal(readFileSync(join(served.downloads, 'else', 'film.bin')).length, 200_000);
  for (const what of ['pause', 'resume', 'verify', 'reannounce']) {
    assert.equal((await client.call(`${what}Transfer`, { params })).status, 200, what);
  }
  for (const to of ['top', 0]) assert.equal((await client.call('moveInQueue', { params, body: { to } })).status, 200);
  const listed = (await client.call('listTransfers', { query: { label: 'a' } })).body.transfers as TransferView[];
  assert.deepEqual(
    listed.map((each) => each.infoHash),
    [infoHash],
  );
  assert.equal((await client.call('removeTransfer', { params, query: { data: 'true' } })).status, 204);
  assert.equal((await client.call('getTransfer', { params })).status, 404);
  assert.equal((await client.call('listTransfers')).status, 200);
});

test('the bytes of a .torrent are added, paused and labelled', async () => {
  const { status, body } = await client.call('addTorrent', { query: { paused: 'true', label: 'sent' }, body: metainfo });
  const { state, labels, name } = body.transfer as TransferView;
  assert.deepEqual([status, state, labels, name], [201, 'paused', ['sent'], 'film.bin']);
  await client.call('removeTransfer', { params });
  assert.equal((await client.call('addTorrent', { body: new Uint8Array(100) })).status, 422);
});

test('the node and its settings are seen, limits are set, and what decides where files go is not', async () => {
  const node = (await client.call('getNode')).body as unknown as NodeView;
  assert.equal(node.api?.url, served.api.url);
  assert.equal((await client.call('listSettings')).status, 200);
  const set = (key: string, value: string) => client.call('changeSetting', { params: { key }, body: { value } });
  assert.equal((await set('limit.up', '500k')).body.value, 500_000);
  assert.equal((await set('limit.up', 'much')).status, 400);
  assert.equal((await set('node.folder', '/')).status, 403);
  assert.equal((await set('proxy', 'socks5://127.0.0.1:1')).status, 403);
});

test('the machine is examined, its log is read, and files that are sent are shared', async () => {
  const { findings } = (await client.call('examineNode')).body as { findings: { check: string; state: string }[] };
  assert.equal(findings.find(({ check }) => check === 'node')?.state, 'ok');
  writeFileSync(join(served.folder, 's', 'kith', 'node.log'), '{"level":40,"time":5,"msg":"beware"}\nno line\n{"level":30}\n');
  const lines = [{ atMs: 5, level: 'warn', message: 'beware', infoHash: null, name: '' }];
  assert.deepEqual((await client.call('readLog', { query: { lines: '10' } })).body.lines, lines);
  assert.deepEqual((await client.call('readLog', { query: { infoHash } })).body.lines, []);
  const begin = async () => (await client.call('beginDrop', { body: { files: [{ path: 'a.txt', bytes: 3 }] } })).body.drop as string;
  const drop = await begin();
  const part = { params: { drop, number: '0' }, query: { offset: '0' }, body: new Uint8Array(3) };
  assert.deepEqual((await client.call('sendPart', part)).body, { haveBytes: 3 });
  const { transfer } = (await client.call('shareDrop', { params: { drop }, body: {} })).body as unknown as { transfer: TransferView };
  assert.equal(transfer.name, 'a.txt');
  await client.call('removeTransfer', { params: { infoHash: transfer.infoHash } });
  assert.equal((await client.call('cancelDrop', { params: { drop: await begin() } })).status, 204);
});

test('a request that is not as the document says is told where, and nothing happens', async () => {
  const ask = async (method: string, path: string, body: unknown) => {
    const response = await served.ask(method, `/api/v1${path}`, { body });
    return [response.status, ((await response.json()) as { error: { why: string } }).error.why] as const;
  };
  assert.match((await ask('POST', '/transfers', { link, pausd: true })).join(' '), /^400 .*pausd/);
  assert.match((await ask('POST', '/transfers', { link: 7 })).join(' '), /^400 link: /);
  assert.match((await ask('POST', '/transfers', '{"link":')).join(' '), /^4(00|15) /);
  assert.equal((await ask('DELETE', `/transfers/${'a'.repeat(40)}`, undefined))[0], 404);
  assert.equal((await ask('DELETE', '/transfers/1', undefined))[0], 400);
  assert.deepEqual(await served.node.list(), []);
});

test('metrics are what Prometheus reads, and the doors for watchers need no token', async () => {
  const metrics = await (await served.ask('GET', '/metrics')).text();
  assert.match(metrics, /^# TYPE kith_peers gauge$/m);
  assert.match(metrics, /^kith_uploaded_bytes \d+$/m);
  assert.match(metrics, /^process_resident_memory_bytes \d+$/m);
  const bare = (path: string) => fetch(served.api.url + path).then((response) => response.status);
  assert.deepEqual([await bare('/healthz'), await bare('/readyz'), await bare('/metrics')], [200, 200, 401]);
});

test('the token is in a file that only its owner reads, and the next start has the same', () => {
  const path = join(served.folder, 's', 'kith', 'api-token');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(readFileSync(path, 'utf8').trim(), served.token);
  assert.ok(served.token.length >= 43);
});

test('a node that is asked to stop hears of it; then every operation of the document has been called with success', async () => {
  assert.equal((await client.call('stopNode')).status, 202);
  await served.node.stopAsked;
  assert.equal((await client.call('getOpenApi')).status, 200);
  const succeeded = new Set([...client.called].filter((call) => / 2\d\d$/.test(call)).map((call) => call.split(' ')[0]));
  // The stream of events, what players read, searches, fetches, overlays and the worlds of the laboratory have tests of their own.
  const own = ['followEvents', 'playFile', 'playFetch', 'followSearch', ...[...SEARCH_ROUTES, ...FETCH_ROUTES].map(({ id }) => id)];
  const others = new Set([...own, ...client.operations('/lab/'), ...client.operations('/overlays')]);
  assert.deepEqual(
    client.operations().filter((id) => !others.has(id) && !succeeded.has(id)),
    [],
  );
});
