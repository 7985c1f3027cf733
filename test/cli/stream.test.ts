/** `kith stream` as a person meets it: a URL for players, the content on stdout, a player of one's own, and what is refused. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { events, type KithProcess, Room } from './kith-process.ts';

const ANY_PORTS = ['--port', '0', '--tracker-port', '0', '--piece-size', '64KiB'];
const FILM_BYTES = 3_000_000;

const room = new Room();
after(() => room.close());

const origin = join(room.folder, 'origin');
mkdirSync(join(origin, 'album'), { recursive: true });
/** Text, since stdout is read as such. */
const film = Buffer.from(randomBytes(FILM_BYTES / 2).toString('hex'));
writeFileSync(join(origin, 'film.mp4'), film);
writeFileSync(join(origin, 'album/large.iso'), randomBytes(900_000));
writeFileSync(join(origin, 'album/1 – song & dance.ogg'), randomBytes(300_000));
const song = randomBytes(100_000).toString('hex');
writeFileSync(join(origin, 'album/2.ogg'), song);

async function share(what: string, ...args: string[]): Promise<{ sharing: KithProcess; link: string }> {
  const sharing = room.start(['share', join(origin, what), ...ANY_PORTS, ...args]);
  return { sharing, link: await sharing.link() };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

async function urlOf(streaming: KithProcess): Promise<string> {
  return (await streaming.saying(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\S+$/m))[0];
}

test('stream prints a URL that answers ranges, and get goes on from what has come', async () => {
  const { sharing, link } = await share('film.mp4');
  const to = join(room.folder, 'url');
  const streaming = room.start(['stream', link, '-o', to]);
  const url = await urlOf(streaming);
  const [head, part, last, beyond, whole] = [
    await ask(url, {}, 'HEAD'),
    await ask(url, { range: 'bytes=1000000-1000999' }),
    await ask(url, { range: 'bytes=-1000' }),
    await ask(url, { range: 'bytes=3000000-' }),
    await ask(url),
  ];
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(FILM_BYTES), 0]);
  assert.deepEqual([head.headers['content-type'], head.headers['accept-ranges']], ['video/mp4', 'bytes']);
  assert.deepEqual([part.status, part.headers['content-range']], [206, `bytes 1000000-1000999/${FILM_BYTES}`]);
  assert.ok(part.body.equals(film.subarray(1_000_000, 1_001_000)));
  assert.ok(last.status === 206 && last.body.equals(film.subarray(-1000)));
  assert.deepEqual([beyond.status, beyond.headers['content-range']], [416, `bytes */${FILM_BYTES}`]);
  assert.ok(whole.status === 200 && whole.body.equals(film));
  streaming.kill('SIGINT');
  const ended = await streaming.ended;
  assert.deepEqual([ended.code, ended.stdout], [130, `${url}\n`]);
  assert.match(ended.stderr, /First byte after \d+ ms/);
  const got = await room.run(['get', link, '-o', to, '--timeout', '5']);
  assert.deepEqual([got.code, got.stdout], [0, `${join(to, 'film.mp4')}\n`], got.stderr);
  assert.match(got.stderr, /complete already/);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('nobody gets it by another path or another name of this machine, and no page is told that it may', async () => {
  const { sharing, link } = await share('film.mp4');
  const streaming = room.start(['stream', link, '-o', join(room.folder, 'guarded')]);
  const url = await urlOf(streaming);
  const { origin: server, host } = new URL(url);
  const statuses = [
    await ask(server),
    await ask(`${server}/film.mp4`),
    await ask(url, { host: 'evil.example' }),
    await ask(url, { host }, 'POST'),
    await ask(url, { host, origin: 'https://evil.example', range: 'bytes=0-9' }),
  ];
  assert.deepEqual(
    statuses.map(({ status }) => status),
    [404, 404, 403, 405, 206],
  );
  for (const { headers } of statuses) assert.equal(headers['access-control-allow-origin'], undefined);
  for (const each of [streaming, sharing]) each.kill('SIGINT');
  await Promise.all([streaming.ended, sharing.ended]);
});

test('a seek to the end is answered long before a slow seed has sent what is between', async () => {
  const { sharing, link } = await share('film.mp4', '--limit-up', '200k');
  const streaming = room.start(['stream', link, '-o', join(room.folder, 'seek')]);
  const url = await urlOf(streaming);
  await ask(url, { range: 'bytes=0-9' });
  const began = performance.now();
  const last = await ask(url, { range: `bytes=${FILM_BYTES - 1000}-` });
  const seconds = (performance.now() - began) / 1000;
  assert.ok(last.body.equals(film.subarray(-1000)));
  // All of it takes fifteen seconds, a piece a third of one.
  assert.ok(seconds < 5, `${seconds} s`);
  for (const each of [streaming, sharing]) each.kill('SIGINT');
  await Promise.all([streaming.ended, sharing.ended]);
});

test('stream - writes the content in order, and ends with it', async () => {
  const { sharing, link } = await share('film.mp4');
  const { code, stdout, stderr } = await room.run(['stream', link, '-', '-o', join(room.folder, 'stdout')]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout === film.toString(), `${stdout.length} bytes`);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('a file in the middle of a hybrid torrent comes as it is', async () => {
  const { sharing, link } = await share('album', '--version', 'hybrid');
  const { code, stdout, stderr } = await room.run(['stream', link, '-', '--file', '2.ogg', '-o', join(room.folder, 'hybrid')]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout === song, `${stdout.length} bytes`);
  sharing.kill('SIGINT');
  await sharing.ended;
});

test('--player starts a program with the URL of the largest file that can be played, and ends with it', async () => {
  const { sharing, link } = await share('album');
  const script = join(room.folder, 'player.mjs');
  writeFileSync(
    script,
    `import { writeFileSync } from 'node:fs';
const [file, code, url] = process.argv.slice(2);
writeFileSync(file, Buffer.from(await (await fetch(url)).arrayBuffer()));
process.exitCode = Number(code);`,
  );
  const player = `${process.execPath} ${script} ${join(room.folder, 'played')}`;
  const to = join(room.folder, 'played to');
  const played = await room.run(['stream', link, '--json', '-o', to, '--player', `${player} 0`]);
  assert.equal(played.code, 0, played.stdout + played.stderr);
  const original = readFileSync(join(origin, 'album/1 – song & dance.ogg'));
  assert.ok(readFileSync(join(room.folder, 'played')).equals(original));
  assert.ok(readFileSync(join(to, 'album/1 – song & dance.ogg')).equals(original));
  const told = events(played.stdout).filter(({ event }) => event !== 'progress');
  assert.deepEqual(
    told.map(({ event, name, sentBytes, stalls }) => [event, name ?? sentBytes ?? null, stalls ?? null]),
    [
      ['stream', '1 – song & dance.ogg', null],
      ['first-byte', null, null],
      ['done', 300_000, 0],
    ],
  );
  const failed = await room.run(['stream', link, '-o', to, '--file', '2.ogg', '--player', `${player} 7`]);
  assert.equal(failed.code, 1, failed.stderr);
  assert.match(failed.stderr, /ended with code 7/);
  const missing = await room.run(['stream', link, '-o', to, '--player', 'no-such-player']);
  assert.equal(missing.code, 3, missing.stderr);
  sharing.kill('SIGINT');
  await sharing.ended;
});

/** The head of an MP4 that says that it lasts so long. */
function lasting(seconds: number): Buffer {
  const box = (kind: string, body: Buffer): Buffer => {
    const head = Buffer.from(`....${kind}`);
    head.writeUInt32BE(8 + body.length);
    return Buffer.concat([head, body]);
  };
  const mvhd = Buffer.alloc(100);
  mvhd.writeUInt32BE(1000, 12);
  mvhd.writeUInt32BE(seconds * 1000, 16);
  return Buffer.concat([box('ftyp', Buffer.from('isom....isom')), box('moov', box('mvhd', mvhd))]);
}

test('stalls are told when a seed sends half of what is played', async () => {
  const slow = Buffer.concat([lasting(3), randomBytes(1_500_000)]);
  writeFileSync(join(origin, 'slow.mp4'), slow);
  const { sharing, link } = await share('slow.mp4', '--limit-up', '250k');
  const streaming = room.start(['stream', link, '--json', '-o', join(room.folder, 'slow')]);
  const [, url = ''] = await streaming.saying(/"url":"([^"]+)"/);
  assert.ok((await ask(url)).body.equals(slow));
  streaming.kill('SIGINT');
  const told = events((await streaming.ended).stdout);
  const done = told.find(({ event }) => event === 'done');
  assert.equal(done?.bytesPerSecond, Math.round(slow.length / 3));
  // It plays for three seconds, and takes six to come.
  const seconds = Number(done?.stallSeconds);
  assert.ok(Number(done?.stalls) > 3 && seconds > 1.5 && seconds < 6, JSON.stringify(done));
  assert.ok(told.some(({ event }) => event === 'stall'));
  sharing.kill('SIGINT');
  await sharing.ended;
});

const HASH = 'a'.repeat(40);
const REFUSED: readonly (readonly [what: string, code: number, args: readonly string[], words: RegExp])[] = [
  ['two places', 2, [HASH, '-', '--player', 'mpv'], /one place/],
  ['a place that is none', 2, [HASH, 'film.mp4'], /no place to write to/],
  ['JSON beside the content', 2, [HASH, '-', '--json'], /share stdout/],
  ['nobody to ask', 2, [HASH], /nobody to ask/],
];
for (const [what, code, args, words] of REFUSED) {
  test(`stream refuses ${what}`, async () => {
    const refused = await room.run(['stream', ...args]);
    assert.equal(refused.code, code, refused.stdout + refused.stderr);
    assert.match(refused.stdout + refused.stderr, words);
  });
}

test('stream says when there is no such file, or nothing to play, or nobody who has it', async () => {
  const torrent = join(room.folder, 'album.torrent');
  assert.equal((await room.run(['create', join(origin, 'album'), '-o', torrent])).code, 0);
  const nobody = ['--peer', '127.0.0.1:9', '-o', join(room.folder, 'nobody')];
  const [file, played, alone] = await Promise.all([
    room.run(['stream', torrent, '--file', '9', ...nobody]),
    room.run(['stream', torrent, '--file', '1', '--timeout', '2', ...nobody]),
    room.run(['stream', torrent, '--file', 'song.ogg', ...nobody]),
  ]);
  assert.deepEqual([file.code, played.code, alone.code], [2, 5, 2], file.stderr + played.stderr + alone.stderr);
  assert.match(file.stderr, /There is no file 9/);
});
