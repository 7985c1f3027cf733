/** The built pages as the web interface sends them: to anybody, with nothing of the node in them, by a policy that lets nothing else in. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PageFiles } from '../../src/node/api/page-files.ts';
import { fetchPath, itemPath, networkPath, placeOf, playFetchPath, playPath } from '../../web/src/shell/places.ts';
import { ServedNode } from './served-node.ts';

const folder = mkdtempSync(join(tmpdir(), 'kith-page-files-'));
const served = await ServedNode.open({}, undefined, folder);
after(async () => {
  await served.close();
  rmSync(folder, { recursive: true });
});

/** The path as it is written, which `fetch` would tidy up. */
function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }> {
  const { hostname, port } = new URL(served.api.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const answered = (chunks: string[]): void =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: chunks.join('') });
      response.setEncoding('utf8').toArray().then(answered, reject);
    })
      .on('error', reject)
      .end();
  });
}

test('before they are built every page says how to build them, and the API answers', async () => {
  const { status, text } = await ask('/');
  assert.deepEqual([status, /npm run pages/.test(text)], [503, true]);
  assert.equal((await served.ask('GET', '/api/v1/node')).status, 200);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>kith</title>');
  writeFileSync(join(folder, 'assets', 'a-1.js'), 'export {};');
  writeFileSync(join(folder, 'built-of.json'), '{}');
  writeFileSync(join(folder, '..', 'kith-page-files-beside.js'), 'secret');
  after(() => rmSync(join(folder, '..', 'kith-page-files-beside.js')));
});

test('every address of a page is the same document, by a policy without anything inline or from elsewhere', async () => {
  for (const path of ['/', '/log-in', '/transfers', `/transfers/${'a'.repeat(40)}`, '/search', '/node', '/node?x=1']) {
    const { status, headers, text } = await ask(path);
    assert.deepEqual([status, headers['content-type'], /<title>kith/.test(text)], [200, 'text/html; charset=utf-8', true], path);
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*|data:|blob:/);
    assert.match(policy, /frame-ancestors 'none'.*require-trusted-types-for 'script'/);
    assert.equal(headers['cache-control'], 'no-cache');
  }
});

test('what has its content in its name is kept by browsers, and what they have is not sent again', async () => {
  const { headers, text } = await ask('/assets/a-1.js');
  assert.equal(text, 'export {};');
  assert.match(String(headers['cache-control']), /immutable/);
  assert.equal((await ask('/assets/a-1.js', { 'if-none-match': String(headers.etag) })).status, 304);
  assert.deepEqual([(await ask('/assets/a-1.js', {}, 'HEAD')).text, (await ask('/assets/a-1.js', {}, 'POST')).status], ['', 401]);
});

test('nothing beside the pages is sent, however it is asked for', async () => {
  for (const path of [
    '/../kith-page-files-beside.js',
    '/%2e%2e/kith-page-files-beside.js',
    '/assets/../../kith-page-files-beside.js',
    '/assets/..%2f..%2fkith-page-files-beside.js',
    '/built-of.json',
    '/index.html/..',
    '/transfers/x',
    '/assets',
  ]) {
    assert.equal((await ask(path)).status, 401, path);
  }
});

test('pages are not for other sites to show or to read, nor for names that were rebound', async () => {
  assert.equal((await ask('/', { host: 'evil.example.com' })).status, 421);
  assert.equal((await ask('/assets/a-1.js', { origin: 'http://evil.example.com' })).status, 403);
  assert.equal((await ask('/assets/a-1.js')).headers['cross-origin-resource-policy'], 'same-origin');
});

test('the addresses that the pages know are those that are served', () => {
  const files = new PageFiles(folder);
  const hash = '0123456789'.repeat(4);
  const known = [
    '/',
    '/log-in',
    '/transfers',
    '/search',
    '/networks',
    '/node',
    itemPath(hash),
    fetchPath(3),
    playFetchPath(3),
    playPath(hash, 12),
    networkPath('chord-a.b'),
  ];
  for (const path of known) assert.deepEqual([files.has('GET', path), placeOf(path).name === 'nowhere'], [true, false], path);
  for (const path of [
    '/x',
    '/networks/..',
    '/networks/a/b',
    '/transfers/1',
    '/nodes',
    `${itemPath(hash)}/play/x`,
    `${itemPath(hash)}/play`,
    '/fetches',
    `${fetchPath(3)}/play/1`,
    `/play/${hash}`,
  ]) {
    assert.deepEqual([files.has('GET', path), placeOf(path).name === 'nowhere'], [false, true], path);
  }
});
