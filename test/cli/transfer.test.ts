import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { events, type KithProcess, Room } from './kith-process.ts';

const ANY_PORTS = ['--port', '0', '--tracker-port', '0'];
const BIG_BYTES = 24 << 20;

const room = new Room();
after(() => room.close());

function folder(name: string): string {
  const path = join(room.folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

const big = join(folder('origin'), 'big.bin');
const album = join(folder('origin'), 'album');

before(() => {
  writeFileSync(big, randomBytes(BIG_BYTES));
  mkdirSync(join(album, 'disc one'), { recursive: true });
  writeFileSync(join(album, 'disc one/Ünïcode – song.ogg'), randomBytes(300_000));
  writeFileSync(join(album, 'cover.jpg'), randomBytes(70_001));
  writeFileSync(join(album, 'empty.txt'), '');
  writeFileSync(join(album, 'run.sh'), '#!/bin/sh\n');
  chmodSync(join(album, 'run.sh'), 0o755);
});

function share(...args: string[]): KithProcess {
  return room.start(['share', ...ANY_PORTS, ...args]);
}

async function stopped(process: KithProcess): Promise<void> {
  process.kill('SIGINT');
  assert.equal((await process.ended).code, 130);
}

/** Every file below a folder with its bytes. */
function contentsOf(path: string, below = ''): Record<string, string> {
  return Object.fromEntries(
    readdirSync(join(path, below), { withFileTypes: true }).flatMap((entry) => {
      const name = join(below, entry.name);
      return entry.isDirectory() ? Object.entries(contentsOf(path, name)) : [[name, readFileSync(join(path, name), 'base64')]];
    }),
  );
}

test('share prints one link and get prints one path, and the file is the same byte for byte', async () => {
  const sharing = share(big);
  const link = await sharing.link();
  const to = folder('plain');
  const got = await room.run(['get', link, '-o', to]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'big.bin')}\n`], got.stderr);
  assert.ok(readFileSync(join(to, 'big.bin')).equals(readFileSync(big)));
  sharing.kill('SIGINT');
  const ended = await sharing.ended;
  assert.deepEqual([ended.code, ended.stdout], [130, `${link}\n`]);
  assert.match(ended.stderr, /To share it again: .*kith share/);
});

test('a folder arrives with its names, its empty file and its executable bit', async () => {
  const sharing = share(album);
  const to = folder('folders');
  const got = await room.run(['get', await sharing.link(), '-o', to]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'album')}\n`], got.stderr);
  assert.deepEqual(contentsOf(join(to, 'album')), contentsOf(album));
  assert.notEqual(statSync(join(to, 'album/run.sh')).mode & 0o100, 0);
  await stopped(sharing);
});

test('several paths become one torrent under the name that was asked for', async () => {
  const sharing = share(album, big, '--name', 'both');
  const to = folder('several');
  const got = await room.run(['get', await sharing.link(), '-o', to]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'both')}\n`], got.stderr);
  assert.deepEqual(contentsOf(join(to, 'both/album')), contentsOf(album));
  assert.ok(readFileSync(join(to, 'both/big.bin')).equals(readFileSync(big)));
  await stopped(sharing);
});

test('--once ends by itself with code 0 when one other has everything', async () => {
  const sharing = share(album, '--once');
  const got = await room.run(['get', await sharing.link(), '-o', folder('once')]);
  assert.equal(got.code, 0, got.stderr);
  const ended = await sharing.ended;
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /another has all/);
});

test('--json gives nothing but lines of JSON, with the link, progress and the path', async () => {
  const sharing = share(big, '--json', '--once', '--limit-up', '20MB');
  const link = String(/"link":"(magnet:[^"]+)"/.exec((await sharing.saying(/"link":"magnet:[^"]+"/))[0])?.[1]);
  const to = folder('json');
  const got = await room.run(['get', '--json', link, '-o', to]);
  const told = [events((await sharing.ended).stdout), events(got.stdout)];
  for (const event of told.flat()) assert.deepEqual([event.v, typeof event.event], [1, 'string']);
  assert.deepEqual([got.stderr, told[1]?.at(-1)?.event, told[1]?.at(-1)?.path], ['', 'done', join(to, 'big.bin')]);
  assert.ok(told[1]?.some(({ event, wantedBytes }) => event === 'progress' && wantedBytes === BIG_BYTES));
  assert.equal(told[0]?.at(-1)?.event, 'done');
});

test('get goes on where kill -9 stopped it, and takes no verified piece twice', async () => {
  const sharing = share(big, '--limit-up', '8MB', '--piece-size', '64KiB');
  const link = await sharing.link();
  const to = folder('killed');
  const first = room.start(['get', '--json', link, '-o', to]);
  await first.saying(/"haveBytes":[1-9]\d{6,}/);
  first.kill('SIGKILL');
  await first.ended;
  const already = Number(/"haveBytes":(\d+)(?!.*"haveBytes")/s.exec(first.stdout)?.[1]);
  assert.ok(already > 0 && already < BIG_BYTES, `${already} bytes were there`);
  const second = await room.run(['get', '--json', link, '-o', to]);
  assert.equal(second.code, 0, second.stdout);
  const taken = Number(events(second.stdout).at(-1)?.downloadedBytes);
  assert.ok(taken <= BIG_BYTES - already, `took ${taken} bytes with ${already} of ${BIG_BYTES} there`);
  assert.ok(readFileSync(join(to, 'big.bin')).equals(readFileSync(big)));
  await stopped(sharing);
});

test('Ctrl-C during get ends with code 130 within three seconds and says how to go on', async () => {
  const sharing = share(big, '--limit-up', '1MB');
  const link = await sharing.link();
  const getting = room.start(['get', link, '-o', folder('interrupted')]);
  await getting.saying(/1 peer/, 'stderr');
  const from = performance.now();
  getting.kill('SIGINT');
  const { code, stdout, stderr } = await getting.ended;
  assert.deepEqual([code, stdout], [130, '']);
  assert.match(stderr, /To go on: .*kith get 'magnet:/);
  assert.ok(performance.now() - from < 4_000);
  await stopped(sharing);
});

test('a file that is complete already is checked, and its path printed, with nobody around', async () => {
  const made = await room.run(['create', big, '-o', join(folder('complete'), 'big.torrent')]);
  assert.equal(made.code, 0, made.stderr);
  const { code, stdout, stderr } = await room.run(['get', made.stdout.trim(), '-o', join(big, '..')]);
  assert.deepEqual([code, stdout], [0, `${big}\n`], stderr);
  assert.match(stderr, /complete already/);
});

test('a stranger of the same name is never overwritten, unless asked for', async () => {
  const sharing = share(big);
  const link = await sharing.link();
  for (const [name, bytes] of [
    ['shorter', Buffer.from('my diary')],
    ['same size', randomBytes(BIG_BYTES)],
    ['longer', randomBytes(BIG_BYTES + 1)],
  ] as const) {
    const to = folder(`stranger ${name}`);
    writeFileSync(join(to, 'big.bin'), bytes);
    const refused = await room.run(['get', link, '-o', to]);
    assert.deepEqual([refused.code, refused.stdout], [1, ''], name);
    assert.match(refused.stderr, /is there already and is something else[\s\S]*--overwrite/);
    assert.ok(readFileSync(join(to, 'big.bin')).equals(bytes), name);
    const replaced = await room.run(['get', link, '-o', to, '--overwrite']);
    assert.equal(replaced.code, 0, replaced.stderr);
    assert.ok(readFileSync(join(to, 'big.bin')).equals(readFileSync(big)), name);
  }
  await stopped(sharing);
});

test('--list shows the files with numbers, and --only fetches those', async () => {
  const sharing = share(album);
  const link = await sharing.link();
  const listed = await room.run(['get', '--list', link, '-o', folder('listed')]);
  assert.equal(listed.code, 0, listed.stderr);
  const number = /^(\d+) .*album\/cover\.jpg$/m.exec(listed.stdout)?.[1] as string;
  const to = folder('only');
  const got = await room.run(['get', '--only', number, link, '-o', to]);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'album/cover.jpg')}\n`], got.stderr);
  assert.ok(readFileSync(join(to, 'album/cover.jpg')).equals(readFileSync(join(album, 'cover.jpg'))));
  const beyond = await room.run(['get', '--only', '9', link, '-o', to]);
  assert.equal(beyond.code, 2);
  assert.match(beyond.stderr, /no file 9/);
  const numbers = [...listed.stdout.matchAll(/^(\d+) /gm)].map(([, digits]) => digits);
  const others = numbers.filter((other) => other !== number).join(',');
  const skipping = await room.run([
    'get',
    '--file-priority',
    `${number}=high`,
    '--file-priority',
    `${others}=skip`,
    link,
    '-o',
    folder('skip'),
  ]);
  assert.deepEqual([skipping.code, skipping.stdout], [0, `${join(folder('skip'), 'album/cover.jpg')}\n`], skipping.stderr);
  await stopped(sharing);
});

test('a bare hash finds its content through --peer and through --tracker', async () => {
  const sharing = share(album, '--json');
  await sharing.saying(/"event":"link".*\n/);
  const ready = events(sharing.stdout).find(({ event }) => event === 'link') as { infoHash: string; port: number; trackers: string[] };
  const peer = await room.run(['get', ready.infoHash, '--peer', `127.0.0.1:${ready.port}`, '-o', folder('by peer')]);
  assert.equal(peer.code, 0, peer.stderr);
  for (const [index, tracker] of ready.trackers.entries()) {
    const found = await room.run(['get', ready.infoHash, '--tracker', tracker, '-o', folder(`by tracker ${index}`)]);
    assert.equal(found.code, 0, `${tracker}: ${found.stderr}`);
  }
  await stopped(sharing);
});

test('a .torrent that share wrote serves get, inspect and verify, and tells damage by name with code 8', async () => {
  const torrent = join(folder('torrents'), 'album.torrent');
  const sharing = share(album, '--torrent', torrent);
  const link = await sharing.link();
  const to = folder('from torrent');
  assert.equal((await room.run(['get', torrent, '-o', to])).code, 0);
  const inspected = JSON.parse((await room.run(['inspect', torrent, '--json'])).stdout) as {
    v: number;
    infoHash: string;
    files: unknown[];
  };
  assert.deepEqual([inspected.v, inspected.files.length, link.includes(inspected.infoHash)], [1, 4, true]);
  assert.equal((await room.run(['verify', torrent, to])).code, 0);
  assert.equal((await room.run(['verify', torrent, join(to, 'album')])).code, 0);
  const cover = readFileSync(join(to, 'album/cover.jpg'));
  cover[5] = (cover[5] as number) ^ 1;
  writeFileSync(join(to, 'album/cover.jpg'), cover);
  const damaged = await room.run(['verify', torrent, to]);
  assert.deepEqual([damaged.code, damaged.stdout], [8, 'album/cover.jpg: its bytes do not match\n'], damaged.stderr);
  const repaired = await room.run(['get', torrent, '-o', to]);
  assert.equal(repaired.code, 0, repaired.stderr);
  assert.equal((await room.run(['verify', torrent, to])).code, 0);
  assert.equal((await room.run(['verify', torrent, folder('nothing here')])).code, 3);
  await stopped(sharing);
});

test('a .torrent is fetched from its web address', async () => {
  const torrent = join(folder('web'), 'album.torrent');
  const sharing = share(album, '--torrent', torrent);
  await sharing.link();
  const server = createHttpServer((_request, response) => response.end(readFileSync(torrent)));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  const got = await room.run(['get', `http://127.0.0.1:${port}/album.torrent`, '-o', folder('from web')]);
  server.closeAllConnections();
  server.close();
  assert.equal(got.code, 0, got.stderr);
  assert.deepEqual(contentsOf(join(room.folder, 'from web/album')), contentsOf(album));
  await stopped(sharing);
});

test('who fetched with --seed serves others when the first has gone, and --seed-ratio ends by itself', async () => {
  const sharing = share(album, '--once');
  const link = await sharing.link();
  const second = room.start(['get', '--json', '--seed-ratio', '1', '--port', '0', link, '-o', folder('second')]);
  assert.equal((await sharing.ended).code, 0);
  const [, port] = await second.saying(/"event":"done".*"port":(\d+)/);
  const infoHash = /btih:([0-9a-f]{40})/.exec(link)?.[1] as string;
  const third = await room.run(['get', infoHash, '--sequential', '--peer', `127.0.0.1:${port}`, '-o', folder('third')]);
  assert.equal(third.code, 0, third.stderr);
  assert.deepEqual(contentsOf(join(room.folder, 'third/album')), contentsOf(album));
  assert.equal((await second.ended).code, 0);
});

test('a private torrent says so and needs a tracker', async () => {
  const out = join(folder('private'), 'x.torrent');
  assert.equal((await room.run(['create', album, '--private', '-o', out])).code, 2);
  assert.equal((await room.run(['create', album, '--private', '--tracker', 'udp://127.0.0.1:9', '-o', out])).code, 0);
  assert.match((await room.run(['inspect', out])).stdout, /^private +yes/m);
  const again = await room.run(['create', album, '-o', out]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is there already/);
});

test('a port that is taken becomes the next free one, and the command says so', async () => {
  const holder = createServer();
  await new Promise<void>((ready) => holder.listen(0, '127.0.0.1', ready));
  const { port } = holder.address() as { port: number };
  const sharing = room.start(['share', album, '--port', String(port), '--tracker-port', '0']);
  await sharing.link();
  assert.match(sharing.stderr, new RegExp(`Port ${port} is taken; using \\d+ instead`));
  await stopped(sharing);
  holder.close();
});

test('nothing listens beyond loopback unless asked, and the command says so', async () => {
  const sharing = share(album);
  const link = await sharing.link();
  assert.match(link, /x\.pe=127\.0\.0\.1:/);
  assert.match(sharing.stderr, /Only this machine can reach it\. To let others in: \S*kith share --public/);
  await stopped(sharing);
  const open = share(album, '--listen', '0.0.0.0', '--host', 'files.example.org', '--dht', 'off', '--no-port-mapping');
  assert.match(await open.link(), /x\.pe=files\.example\.org:/);
  assert.doesNotMatch(open.stderr, /Only this machine/);
  await stopped(open);
});

test('what was hashed once is not hashed again, until it changes', async () => {
  const file = join(folder('hashed'), 'file');
  writeFileSync(file, randomBytes(40_000_000));
  const first = await room.run(['create', file, '--json', '-o', join(file, '../1.torrent')]);
  const second = room.start(['create', file, '-o', join(file, '../2.torrent')]);
  assert.doesNotMatch((await second.ended).stderr, /hashing/);
  appendFileSync(file, 'x');
  const third = await room.run(['create', file, '--json', '-o', join(file, '../3.torrent')]);
  const hashOf = (text: string): unknown => (JSON.parse(text) as { infoHash: unknown }).infoHash;
  assert.notEqual(hashOf(first.stdout.slice(first.stdout.indexOf('{\n'))), hashOf(third.stdout.slice(third.stdout.indexOf('{\n'))));
});

test('a file that changes while it is shared ends the sharing with code 8', async () => {
  const file = join(folder('changing'), 'file');
  writeFileSync(file, randomBytes(8_000_000));
  const sharing = share(file, '--limit-up', '1MB');
  const getting = room.start(['get', await sharing.link(), '-o', folder('changing target'), '--timeout', '3']);
  await getting.saying(/1 peer/, 'stderr');
  writeFileSync(file, randomBytes(5_000_000));
  const ended = await sharing.ended;
  assert.equal(ended.code, 8, ended.stderr);
  assert.match(ended.stderr, /changed/);
  assert.ok([6, 7].includes((await getting.ended).code as number));
});

test('a link into the shared folder is shared, one that leads out is left out and named', async () => {
  const path = folder('links');
  writeFileSync(join(path, 'inside'), 'content');
  symlinkSync('inside', join(path, 'link'));
  symlinkSync('/etc/passwd', join(path, 'outside'));
  const { code, stderr } = await room.run(['create', path, '-o', join(folder('links made'), 'x.torrent')]);
  assert.equal(code, 0);
  assert.match(stderr, /1 entry left out: .*outside/);
});

test('an empty folder has nothing to share: code 2', async () => {
  const { code, stderr } = await room.run(['share', folder('empty')]);
  assert.equal(code, 2);
  assert.match(stderr, /nothing to share/);
  assert.ok(!existsSync(join(room.folder, 'empty.torrent')));
});
