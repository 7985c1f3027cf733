/** `kith introducer` asked by a foreign client: curl, in the words of web caches of both versions, as Gnutella programs put them. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import test, { after } from 'node:test';
import { Room } from '../cli/kith-process.ts';
import { findProgram } from './peers/process-group.ts';

const CURL = findProgram('curl');
const skip = CURL === null ? 'curl is not installed' : false;
const ANSWER_MS_MAX = 30_000;

const room = new Room();
after(() => room.close());
const introducer = room.start(['introducer', '--port', '0', '--also', 'http://cache.example/gwc.php']);
const [url = ''] = await introducer.saying(/^http:\S+/m);

/** What curl prints, the head included. */
function curl(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(CURL ?? '', ['-sS', '-i', ...args], { timeout: ANSWER_MS_MAX }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}

/** Somebody who takes connections, as a member does. Resolves to his address. */
async function member(t: test.TestContext): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => undefined).destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('version 2, as GTK-Gnutella and Shareaza ask: update, hosts, caches, pong', { skip }, async (t) => {
  const address = await member(t);
  const update = await curl(`${url}?update=1&net=gnutella2&ip=${address}&client=RAZA&version=2.7.10.2&x_leaves=0`);
  assert.match(update, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nI\|update\|OK\r\n$/);
  const answer = await curl('-A', 'gtk-gnutella/1.2.2', `${url}?get=1&ping=1&net=gnutella2&client=GTKG&version=1.2.2`);
  assert.match(
    answer,
    new RegExp(`\r\n\r\nI\\|pong\\|kith\\|\\S+\r\nH\\|${address}\\|\\d+\r\nU\\|http://cache\\.example/gwc\\.php\\|\r\n$`),
  );
});

test('version 1, as LimeWire and mldonkey ask, over HTTP/1.0 and with a path', { skip }, async (t) => {
  const address = await member(t);
  assert.match(await curl('-0', `${url}gcache.php?ip=${encodeURIComponent(address)}&client=LIME&version=4.18`), /\r\n\r\nOK\r\n$/);
  assert.match(await curl('-0', `${url}gcache.php?hostfile=1&client=MLDK&version=3.1.6`), new RegExp(`\r\n\r\n${address}\r\n$`));
  assert.match(await curl(`${url}gcache.php?urlfile=1`), /\r\n\r\nhttp:\/\/cache\.example\/gwc\.php\r\n$/);
  assert.match(await curl(`${url}gcache.php?ping=1`), /\r\n\r\nPONG kith\r\n$/);
});

test('who cannot be dialled, or names another, is told so; a page is there for people', { skip }, async () => {
  assert.match(await curl(`${url}?update=1&net=gnutella&ip=127.0.0.1:1`), /I\|update\|WARNING\|You cannot be reached/);
  assert.match(await curl(`${url}?update=1&net=gnutella&ip=198.51.100.7:6346`), /I\|update\|WARNING\|Rejected IP/);
  assert.match(await curl(url), /Introducer of kith/);
});
