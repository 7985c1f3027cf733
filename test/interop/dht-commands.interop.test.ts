/** `kith dht` as a client of libtorrent's DHT: peers, samples, and items that each side has put. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { latin1Bytes } from '../../src/core/bytes.ts';
import { hexOf } from '../../src/core/hex.ts';
import { ED25519 } from '../../src/net/ed25519.ts';
import { immutableTarget } from '../../src/overlays/kademlia/index.ts';
import { type Outcome, Room } from '../cli/kith-process.ts';
import { libtorrentVersion } from './peers/libtorrent.ts';
import { LibtorrentDht } from './peers/libtorrent-dht.ts';
import { freePort, until } from './peers/process-group.ts';

/** Together a bucket, so that each has what is stored. */
const OURS = 4;
const THEIRS = 4;
const FIND_MS_MAX = 20_000;

const skip = libtorrentVersion() === null ? 'python3-libtorrent is not installed' : false;
const room = new Room();
const ports: number[] = [];
let theirs: LibtorrentDht;
let folder = '';

before(async () => {
  if (skip !== false) return;
  folder = await mkdtemp(join(tmpdir(), 'kith-dht-'));
  const entries: string[] = [];
  for (let index = 0; index < OURS; index++) {
    const node = room.start(['dht', 'join', ...entries.slice(0, 1), '--overlay', 'mainline', '--port', '0', '--name', `n${index}`]);
    entries.push((await node.saying(/^127\.0\.0\.1:\d+$/m))[0]);
  }
  for (let index = 0; index < THEIRS; index++) ports.push(await freePort());
  theirs = await new LibtorrentDht(ports, entries[0] as string, folder).ready(THEIRS);
});

after(async () => {
  await theirs?.stop();
  await room.close();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

/** A client that begins at one of theirs. */
function dht(command: string, ...args: readonly string[]): Promise<Outcome> {
  return room.run(['dht', command, ...args, '--overlay', 'mainline', '--via', `127.0.0.1:${ports[2]}`]);
}

test('get-peers finds who announces through libtorrent, and libtorrent whom announce has named', { skip }, async () => {
  const hash = hexOf(randomBytes(20));
  const { port } = await theirs.ask({ do: 'announce', node: 1, hash }, 'announce');
  await until('their peer', FIND_MS_MAX, async () => (await dht('get-peers', hash)).stdout.includes(`127.0.0.1:${port}\n`));
  const other = hexOf(randomBytes(20));
  const announced = await dht('announce', other, '--port', '4321');
  assert.equal(announced.code, 0, announced.stderr);
  await theirs.ask({ do: 'peers', node: 2, hash: other }, 'peers', ({ peers }) => peers?.includes('127.0.0.1:4321') === true);
});

test('immutable items go both ways', { skip }, async () => {
  const put = await dht('put', 'from the command');
  assert.equal(put.code, 0, put.stderr);
  const got = await theirs.ask({ do: 'get', node: 3, hash: put.stdout.trim() }, 'get');
  assert.match(got.text ?? '', /from the command/);
  await theirs.ask({ do: 'put', node: 1, text: 'from libtorrent' }, 'stored');
  const target = hexOf(immutableTarget(latin1Bytes('15:from libtorrent')));
  assert.equal((await dht('get', target)).stdout, 'from libtorrent');
});

test('a mutable item that the command has put is read by libtorrent, changed by it, and changed again by the command', {
  skip,
}, async () => {
  const file = join(folder, 'key');
  const put = await dht('put', 'first', '--key-file', file, '--salt', 'interop');
  assert.equal(put.code, 0, put.stderr);
  const publicKey = put.stdout.trim();
  const secret = (await readFile(file, 'utf8')).trim();
  assert.equal(hexOf(ED25519.publicKey(Buffer.from(secret, 'hex'))), publicKey);
  const key = { public: publicKey, salt: 'interop' };
  const first = await theirs.ask({ do: 'get-mutable', node: 1, ...key }, 'get-mutable', ({ seq }) => seq === 1);
  assert.match(first.text ?? '', /first/);
  await theirs.ask({ do: 'put-mutable', node: 2, ...key, secret, text: 'second' }, 'stored');
  assert.equal((await dht('get', publicKey, '--salt', 'interop')).stdout, 'second');
  const third = await dht('put', 'third', '--key-file', file, '--salt', 'interop');
  assert.match(third.stderr, /Version 3/);
  const last = await theirs.ask({ do: 'get-mutable', node: 3, ...key }, 'get-mutable', ({ seq }) => seq === 3);
  assert.match(last.text ?? '', /third/);
});

test('BEP 51: sample shows what one node of libtorrent keeps', { skip }, async () => {
  const hash = hexOf(randomBytes(20));
  assert.equal((await dht('announce', hash, '--port', '4321')).code, 0);
  const samples = await Promise.all(ports.map((port) => dht('sample', `127.0.0.1:${port}`)));
  assert.ok(
    samples.some(({ stdout }) => stdout.split('\n').includes(hash)),
    JSON.stringify(samples),
  );
});
