/** `kith feed` as a person uses it: links on stdout once, and nothing else there. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';
import { Room } from './kith-process.ts';

const HASH = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const FEED = `<rss><channel><title>Images</title>
  <item><title>debian amd64 &amp; more</title><link>magnet:?xt=urn:btih:${HASH}&amp;dn=d</link></item>
  <item><title>debian arm64</title><link>https://files.example/arm64.torrent</link></item>
</channel></rss>`;

interface World {
  readonly room: Room;
  readonly url: string;
  readonly from: number[];
}

async function world(t: TestContext): Promise<World> {
  const room = new Room();
  const from: number[] = [];
  const server = createServer((request, response) => {
    from.push(request.socket.remotePort as number);
    response.end(FEED);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await room.close();
  });
  return { room, from, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rss` };
}

test('what is new and wanted is printed once, a link a line; a trial prints it without remembering', async (t) => {
  const { room, url } = await world(t);
  assert.equal((await room.run(['feed', 'add', url, '--name', 'images', '--match', 'DEB*64', '--not', 'arm64'])).code, 0);
  const link = `magnet:?xt=urn:btih:${HASH}&dn=d\n`;
  assert.equal((await room.run(['feed', 'check', '--dry-run'])).stdout, link);
  assert.equal((await room.run(['feed', 'check'])).stdout, link);
  const again = await room.run(['feed', 'check']);
  assert.deepEqual([again.code, again.stdout], [0, '']);
  assert.match(again.stderr, /images: not asked again for .*--now/);
  assert.equal((await room.run(['feed', 'check', '--now'])).stdout, '');
  assert.match((await room.run(['feed', 'ls'])).stdout, /^images {2}http\S+ {2}“DEB\*64”, not “arm64” {2}1 taken$/m);
});

test('with --json a program gets everything that a person does', async (t) => {
  const { room, url } = await world(t);
  await room.run(['feed', 'add', url, '--label', 'iso', '--folder', 'got']);
  const { feeds } = JSON.parse((await room.run(['feed', 'check', '--json'])).stdout) as {
    feeds: { name: string; kind: string; taken: { title: string; label: string }[] }[];
  };
  assert.deepEqual(
    feeds.map(({ name, kind }) => [name, kind]),
    [['127.0.0.1', 'read']],
  );
  assert.deepEqual(
    feeds[0]?.taken.map(({ title, label }) => [title, label]),
    [
      ['debian arm64', 'iso'],
      ['debian amd64 & more', 'iso'],
    ],
  );
});

test('mistakes have their exit codes: no address, a name twice, an unknown feed, a feed that is not there', async (t) => {
  const { room, url } = await world(t);
  assert.equal((await room.run(['feed', 'add', 'ftp://x'])).code, 2);
  assert.equal((await room.run(['feed', 'add', url, '--match', ' '])).code, 2);
  assert.equal((await room.run(['feed', 'add', url])).code, 0);
  assert.equal((await room.run(['feed', 'add', url])).code, 2);
  assert.equal((await room.run(['feed', 'rm', 'other'])).code, 3);
  assert.equal((await room.run(['feed', 'rm', url])).code, 0);
  assert.equal((await room.run(['feed', 'add', 'http://127.0.0.1:1/rss'])).code, 0);
  const dead = await room.run(['feed', 'check']);
  assert.deepEqual([dead.code, dead.stdout], [5, '']);
});

test('behind a proxy feeds are asked through it', async (t) => {
  const { room, url, from } = await world(t);
  const proxy = await RecordingProxy.open(t, 'socks5');
  await room.run(['feed', 'add', url.replace('127.0.0.1', 'feeds.test')]);
  const { stdout } = await room.run(['feed', 'check', '--proxy', proxy.url]);
  assert.equal(stdout.split('\n').length, 3);
  assert.ok(from.every((port) => proxy.ownPorts.has(port)));
  assert.deepEqual([...proxy.asked], [`tcp ${new URL(url).host.replace('127.0.0.1', 'feeds.test')}`]);
});
