/** A browser at the web interface of a node: let in once by a link, then by its cookie; and what others could do with that cookie. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ServedNode } from './served-node.ts';

const served = await ServedNode.open();
after(() => served.close());
const { url } = served.api;
const SESSION = '/api/v1/session';
const LIMIT = '/api/v1/settings/limit.up';

/** As a browser asks for one of our own pages; a header that is '' is left out. */
function ask(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: unknown): Promise<Response> {
  const all = { authorization: '', origin: url, 'content-type': 'application/json', ...headers };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
  return fetch(`${url}${path}`, { method, headers: given, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

async function logIn(): Promise<{ cookie: string; key: string }> {
  const response = await ask('POST', SESSION, {}, { secret: codeOf(served.api.newPagesLink()) });
  assert.equal(response.status, 201);
  const { key } = (await response.json()) as { key: string };
  return { cookie: response.headers.get('set-cookie')?.split(';', 1)[0] ?? '', key };
}

function codeOf(link: string): string {
  return new URL(link).hash.slice(1);
}

test('the link that a node prints lets a browser in once, to look and to change', async () => {
  const secret = codeOf((await served.node.pagesLink()) ?? '');
  const first = await ask('POST', SESSION, {}, { secret });
  const [cookie, { key }] = [first.headers.get('set-cookie')?.split(';', 1)[0] ?? '', (await first.json()) as { key: string }];
  assert.equal((await ask('POST', SESSION, {}, { secret })).status, 401);
  assert.equal((await ask('GET', '/api/v1/node', { cookie })).status, 200);
  assert.equal((await ask('PUT', LIMIT, { cookie, 'kith-key': key }, { value: '1MB' })).status, 200);
});

test('a cookie changes nothing without the Origin of our pages and the key that only they have', async () => {
  const [{ cookie, key }, other] = [await logIn(), await logIn()];
  const put = async (headers: Readonly<Record<string, string>>): Promise<number> =>
    (await ask('PUT', LIMIT, { cookie, ...headers }, { value: '2MB' })).status;
  assert.equal(await put({ 'kith-key': key, origin: '' }), 403);
  assert.equal(await put({}), 403);
  for (const origin of [
    'http://evil.example.com',
    'null',
    `http://127.0.0.1:${served.api.port + 1}`,
    url.replace('127.0.0.1', 'localhost'),
  ]) {
    assert.equal(await put({ 'kith-key': key, origin }), 403, origin);
  }
  assert.equal(await put({ 'kith-key': other.key }), 401);
  assert.equal(await put({ 'kith-key': key }), 200);
});

test('a cookie is worth nothing under another name of the machine, at the RPC, at the metrics, or once the browser has logged out', async () => {
  const { cookie } = await logIn();
  const elsewhere = await fetch(`${url.replace('127.0.0.1', 'localhost')}/api/v1/node`, { headers: { cookie } });
  assert.equal(elsewhere.status, 401);
  for (const path of ['/transmission/rpc', '/metrics']) assert.equal((await ask('GET', path, { cookie })).status, 401, path);
  const gone = await ask('DELETE', SESSION, { cookie });
  assert.match(gone.headers.get('set-cookie') ?? '', /^kith-\d+=; .*Max-Age=0/);
});

test('pages of other sites, and names that were rebound, open no session, not even with the code', async () => {
  const secret = codeOf(served.api.newPagesLink());
  assert.equal((await ask('POST', SESSION, { origin: 'http://evil.example.com' }, { secret })).status, 403);
  assert.equal((await ask('POST', SESSION, { 'sec-fetch-site': 'cross-site' }, { secret })).status, 403);
  assert.equal((await ask('POST', SESSION, { origin: '' }, { secret })).status, 403);
  assert.equal((await ask('POST', SESSION, {}, { secret })).status, 201);
});

test('what is no secret opens nothing, guesses are slowed down, and the token itself still opens', async () => {
  for (const body of [{}, { secret: 7 }, [], 'x', { secret: 'x'.repeat(2_000) }]) {
    assert.equal((await ask('POST', SESSION, {}, body)).status, 400, JSON.stringify(body).slice(0, 40));
  }
  const statuses: number[] = [];
  for (let guess = 0; guess < 12; guess++) statuses.push((await ask('POST', SESSION, {}, { secret: `guess ${guess}` })).status);
  assert.deepEqual([...new Set(statuses)], [401, 429]);
  assert.equal((await ask('POST', SESSION, {}, { secret: served.token })).status, 201);
});
