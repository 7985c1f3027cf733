/** `kith search` and `kith get` over FastTrack: a supernode, somebody who shares and somebody who looks, each a process of its own. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hexOf } from '../../src/core/hex.ts';
import { ED25519 } from '../../src/net/ed25519.ts';
import { publishBadHashes } from '../../src/overlays/fasttrack/index.ts';
import { UuHash } from '../../src/wire/uu-hash.ts';
import { mp3, scrambled } from '../fasttrack/media.ts';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';
import { until } from '../interop/peers/process-group.ts';
import { type Outcome, Room } from './kith-process.ts';

const WAIT_MS_MAX = 30_000;
const QUIET = { KITH_PORT_MAPPING: 'off', KITH_API_USE: 'off', KITH_LISTEN_PORT: '0', KITH_TRACKER_PORT: '0' };
const SONG = mp3(1_500);

function room(t: TestContext): Room {
  const made = new Room();
  t.after(() => made.close());
  return made;
}

/** Its address. */
async function supernode(t: TestContext, args: readonly string[] = []): Promise<string> {
  const process = room(t).start(['supernode', '--port', '0', ...args]);
  return (await process.saying(/^127\.0\.0\.1:\d+$/m))[0];
}

/** A node that shares these files there. */
async function sharer(
  t: TestContext,
  address: string,
  files: Record<string, Uint8Array>,
  more: Record<string, string> = {},
): Promise<void> {
  const home = room(t);
  const folder = join(home.folder, 'music');
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const networks = { KITH_NETWORKS_USE: 'fasttrack', KITH_FASTTRACK_PORT: '0', KITH_FASTTRACK_HOSTS: address };
  const node = home.start(['up', '--json'], { ...QUIET, ...networks, KITH_LIBRARY_FOLDERS: folder, ...more });
  await node.saying(/"event":"library".*\n/);
}

/** Searches until there are so many rows: the supernode hears of files a moment after they are read. */
async function finding(looker: Room, words: string, rows: number, environment: Record<string, string>): Promise<Outcome> {
  return until(`${rows} rows for ${words}`, WAIT_MS_MAX, async () => {
    const found = await looker.run(['search', words, '--wait', '10s'], environment);
    return found.stdout.trimEnd().split('\n').length === rows && found.code === 0 && found;
  });
}

test('a search finds what somebody shares, and get brings it, byte for byte', async (t) => {
  const address = await supernode(t);
  await sharer(t, address, { 'walrus polka.mp3': SONG });
  const looker = room(t);
  const found = await finding(looker, 'walrus', 1, { KITH_FASTTRACK_HOSTS: address });
  assert.match(found.stdout, /^ {3}1 +626 kB {2}walrus polka\.mp3 {2}\(1 holder, fasttrack, 128 kbit\/s, 39 s\)$/m);
  // Nobody is named any more: it remembers.
  const got = await looker.run(['get', '1']);
  assert.equal(got.code, 0, got.stderr);
  assert.match(got.stderr, /UUHash fits, which covers a part of it and is no proof/);
  assert.deepEqual(readFileSync(join(looker.here, 'walrus polka.mp3')), Buffer.from(SONG));
});

test('who cannot be dialled is asked by his supernode to dial, and brings the file', async (t) => {
  const address = await supernode(t);
  const proxy = await RecordingProxy.open(t, 'socks5');
  await sharer(t, address, { 'walrus polka.mp3': SONG }, { KITH_PROXY: proxy.url });
  const looker = room(t);
  await finding(looker, 'walrus', 1, { KITH_FASTTRACK_HOSTS: address });
  const got = await looker.run(['get', '1', '--json']);
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(readFileSync(join(looker.here, 'walrus polka.mp3')), Buffer.from(SONG));
  // The sharer has dialled his supernode, and then who wanted the file.
  assert.equal([...proxy.asked].filter((target) => target.startsWith('tcp ')).length, 2, [...proxy.asked].join());
});

test('a file that is bad under its own hash is known by what it is, and neither found nor fetched again', async (t) => {
  const address = await supernode(t);
  await sharer(t, address, { 'a zebra.mp3': scrambled(SONG, 16_384), 'b zebra.mp3': SONG });
  const looker = room(t);
  const { stdout } = await finding(looker, 'zebra', 2, { KITH_FASTTRACK_HOSTS: address });
  const number = /^ +(\d) .* a zebra\.mp3/m.exec(stdout)?.[1] ?? '';
  const got = await looker.run(['get', number]);
  assert.equal(got.code, 8, got.stderr);
  assert.match(got.stderr, /a zebra\.mp3 is a bad file\.\n {2}No hash of the whole was known, and its parts are not in order\./);
  assert.deepEqual(
    readdirSync(looker.here).filter((name) => !name.endsWith('.part')),
    [],
  );
  const list = join(looker.folder, 'state/kith/bad-files.txt');
  assert.match(readFileSync(list, 'utf8'), /^uu [0-9a-f]{40} scrambled a zebra\.mp3\n$/);
  assert.equal(statSync(list).mode & 0o777, 0o600);
  const again = await looker.run(['get', number]);
  assert.deepEqual([again.code, /It was looked at before/.test(again.stderr)], [8, true]);
  const left = await looker.run(['search', 'zebra']);
  assert.match(left.stdout, /^.* b zebra\.mp3 .*\n$/);
});

test('what is on the list of a publisher who is trusted is not found, by whoever honours it', async (t) => {
  const poison = mp3(1_000, 2);
  const secret = new Uint8Array(32).fill(7);
  const list = publishBadHashes(ED25519, secret, 1, [{ kind: 'uu', hash: uuHashOf(poison), reason: 'corrupt' }]);
  const server = createServer((_request, response) => response.end(list)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await until('a server', WAIT_MS_MAX, () => server.listening);
  const badList = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bad.txt#${hexOf(ED25519.publicKey(secret))}`;
  const files = { 'a zebra.mp3': poison, 'b zebra.mp3': SONG };
  const [plain, strict] = [await supernode(t), await supernode(t, ['--bad-list', badList])];
  await sharer(t, `${plain}`, files);
  await sharer(t, `${strict}`, files);
  const looker = room(t);
  await finding(looker, 'zebra', 2, { KITH_FASTTRACK_HOSTS: plain });
  const honoured = await finding(looker, 'zebra', 1, { KITH_FASTTRACK_HOSTS: plain, KITH_FASTTRACK_BAD_LIST: badList });
  assert.match(honoured.stdout, / b zebra\.mp3 /);
  const withheld = await finding(room(t), 'zebra', 1, { KITH_FASTTRACK_HOSTS: strict });
  assert.match(withheld.stdout, / b zebra\.mp3 /);
});

test('what one has found bad is known to supernodes that honour his list, from one to the next', async (t) => {
  const poison = mp3(1_000, 2);
  const publishing = room(t);
  mkdirSync(join(publishing.folder, 'state/kith'), { recursive: true });
  writeFileSync(join(publishing.folder, 'state/kith/bad-files.txt'), `uu ${hexOf(uuHashOf(poison))} scrambled a zebra.mp3\n`);
  const first = publishing.start(['supernode', '--port', '0', '--publish', 'my.key']);
  const [firstAddress] = await first.saying(/^127\.0\.0\.1:\d+$/m);
  const [publisher] = await first.saying(/[0-9a-f]{64}/, 'stderr');
  const second = await supernode(t, ['--with', firstAddress, '--bad-list', publisher]);
  await sharer(t, second, { 'a zebra.mp3': poison, 'b zebra.mp3': SONG });
  const found = await finding(room(t), 'zebra', 1, { KITH_FASTTRACK_HOSTS: second });
  assert.match(found.stdout, / b zebra\.mp3 /);
});

function uuHashOf(bytes: Uint8Array): Uint8Array {
  return new UuHash(bytes.length).update(bytes).digest();
}
