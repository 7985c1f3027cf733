/** Transmission's RPC as its remotes use it; the bodies of Sonarr and Radarr are those that they send. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ServedNode } from './served-node.ts';

type Json = Record<string, unknown>;

const elsewhere = await ServedNode.open();
const served = await ServedNode.open();
after(async () => {
  await served.close();
  await elsewhere.close();
});
const infoHash = await elsewhere.share('film.mkv', 300_000);
const { link } = await elsewhere.node.info(infoHash);
const password = { authorization: `Basic ${Buffer.from(`anybody:${served.token}`).toString('base64')}` };
const handshake = await served.ask('GET', '/transmission/rpc', { headers: password });
const sessionId = handshake.headers.get('x-transmission-session-id') ?? '';

/** As most remotes do: whatever type, the id in the header. */
async function post(body: unknown, headers: Record<string, string> = { 'x-transmission-session-id': sessionId }): Promise<Response> {
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return served.ask('POST', '/transmission/rpc/', { body: JSON.stringify(body), headers: { ...password, ...type, ...headers } });
}

async function rpc(method: string, given: Json = {}): Promise<Json> {
  const answer = (await (await post({ method, arguments: given, tag: 7 })).json()) as { result: string; arguments: Json; tag: number };
  assert.deepEqual([answer.result, answer.tag], ['success', 7], `${method} ${JSON.stringify(given)}`);
  return answer.arguments;
}

async function refused(method: string, given: Json = {}): Promise<string> {
  const { result } = (await (await post({ method, arguments: given })).json()) as { result: string };
  assert.notEqual(result, 'success');
  return result;
}

async function torrent(fields: readonly string[], ids: unknown = infoHash): Promise<Json> {
  const { torrents } = await rpc('torrent-get', { fields, ids });
  return (torrents as [Json])[0] ?? {};
}

test('without the id of the session there is 409 and the id; without the token 401', async () => {
  assert.equal(handshake.status, 409);
  const without = await post({ method: 'session-get' }, {});
  assert.deepEqual([without.status, without.headers.get('x-transmission-session-id')], [409, sessionId]);
  const bare = await fetch(`${served.api.url}/transmission/rpc`, { method: 'POST', body: '{}' });
  assert.deepEqual([bare.status, bare.headers.get('www-authenticate')], [401, 'Basic realm="kith"']);
  assert.equal((await served.ask('GET', '/transmission/rpc', { headers: { 'x-transmission-session-id': sessionId } })).status, 405);
});

test('Sonarr finds a version that it knows, and adds a magnet link with a category', async () => {
  const session = await rpc('session-get');
  assert.match(/(?<!\(|(\d|\.)+)(\d|\.)+(?!\)|(\d|\.)+)/.exec(String(session.version))?.[0] ?? '', /^[4-9]\.\d/);
  assert.deepEqual([session['rpc-version'], session['download-dir']], [17, served.downloads]);
  const added = await rpc('torrent-add', {
    filename: link,
    'download-dir': `${served.downloads}/tv-sonarr`,
    paused: false,
    labels: ['tv-sonarr'],
  });
  assert.deepEqual(added['torrent-added'], { id: 1, hashString: infoHash, name: 'film.mkv' });
  const again = await rpc('torrent-add', { filename: link });
  assert.equal((again['torrent-duplicate'] as Json).hashString, infoHash);
  await rpc('torrent-set', { ids: [infoHash], seedRatioLimit: 1.5, seedRatioMode: 1, seedIdleLimit: 60, seedIdleMode: 1 });
  await served.until((event) => event.type === 'completed');
  assert.ok(existsSync(join(served.downloads, 'tv-sonarr', 'film.mkv')));
});

test('Sonarr sees what it needs to import and to remove', async () => {
  const fields = [
    ...['id', 'hashString', 'name', 'downloadDir', 'totalSize', 'leftUntilDone', 'isFinished', 'eta', 'status', 'secondsDownloading'],
    ...['secondsSeeding', 'errorString', 'uploadedEver', 'downloadedEver', 'seedRatioLimit', 'seedRatioMode', 'seedIdleLimit'],
    ...['seedIdleMode', 'fileCount', 'file-count', 'labels'],
  ];
  const { secondsDownloading, secondsSeeding, ...row } = await torrent(fields, null);
  assert.ok(Number.isInteger(secondsDownloading) && Number.isInteger(secondsSeeding));
  assert.deepEqual(row, {
    id: 1,
    hashString: infoHash,
    name: 'film.mkv',
    downloadDir: `${served.downloads}/tv-sonarr`,
    totalSize: 300_000,
    leftUntilDone: 0,
    isFinished: false,
    eta: -1,
    status: 6,
    errorString: '',
    uploadedEver: 0,
    downloadedEver: 300_000,
    seedRatioLimit: 1.5,
    seedRatioMode: 1,
    seedIdleLimit: 60,
    seedIdleMode: 1,
    fileCount: 1,
    'file-count': 1,
    labels: ['tv-sonarr'],
  });
});

test('torrents are named by number, by hash, by what is recent, or not at all; rows also come as a table', async () => {
  for (const ids of [1, [1], infoHash, [infoHash.toUpperCase()], 'recently-active', undefined]) {
    const { torrents } = await rpc('torrent-get', { fields: ['id'], ...(ids !== undefined && { ids }) });
    assert.deepEqual(torrents, [{ id: 1 }], JSON.stringify(ids));
  }
  assert.deepEqual((await rpc('torrent-get', { fields: ['id'], ids: [99, 'f'.repeat(40)] })).torrents, []);
  const table = await rpc('torrent-get', { fields: ['id', 'nonsense', 'name'], format: 'table' });
  assert.deepEqual(table.torrents, [
    ['id', 'name'],
    [1, 'film.mkv'],
  ]);
});

test('a remote stops, starts, verifies, limits, labels, chooses and moves', async () => {
  await rpc('torrent-stop', { ids: 1 });
  assert.equal((await torrent(['status'])).status, 0);
  await rpc('torrent-start-now', { ids: 1 });
  await rpc('torrent-set', { ids: 1, uploadLimit: 50, uploadLimited: true, downloadLimit: 20, labels: ['a', 'b'] });
  const limits = ['uploadLimit', 'uploadLimited', 'downloadLimit', 'downloadLimited'];
  assert.deepEqual(await torrent(limits), { uploadLimit: 50, uploadLimited: true, downloadLimit: 20, downloadLimited: false });
  await rpc('torrent-set', { ids: 1, uploadLimited: false });
  assert.deepEqual(await torrent(limits.slice(0, 2)), { uploadLimit: 50, uploadLimited: false });
  await rpc('torrent-set', { ids: 1, 'files-unwanted': [] });
  assert.deepEqual(await torrent(['wanted', 'priorities']), { wanted: [0], priorities: [0] });
  await rpc('torrent-set', { ids: 1, 'files-wanted': [0], 'priority-high': [0] });
  assert.deepEqual(await torrent(['wanted', 'priorities']), { wanted: [1], priorities: [1] });
  await rpc('torrent-verify', { ids: 1 });
  await rpc('torrent-reannounce', { ids: 1 });
  await served.until((event) => event.type === 'verified');
  await rpc('torrent-set-location', { ids: 1, location: join(served.downloads, 'moved'), move: true });
  assert.equal((await torrent(['downloadDir'])).downloadDir, join(served.downloads, 'moved'));
  assert.equal(readFileSync(join(served.downloads, 'moved', 'film.mkv')).length, 300_000);
});

test('the queue is put in order by place and by steps', async () => {
  for (const digit of ['a', 'b', 'c'])
    await rpc('torrent-add', { filename: `magnet:?xt=urn:btih:${digit.repeat(40)}&x.pe=127.0.0.1:1`, paused: true });
  const order = async () => (await served.node.list()).map((view) => view.infoHash[0]);
  const first = infoHash[0];
  await rpc('torrent-set', { ids: 1, queuePosition: 2 });
  assert.deepEqual(await order(), ['a', 'b', first, 'c']);
  await rpc('queue-move-top', { ids: ['b'.repeat(40), 'c'.repeat(40)] });
  assert.deepEqual(await order(), ['b', 'c', 'a', first]);
  await rpc('queue-move-up', { ids: [1] });
  assert.deepEqual(await order(), ['b', 'c', first, 'a']);
  await rpc('torrent-remove', { ids: ['a', 'b', 'c'].map((digit) => digit.repeat(40)), 'delete-local-data': true });
  const { removed } = await rpc('torrent-get', { fields: ['id'], ids: 'recently-active' });
  assert.deepEqual(removed, [2, 3, 4]);
  // Numbers are not given twice.
  await rpc('torrent-add', { filename: `magnet:?xt=urn:btih:${'d'.repeat(40)}&x.pe=127.0.0.1:1`, paused: true });
  assert.equal((await torrent(['id'], 'd'.repeat(40))).id, 5);
  await rpc('torrent-remove', { ids: [5] });
});

test('the session has limits that a remote sets; programs to run and folders are not for it', async () => {
  await rpc('session-set', { 'speed-limit-up': 300, 'speed-limit-up-enabled': true, seedRatioLimit: 2.5, seedRatioLimited: true });
  const session = await rpc('session-get', { fields: ['speed-limit-up', 'speed-limit-up-enabled', 'seedRatioLimit'] });
  assert.deepEqual(session, { 'speed-limit-up': 300, 'speed-limit-up-enabled': true, seedRatioLimit: 2.5 });
  assert.match(await refused('session-set', { 'script-torrent-done-enabled': true, 'script-torrent-done-filename': '/tmp/a' }), /script/);
  assert.match(await refused('session-set', { 'download-dir': '/etc' }), /download-dir/);
  // What comes back as it was told changes nothing.
  await rpc('session-set', await rpc('session-get'));
  const stats = await rpc('session-stats');
  assert.deepEqual([stats.torrentCount, (stats['cumulative-stats'] as Json).downloadedBytes], [1, 300_000]);
});

test('paths of the machine are not for remotes, and what is not there says so', async () => {
  assert.ok(Number((await rpc('free-space', { path: served.downloads }))['size-bytes']) > 0);
  assert.match(await refused('free-space', { path: '/' }), /not for callers/);
  assert.match(await refused('torrent-add', { filename: '/etc/passwd' }), /no link/);
  assert.match(await refused('torrent-add', { filename: link, 'download-dir': '/etc' }), /not for callers/);
  assert.match(await refused('torrent-set-location', { ids: 1, location: '/etc', move: true }), /not for callers/);
  assert.match(await refused('torrent-add', { metainfo: 'bm90aGluZw==' }), /no \.torrent/);
  for (const method of ['port-test', 'blocklist-update', 'torrent-rename-path', 'group-get'])
    assert.match(await refused(method), /^not supported: /);
  assert.equal(await refused('constructor'), 'method name not recognized');
  assert.match(await refused('torrent-remove'), /ids/);
  assert.match(await refused('torrent-get', { fields: 'all' }), /fields/);
});

test('the spelling of Transmission 4.1: JSON-RPC 2.0, all in snake_case', async () => {
  const ask = async (request: Json) => (await (await post({ jsonrpc: '2.0', ...request })).json()) as Json;
  const params = { fields: ['hash_string', 'download_dir', 'total_size', 'peers_connected', 'id'], ids: [1] };
  const { result, id } = await ask({ method: 'torrent_get', params, id: 'x' });
  const [row] = (result as { torrents: Json[] }).torrents;
  assert.deepEqual(Object.keys(row ?? {}), ['hash_string', 'download_dir', 'total_size', 'peers_connected', 'id']);
  assert.deepEqual([row?.hash_string, row?.total_size, id], [infoHash, 300_000, 'x']);
  const table = await ask({ method: 'torrent_get', params: { fields: ['hash_string', 'id'], format: 'table' }, id: 2 });
  assert.deepEqual((table.result as Json).torrents, [
    ['hash_string', 'id'],
    [infoHash, 1],
  ]);
  const session = await ask({ method: 'session_get', params: { fields: ['rpc_version', 'download_dir'] }, id: 1 });
  assert.deepEqual(session.result, { download_dir: served.downloads, rpc_version: 17 });
  assert.equal(((await ask({ method: 'nothing', id: 1 })).error as Json).code, -32_601);
  assert.equal((await post({ jsonrpc: '2.0', method: 'session_stats' })).status, 204);
});

test('the bytes of a .torrent are added as base64, and removed with what they have brought', async () => {
  const metainfo = readFileSync(join(served.folder, 's', 'kith', 'torrents', `${infoHash}.torrent`)).toString('base64');
  await rpc('torrent-remove', { ids: [1], 'delete-local-data': true });
  assert.ok(!existsSync(join(served.downloads, 'moved', 'film.mkv')));
  const added = await rpc('torrent-add', { metainfo, paused: true, 'files-unwanted': [0] });
  assert.equal((added['torrent-added'] as Json).name, 'film.mkv');
  assert.deepEqual(await torrent(['status', 'wanted', 'files']), {
    status: 0,
    wanted: [0],
    files: [{ bytesCompleted: 0, length: 300_000, name: 'film.mkv' }],
  });
});
