/** Films and sounds of a transfer as players read them, while they come and afterwards; and what is nobody's to play. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ServedNode } from './served-node.ts';

const elsewhere = await ServedNode.open();
const served = await ServedNode.open();
after(async () => {
  await served.close();
  await elsewhere.close();
});
const FILM = new Uint8Array(randomBytes(3_000_000));
const own = join(elsewhere.folder, 'show');
mkdirSync(own);
writeFileSync(join(own, 'film.mp4'), FILM);
writeFileSync(join(own, 'page.html'), '<script>alert(1)</script>');
writeFileSync(join(own, 'picture.svg'), '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>');
const { infoHash } = (await elsewhere.node.share([own], {})).transfer;
const MAGNET = `magnet:?xt=urn:btih:${infoHash}&x.pe=127.0.0.1:${(await elsewhere.node.status()).port}`;

function play(node: ServedNode, number: number, range = ''): Promise<Response> {
  return node.ask('GET', `/api/v1/transfers/${infoHash}/files/${number}/content`, { headers: range === '' ? {} : { range } });
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

test('a player gets the end of a film that has just been added, then all of it, byte for byte, as it comes', async () => {
  await served.node.add({ link: MAGNET }, {});
  await served.until((event) => event.type === 'metadata');
  const end = await play(served, 1, 'bytes=-1000');
  assert.deepEqual([end.status, end.headers.get('content-range')], [206, `bytes 2999000-2999999/3000000`]);
  assert.deepEqual(await bytesOf(end), FILM.subarray(-1000));
  const all = await play(served, 1);
  assert.deepEqual([all.status, all.headers.get('content-type'), all.headers.get('accept-ranges')], [200, 'video/mp4', 'bytes']);
  assert.deepEqual(await bytesOf(all), FILM);
});

test('ranges are those of RFC 9110, and a part of another content is not gone on with', async () => {
  const middle = await play(elsewhere, 1, 'bytes=1000000-1999999');
  assert.deepEqual(await bytesOf(middle), FILM.subarray(1_000_000, 2_000_000));
  const behind = await play(elsewhere, 1, 'bytes=3000000-');
  assert.deepEqual([behind.status, behind.headers.get('content-range')], [416, 'bytes */3000000']);
  const path = `/api/v1/transfers/${infoHash}/files/1/content`;
  const ask = (etag: string) => elsewhere.ask('GET', path, { headers: { range: 'bytes=0-9', 'if-range': etag } });
  assert.deepEqual([(await ask('"another"')).status, (await ask(middle.headers.get('etag') ?? '')).status], [200, 206]);
});

test('pages and pictures that could run as ours are not sent, and what is sent is no page to any browser', async () => {
  const { files } = await elsewhere.node.info(infoHash);
  for (const { number, path } of files.filter(({ path }) => !path.endsWith('.mp4'))) {
    assert.equal((await play(elsewhere, number)).status, 403, path);
  }
  const { headers } = await play(elsewhere, 1, 'bytes=0-0');
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; sandbox/);
  assert.deepEqual([headers.get('x-content-type-options'), headers.get('cross-origin-resource-policy')], ['nosniff', 'same-origin']);
});

test('a player that goes away in the midst is let go of, and the next one is served', async () => {
  for (let count = 0; count < 40; count++) {
    const response = await play(elsewhere, 1);
    await response.body?.cancel();
  }
  assert.deepEqual(await bytesOf(await play(elsewhere, 1, 'bytes=0-99')), FILM.subarray(0, 100));
});

test('there is nothing to play of a file or a transfer that there is not; what is here is played also while it is paused', async () => {
  assert.equal((await play(elsewhere, 9)).status, 404);
  assert.equal((await play(elsewhere, 0)).status, 404);
  assert.equal((await served.ask('GET', `/api/v1/transfers/${'0'.repeat(40)}/files/1/content`)).status, 404);
  await elsewhere.node.pause(infoHash);
  assert.deepEqual(await bytesOf(await play(elsewhere, 1, 'bytes=0-99')), FILM.subarray(0, 100));
});
