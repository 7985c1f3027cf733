/** What comes to the web interface of a node that should not: pages of other sites, guesses, paths, too much and too slow. */

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ServedNode } from './served-node.ts';

const served = await ServedNode.open({ KITH_API_NAMES: 'nas.example.org' }, { headMs: 300, requestMs: 600, idleMs: 1_000 });
after(() => served.close());
const { hostname, port, host } = new URL(served.api.url);
const LIST = '/api/v1/transfers';

/** With the headers that `fetch` would not let anybody set. */
function statusOf(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: hostname, port, path, headers: { authorization: `Bearer ${served.token}`, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode as number);
    })
      .on('error', reject)
      .end();
  });
}

/** Asks and asks and reads nothing; resolves when it is hung up on. */
function deafened(): Promise<number> {
  const askedMax = 200_000;
  return new Promise((resolve) => {
    let asked = 0;
    const one = `GET /api/v1/openapi.json HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${served.token}\r\n\r\n`;
    const socket = connect(Number(port), hostname).pause();
    const ask = (): void => {
      while (asked++ < askedMax && socket.write(one));
    };
    socket
      .on('connect', ask)
      .on('drain', ask)
      .on('error', () => undefined);
    socket.on('close', () => resolve(asked));
  });
}

/** Everything that comes back for these bytes, until the other side hangs up. */
function said(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

test('DNS rebinding: a name that is not ours gets nothing, even with the token; ours and addresses do', async () => {
  for (const name of [
    'evil.example.com',
    `evil.example.com:${port}`,
    'localhost.evil.example.com',
    '127.0.0.1.evil.example.com',
    'localhost@evil',
  ]) {
    assert.ok([400, 421].includes(await statusOf(LIST, { host: name })), name);
  }
  for (const name of ['', 'a:b:c', '[::1', ':80']) {
    assert.match(await said(`GET ${LIST} HTTP/1.1\r\nHost: ${name}\r\n\r\n`), /^HTTP\/1\.1 421 /, name);
  }
  for (const name of [host, `localhost:${port}`, 'NAS.example.org', '[::1]:80', '192.168.1.5']) {
    assert.equal(await statusOf(LIST, { host: name }), 200, name);
  }
});

test('pages of other sites get nothing, even with the token, and no answer lets them read', async () => {
  for (const headers of [
    { origin: 'https://evil.example.com' },
    { origin: 'null' },
    { origin: `http://127.0.0.1:${Number(port) + 1}` },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    assert.equal(await statusOf(LIST, headers), 403, JSON.stringify(headers));
    assert.equal(await statusOf('/transmission/rpc', headers), 403, JSON.stringify(headers));
  }
  assert.equal(await statusOf(LIST, { origin: served.api.url, 'sec-fetch-site': 'same-origin' }), 200);
  const preflight = await served.ask('OPTIONS', LIST, { headers: { origin: 'https://evil.example.com' } });
  for (const response of [preflight, await served.ask('GET', LIST), await served.ask('GET', '/nothing')]) {
    assert.equal(response.headers.get('access-control-allow-origin'), null);
    assert.match(response.headers.get('content-security-policy') ?? '', /^default-src 'none'/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  }
});

test('without the token nothing is told; guesses are slowed down, and the right token is never locked out', async () => {
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess++) statuses.push(await statusOf(LIST, { authorization: `Bearer guess-${guess}` }));
  assert.deepEqual([...new Set(statuses)], [401, 429]);
  assert.equal(statuses.filter((status) => status === 401).length, 10);
  assert.equal(await statusOf(LIST, {}), 200);
  assert.equal(await statusOf(LIST, { authorization: '' }), 401);
  // A browser sends a password by itself, so that one is taken at the RPC alone, which has its session id.
  const basic = `Basic ${Buffer.from(`any:${served.token}`).toString('base64')}`;
  assert.equal(await statusOf(LIST, { authorization: basic }), 401);
  assert.equal(await statusOf('/transmission/rpc', { authorization: basic }), 409);
});

test('paths lead nowhere: no file is served, added or written outside the folders that the settings name', async () => {
  for (const path of [
    '/../../etc/passwd',
    '/api/v1/%2e%2e/%2e%2e/etc/passwd',
    '/api/v1/transfers/..%2f..%2fetc%2fpasswd',
    '//etc/passwd',
    '/api/v1/%00',
  ]) {
    assert.ok([400, 404].includes(await statusOf(path, {})), path);
  }
  const add = async (body: object) => (await served.ask('POST', LIST, { body })).status;
  for (const link of [
    '/etc/passwd',
    './a.torrent',
    'file:///etc/passwd',
    'a.torrent',
    '\\\\host\\share\\a.torrent',
    'https:///etc/passwd',
  ]) {
    assert.equal(await add({ link }), 400, link);
  }
  mkdirSync(served.downloads, { recursive: true });
  symlinkSync('/tmp', join(served.downloads, 'out'));
  const link = `magnet:?xt=urn:btih:${'a'.repeat(40)}&x.pe=127.0.0.1:1`;
  for (const folder of ['/', '/etc', `${served.downloads}/../..`, `${served.downloads}-beside`, join(served.downloads, 'out', 'x')]) {
    assert.equal(await add({ link, folder }), 403, folder);
  }
  assert.equal(await add({ link, folder: 'downloads' }), 400);
  assert.deepEqual(await served.node.list(), []);
  assert.equal(await add({ link, folder: join(served.downloads, 'deep', 'er') }), 201);
});

test('what is too much is not read: bodies, heads, addresses', async () => {
  const big = await served.ask('POST', LIST, { body: { link: 'x'.repeat(1 << 20) } });
  assert.equal(big.status, 413);
  const announced =
    'POST /api/v1/transfers/from-torrent HTTP/1.1\r\nContent-Type: application/x-bittorrent\r\nContent-Length: 67108865\r\n';
  const answer = await said(`${announced}Host: ${host}\r\nAuthorization: Bearer ${served.token}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(await said(`GET / HTTP/1.1\r\nHost: ${host}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('clients that are too slow with a head or a body are hung up on, and others are served meanwhile', async () => {
  const slow = [
    said('GET / HTTP/1.1\r\n'),
    said(
      `POST ${LIST} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${served.token}\r\nContent-Length: 9\r\n\r\n{`,
    ),
  ];
  assert.equal(await statusOf(LIST, {}), 200);
  for (const text of await Promise.all(slow)) assert.match(text, /^HTTP\/1\.1 408 |^$/);
});

test('a client that asks and never reads is hung up on, long before it has asked for all that it would', async () => {
  assert.ok((await deafened()) < 200_000);
});
