import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { events, Room } from './kith-process.ts';

const room = new Room();
const mounts: string[] = [];
const content = join(room.folder, 'content.bin');
const torrent = join(room.folder, 'content.torrent');
const ANY_PORTS = ['--port', '0', '--tracker-port', '0'];

before(async () => {
  writeFileSync(content, randomBytes(6_000_000));
  const made = await room.run(['create', content, '-o', torrent, '--piece-size', '64KiB']);
  assert.equal(made.code, 0, made.stderr);
});

after(async () => {
  for (const mount of mounts) spawnSync('umount', [mount]);
  await room.close();
});

function folder(name: string): string {
  const path = join(room.folder, name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** A small file system of its own, or null where this user may not make one. */
function mounted(name: string, options: string): string | null {
  const path = folder(name);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]).status !== 0) return null;
  mounts.push(path);
  return path;
}

async function withServer(respond: (path: string) => { status: number; body: string }, use: (url: string) => Promise<void>): Promise<void> {
  const server: Server = createServer((request, response) => {
    const { status, body } = respond(request.url ?? '');
    response.writeHead(status).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

test('what is not there is exit code 3: a file to share, a .torrent, a web address', async () => {
  assert.equal((await room.run(['share', 'nowhere.bin'])).code, 3);
  assert.equal((await room.run(['get', 'nowhere.torrent'])).code, 3);
  assert.equal((await room.run(['inspect', 'nowhere.torrent'])).code, 3);
  await withServer(
    () => ({ status: 404, body: '' }),
    async (url) => assert.equal((await room.run(['get', `${url}/x.torrent`])).code, 3),
  );
});

test('get says to whoever names words, not a file, how words are looked for, as the program is called here', async () => {
  const { code, stderr } = await room.run(['get', 'blue walrus']);
  assert.equal(code, 3);
  assert.match(stderr, /no file called blue walrus here[\s\S]*→ .*: \S+\/kith search blue walrus$/m);
});

test('what is not permitted is exit code 4: a folder that nobody may write, a web page that says no', async (t) => {
  await withServer(
    () => ({ status: 403, body: '' }),
    async (url) => assert.equal((await room.run(['get', `${url}/x.torrent`])).code, 4),
  );
  const sealed = process.getuid?.() === 0 ? mounted('read-only', 'ro') : folder('read-only');
  if (sealed === null) return t.skip('no right to mount a read-only file system, and root may write anywhere else');
  if (process.getuid?.() !== 0) chmodSync(sealed, 0o555);
  const sharing = room.start(['share', content, ...ANY_PORTS]);
  const link = await sharing.link();
  for (const to of [sealed, join(sealed, 'below')]) {
    const { code, stdout, stderr } = await room.run(['get', link, '-o', to]);
    assert.deepEqual([code, stdout], [4, ''], stderr);
    assert.match(stderr, /-o/);
  }
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('nobody to be reached is exit code 5: a peer, a tracker, a web server', async () => {
  const hash = 'a'.repeat(40);
  const { code, stderr } = await room.run([
    'get',
    hash,
    '--peer',
    '127.0.0.1:9',
    '--tracker',
    'http://127.0.0.1:9/announce',
    '--timeout',
    '2',
  ]);
  assert.equal(code, 5, stderr);
  assert.match(stderr, /no peer could be reached[\s\S]*127\.0\.0\.1:9/);
  assert.equal((await room.run(['get', 'http://127.0.0.1:9/x.torrent'])).code, 5);
});

test('peers that are there and send nothing are exit code 6', async () => {
  // Another that waits for the same content and has nothing of it.
  const port = await freePort();
  const hash = 'c'.repeat(40);
  const waiting = room.start(['get', hash, '--json', '--peer', '127.0.0.1:9', '--port', String(port), '-o', folder('waiting')]);
  await waiting.saying(/"event":"progress"/);
  const { code, stderr } = await room.run(['get', hash, '--peer', `127.0.0.1:${port}`, '-o', folder('slow'), '--timeout', '2']);
  assert.equal(code, 6, stderr);
  assert.match(stderr, /sent nothing[\s\S]*--timeout/);
  waiting.kill('SIGINT');
  await waiting.ended;
});

test('a part only is exit code 7, and says how to go on', async () => {
  const sharing = room.start(['share', content, '--limit-up', '2MB', '--piece-size', '64KiB', ...ANY_PORTS]);
  const getting = room.start(['get', '--json', await sharing.link(), '-o', folder('part'), '--timeout', '2']);
  await getting.saying(/"haveBytes":[1-9]/);
  sharing.kill('SIGKILL');
  const { code, stdout, stderr } = await getting.ended;
  assert.equal(code, 7, stderr);
  const error = events(stdout).at(-1);
  assert.deepEqual([error?.event, error?.code, error?.kind], ['error', 7, 'incomplete']);
  assert.match(stderr, /To go on from there: .*kith get/);
});

test('damage is exit code 8: a .torrent that is none, a web page instead of one, one that leads nowhere', async () => {
  for (const [name, bytes] of [
    ['empty', ''],
    ['text', 'hello'],
    ['page', '<!doctype html><title>Log in</title>'],
    ['cut', 'd8:announce3:abc4:infod6:lengthi5e4:name1:x'],
    ['no pieces', 'd4:infod6:lengthi5e4:name1:x12:piece lengthi16384eee'],
  ] as const) {
    const path = join(folder('damaged'), `${name}.torrent`);
    writeFileSync(path, bytes);
    for (const command of ['get', 'inspect', 'verify']) {
      const { code, stdout, stderr } = await room.run([command, path]);
      assert.deepEqual([code, stdout], [8, ''], `${command} ${name}: ${stderr}`);
    }
  }
  await withServer(
    () => ({ status: 200, body: '<html>' }),
    async (url) => assert.equal((await room.run(['get', url])).code, 8),
  );
});

test('a full disk is exit code 9, and with more room the same command goes on', async (t) => {
  const small = mounted('small', 'size=3m');
  if (small === null) return t.skip('no right to mount a small file system');
  const sharing = room.start(['share', content, '--piece-size', '64KiB', ...ANY_PORTS]);
  const link = await sharing.link();
  // Where nobody looks beforehand: quotas are not seen either.
  const { code, stdout, stderr } = await room.run(['get', link, '-o', small], { KITH_DISK_RESERVE: 'off' });
  assert.deepEqual([code, stdout], [9, ''], stderr);
  assert.match(stderr, /the disk is full[\s\S]*continues/);
  assert.equal(spawnSync('mount', ['-o', 'remount,size=20m', small]).status, 0);
  const again = await room.run(['get', '--json', link, '-o', small], { KITH_DISK_RESERVE: '0' });
  assert.equal(again.code, 0, again.stderr);
  const taken = Number(events(again.stdout).at(-1)?.downloadedBytes);
  assert.ok(taken < 5_000_000, `took ${taken} of 6000000 bytes`);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('what does not fit with the reserve is exit code 9 before a byte is asked for', async () => {
  const sharing = room.start(['share', content, ...ANY_PORTS]);
  const link = await sharing.link();
  const to = folder('no room');
  const { code, stdout, stderr } = await room.run(['get', link, '-o', to], { KITH_DISK_RESERVE: '9000TB' });
  assert.deepEqual([code, stdout], [9, ''], stderr);
  assert.match(stderr, /content\.bin does not fit into[\s\S]*disk\.reserve[\s\S]*continues/);
  assert.deepEqual(readdirSync(to), []);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('a second Ctrl-C ends at once with code 130', async () => {
  const sharing = room.start(['share', content, ...ANY_PORTS]);
  await sharing.link();
  sharing.kill('SIGINT');
  sharing.kill('SIGINT');
  assert.equal((await sharing.ended).code, 130);
});

test('a settings file with a mistake is exit code 2 with its line, and config set still tells why', async () => {
  const own = new Room();
  try {
    writeFileSync(join(own.here, 'kith.toml'), '[limit]\nup == 1\n');
    const { code, stderr } = await own.run(['share', content]);
    assert.equal(code, 2);
    assert.match(stderr, /kith\.toml, line 2/);
  } finally {
    await own.close();
  }
});
