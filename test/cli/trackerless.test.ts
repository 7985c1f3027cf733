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
