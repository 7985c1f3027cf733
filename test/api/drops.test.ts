/** Files that a page sends to be shared: whole, in parts, and in every way in which they should not come. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, test } from 'node:test';
import { Drops } from '../../src/node/api/drops.ts';
import { dropFolderOf } from '../../src/node/transfers/dropped-content.ts';
import { Failure } from '../../src/node/failure.ts';
import { ServedNode } from './served-node.ts';

const served = await ServedNode.open();
after(() => served.close());
const dropped = join(served.folder, 'd', 'kith', 'dropped');

async function begin(files: readonly { path: string; bytes: number }[]): Promise<{ status: number; drop: string }> {
  const response = await served.ask('POST', '/api/v1/drops', { body: { files } });
  const { drop = '' } = (await response.json()) as { drop?: string };
  return { status: response.status, drop };
}

function send(drop: string, number: number, offset: number, body: Uint8Array): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream' };
  return served.ask('PUT', `/api/v1/drops/${drop}/files/${number}?offset=${offset}`, { body, headers });
}

function failsAs(kind: string): (error: unknown) => boolean {
  return (error) => error instanceof Failure && error.kind === kind;
}

test('a folder that comes in parts, one of them twice, is shared as it was', async () => {
  const film = new Uint8Array(randomBytes(300_000));
  const files = [
    { path: 'holiday/film.bin', bytes: film.length },
    { path: 'holiday/empty.txt', bytes: 0 },
  ];
  const { drop } = await begin(files);
  assert.equal((await served.ask('POST', `/api/v1/drops/${drop}/share`, { body: {} })).status, 409);
  assert.deepEqual(await (await send(drop, 0, 0, film.subarray(0, 100_000))).json(), { haveBytes: 100_000 });
  assert.equal((await send(drop, 0, 0, film.subarray(0, 100_000))).status, 409);
  assert.equal((await send(drop, 0, 100_000, film.subarray(100_000))).status, 200);
  const shared = await served.ask('POST', `/api/v1/drops/${drop}/share`, { body: { labels: ['dropped'] } });
  assert.equal(shared.status, 201);
  const { transfer } = (await shared.json()) as { transfer: { name: string; totalBytes: number; path: string } };
  assert.deepEqual([transfer.name, transfer.totalBytes], ['holiday', 300_000]);
  assert.deepEqual(new Uint8Array(readFileSync(join(transfer.path, 'film.bin'))), film);
  assert.deepEqual(readdirSync(transfer.path).sort(), ['empty.txt', 'film.bin']);
});

test('what was dropped goes with its transfer, if that is asked for; what was shared from elsewhere never does', async () => {
  const { drop } = await begin([{ path: 'mine.txt', bytes: 1 }]);
  await send(drop, 0, 0, new Uint8Array([7]));
  const shared = await served.ask('POST', `/api/v1/drops/${drop}/share`, { body: {} });
  const { infoHash } = ((await shared.json()) as { transfer: { infoHash: string } }).transfer;
  assert.equal((await served.ask('DELETE', `/api/v1/transfers/${infoHash}?data=true`)).status, 204);
  assert.equal(existsSync(join(dropped, drop)), false);
  const own = await served.share('own.txt', 10);
  assert.equal((await served.ask('DELETE', `/api/v1/transfers/${own}?data=true`)).status, 400);
  assert.equal(existsSync(join(served.folder, 'own', 'own.txt')), true);
  assert.equal(dropFolderOf([join(dropped, drop, 'a'), join(served.folder, 'own', 'own.txt')], dropped), null);
  for (const path of [dropped, join(dropped, drop), join(dropped, '..', 'x'), join(dropped, 'x', 'a')])
    assert.equal(dropFolderOf([path], dropped), null, path);
});

test('whatever a page calls its files, they lie below the drop folder, each at a place of its own', async () => {
  const names = ['../../../escape', '/etc/passwd', 'a/../../b', '..', 'con', 'a\\..\\b', 'same', 'same', 'x\u0000y', '.coming/z'];
  const { status, drop } = await begin(names.map((path) => ({ path, bytes: 1 })));
  assert.equal(status, 201);
  for (const number of names.keys()) assert.equal((await send(drop, number, 0, new Uint8Array(1))).status, 200, names[number]);
  const { transfer } = (await (await served.ask('POST', `/api/v1/drops/${drop}/share`, { body: { name: 'odd' } })).json()) as {
    transfer: { name: string; totalBytes: number };
  };
  assert.deepEqual([transfer.name, transfer.totalBytes], ['odd', names.length]);
  const found = readdirSync(join(dropped, drop), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.equal(found.length, names.length);
  for (const { parentPath } of found) assert.doesNotMatch(relative(dropped, parentPath), /^\.\./);
});

test('more than the disk holds is refused before the first byte, and two drops together count', async () => {
  const { bavail, bsize } = statfsSync(served.folder);
  const most = bavail * bsize - 200_000_000;
  assert.equal((await begin([{ path: 'huge', bytes: bavail * bsize }])).status, 507);
  assert.equal((await begin([{ path: 'half', bytes: Math.floor(most * 0.6) }])).status, 201);
  assert.equal((await begin([{ path: 'half', bytes: Math.floor(most * 0.6) }])).status, 507);
});

test('more than was said, a part too large, a file or a drop that there is none: nothing is written', async () => {
  const { drop } = await begin([{ path: 'a', bytes: 10 }]);
  assert.equal((await send(drop, 0, 0, new Uint8Array(11))).status, 400);
  assert.equal((await send(drop, 1, 0, new Uint8Array(1))).status, 404);
  assert.equal((await send(drop, 0, 5, new Uint8Array(1))).status, 409);
  assert.equal((await send('0'.repeat(16), 0, 0, new Uint8Array(1))).status, 404);
  assert.equal((await send(drop, 0, 0, new Uint8Array((8 << 20) + 1))).status, 413);
  assert.equal((await begin([])).status, 400);
  assert.equal((await served.ask('DELETE', `/api/v1/drops/${drop}`)).status, 204);
  assert.equal(existsSync(join(dropped, '.coming', drop)), false);
});

test('what a closed page has left goes after half an hour, and what an ended node has left at once', async () => {
  const folder = join(served.folder, 'left');
  let nowMs = 0;
  const before = new Drops(folder, 0, () => nowMs);
  await before.begin([{ path: 'a', bytes: 10 }]);
  const drops = new Drops(folder, 0, () => nowMs);
  const left = await drops.begin([{ path: 'a', bytes: 10 }]);
  assert.deepEqual(readdirSync(join(folder, '.coming')), [left]);
  nowMs = 31 * 60_000;
  const next = await drops.begin([{ path: 'b', bytes: 10 }]);
  assert.deepEqual(readdirSync(join(folder, '.coming')), [next]);
  await assert.rejects(drops.write(left, 0, 0, new Uint8Array(1)), failsAs('not-found'));
  for (let count = 1; count < 16; count++) await drops.begin([{ path: 'c', bytes: 1 }]);
  await assert.rejects(drops.begin([{ path: 'd', bytes: 1 }]), failsAs('interrupted'));
});
