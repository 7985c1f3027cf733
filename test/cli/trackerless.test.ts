/** Links without a tracker, between processes that know nothing but two nodes of the DHT. All on loopback. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type KithProcess, Room } from './kith-process.ts';

const room = new Room();
after(() => room.close());

function file(name: string): string {
  const path = join(room.folder, name);
  writeFileSync(path, randomBytes(200_000));
  return path;
}

function share(path: string, ...args: string[]): KithProcess {
  return room.start(['share', '--no-tracker', '--port', '0', '--json', path, ...args]);
}

async function announced(sharing: KithProcess): Promise<{ link: string; port: number; trackers: string[] }> {
  const [line] = await sharing.saying(/^.*"event":"link".*\n/m);
  // What our own process prints as the event of that name.
  return JSON.parse(line) as { link: string; port: number; trackers: string[] };
}

test('who has nothing but a hash finds who shares it through two other nodes', { timeout: 60_000 }, async () => {
  const first = share(file('one.bin'), '--dht', 'on');
  const node = `127.0.0.1:${(await announced(first)).port}`;
  const second = share(file('two.bin'), '--dht-node', node);
  const nodes = ['--dht-node', node, '--dht-node', `127.0.0.1:${(await announced(second)).port}`];

  const wanted = file('wanted.bin');
  const sharing = share(wanted, ...nodes);
  const { link, trackers } = await announced(sharing);
  const hash = /btih:([0-9a-f]{40})/.exec(link)?.[1] as string;
  assert.deepEqual([trackers, link.includes('tr=')], [[], false]);

  const to = join(room.folder, 'to');
  mkdirSync(to);
  const got = await room.run(['get', `magnet:?xt=urn:btih:${hash}`, '-o', to, '--timeout', '30', ...nodes]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'wanted.bin')}\n`], got.stderr);
  assert.ok(readFileSync(join(to, 'wanted.bin')).equals(readFileSync(wanted)));
});

test('who has a .torrent with a node in it, and a DHT that knows none, finds who shares it', { timeout: 60_000 }, async () => {
  const other = share(file('other.bin'), '--dht', 'on');
  const node = `127.0.0.1:${(await announced(other)).port}`;
  const wanted = file('noted.bin');
  const torrent = join(room.folder, 'noted.torrent');
  const made = await room.run(['create', wanted, '-o', torrent, '--dht-node', node, '--dht-node', '[2001:db8::1]:6881']);
  assert.equal(made.code, 0, made.stderr);
  const seen = JSON.parse((await room.run(['inspect', torrent, '--json'])).stdout) as { dhtNodes: string[] };
  assert.deepEqual(seen.dhtNodes, [node, '[2001:db8::1]:6881']);
  assert.match((await room.run(['inspect', torrent])).stdout, new RegExp(`^DHT node +${node}$`, 'm'));
  await announced(share(wanted, '--dht-node', node));

  const to = join(room.folder, 'by-node');
  mkdirSync(to);
  const got = await room.run(['get', torrent, '-o', to, '--timeout', '30', '--dht', 'on']);
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(to, 'noted.bin')).equals(readFileSync(wanted)));
});

test('share writes its own node into a .torrent that has no tracker', async () => {
  const torrent = join(room.folder, 'own.torrent');
  const { port } = await announced(share(file('own.bin'), '--dht', 'on', '--torrent', torrent));
  const seen = JSON.parse((await room.run(['inspect', torrent, '--json'])).stdout) as { dhtNodes: string[] };
  assert.deepEqual(seen.dhtNodes, [`127.0.0.1:${port}`]);
});

test('a node of the DHT is refused for a private torrent, and one that is no address at all', async () => {
  const secret = await room.run(['create', file('secret.bin'), '--private', '--tracker', 'udp://127.0.0.1:9', '--dht-node', '127.0.0.1:9']);
  assert.deepEqual([secret.code, /private torrent has no DHT/.test(secret.stderr)], [2, true]);
  for (const node of ['127.0.0.1', '127.0.0.1:0', 'a b:1', '::1:5']) {
    assert.equal((await room.run(['create', join(room.folder, 'secret.bin'), '--dht-node', node])).code, 2, node);
  }
});

test('without a DHT a bare hash leads to nobody, and the way out is named', async () => {
  const got = await room.run(['get', 'magnet:?xt=urn:btih:00112233445566778899aabbccddeeff00112233']);
  assert.equal(got.code, 2);
  assert.match(got.stderr, /--dht-node/);
});

test('a private torrent without a tracker is refused', async () => {
  const refused = await room.run(['share', '--private', '--no-tracker', file('private.bin')]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /needs a tracker/);
});
