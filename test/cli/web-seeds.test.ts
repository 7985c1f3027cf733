/** Web seeds as a person meets them: links and .torrent files whose only source is a web server, and `kith share --http`. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { events, Room } from './kith-process.ts';

const ANY_PORTS = ['--port', '0', '--tracker-port', '0', '--http-port', '0'];
const TLS = new URL('../fixtures/tls/', import.meta.url);
const FILM_BYTES = 20 << 20;

const room = new Room();
after(() => room.close());

const origin = join(room.folder, 'origin');
mkdirSync(join(origin, 'album/disc #1'), { recursive: true });
const film = join(origin, 'film.bin');
writeFileSync(film, randomBytes(FILM_BYTES));
writeFileSync(join(origin, 'album/disc #1/100% größe.ogg'), randomBytes(700_000));
writeFileSync(join(origin, 'album/cover.jpg'), randomBytes(70_001));

/** A plain file server on `origin`, with ranges; what it was asked is in `requests`. */
function plainServer(requests: string[], limitBytes = Number.POSITIVE_INFINITY): RequestListener {
  return (request: IncomingMessage, response: ServerResponse) => {
    const path = decodeURIComponent(request.url ?? '');
    requests.push(`${path} ${request.headers.range ?? ''}`.trim());
    const file = join(origin, path);
    const total = statSync(file).size;
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const [begin, end] = match === null ? [0, total] : [Number(match[1]), Number(match[2]) + 1];
    const headers = { 'content-length': end - begin, ...(match !== null && { 'content-range': `bytes ${begin}-${end - 1}/${total}` }) };
    response.writeHead(match === null ? 200 : 206, headers);
    const bytes = readFileSync(file).subarray(begin, Math.min(end, begin + limitBytes));
    if (bytes.length === end - begin) response.end(bytes);
    else response.write(bytes);
  };
}

async function listening(t: TestContext, server: Server & { closeAllConnections(): void }): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function torrentOf(path: string, webSeed: string): Promise<string> {
  const file = join(room.folder, `${randomBytes(6).toString('hex')}.torrent`);
  const made = await room.run(['create', path, '--web-seed', webSeed, '--piece-size', '64KiB', '-o', file]);
  assert.equal(made.code, 0, made.stderr);
  return file;
}

test('get fetches a file and a folder whose only source is a plain web server', async (t) => {
  const requests: string[] = [];
  const port = await listening(t, createServer(plainServer(requests)));
  for (const name of ['film.bin', 'album']) {
    const torrent = await torrentOf(join(origin, name), `http://127.0.0.1:${port}/`);
    const got = await room.run(['get', torrent, '-o', join(room.folder, 'plain')]);
    assert.deepEqual([got.code, got.stdout], [0, `${join(room.folder, 'plain', name)}\n`], got.stderr);
  }
  for (const file of ['film.bin', 'album/cover.jpg', 'album/disc #1/100% größe.ogg']) {
    assert.ok(readFileSync(join(room.folder, 'plain', file)).equals(readFileSync(join(origin, file))), file);
  }
  assert.ok(requests.length <= 10, requests.join('\n'));
});

test('get follows a redirect to https, where the certificate is checked', async (t) => {
  const secure = createSecureServer(
    { cert: readFileSync(new URL('certificate.pem', TLS)), key: readFileSync(new URL('key.pem', TLS)) },
    plainServer([]),
  );
  const securePort = await listening(t, secure);
  const port = await listening(
    t,
    createServer((request, response) => response.writeHead(302, { location: `https://localhost:${securePort}${request.url}` }).end()),
  );
  const torrent = await torrentOf(film, `http://127.0.0.1:${port}/film.bin`);
  const refused = await room.run(['get', torrent, '-o', join(room.folder, 'untrusted'), '--timeout', '3']);
  assert.equal(refused.code, 5, refused.stderr);
  assert.match(refused.stderr, /DEPTH_ZERO_SELF_SIGNED_CERT/);
  const trusting = { NODE_EXTRA_CA_CERTS: new URL('certificate.pem', TLS).pathname };
  const got = await room.run(['get', torrent, '-o', join(room.folder, 'secure')], trusting);
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(room.folder, 'secure/film.bin')).equals(readFileSync(film)));
});

test('get goes on where kill -9 stopped it, and asks the server for no verified piece twice', async (t) => {
  const requests: string[] = [];
  let limitBytes = 5 << 20;
  const port = await listening(
    t,
    createServer((request, response) => plainServer(requests, limitBytes)(request, response)),
  );
  const torrent = await torrentOf(film, `http://127.0.0.1:${port}/`);
  const to = join(room.folder, 'killed');
  const first = room.start(['get', '--json', torrent, '-o', to]);
  await first.saying(/"haveBytes":[1-9]\d{6,}/);
  first.kill('SIGKILL');
  await first.ended;
  const already = Number(/"haveBytes":(\d+)(?!.*"haveBytes")/s.exec(first.stdout)?.[1]);
  limitBytes = Number.POSITIVE_INFINITY;
  const second = await room.run(['get', '--json', torrent, '-o', to]);
  assert.equal(second.code, 0, second.stdout);
  assert.ok(readFileSync(join(to, 'film.bin')).equals(readFileSync(film)));
  const taken = Number(events(second.stdout).at(-1)?.downloadedBytes);
  assert.ok(taken <= FILM_BYTES - already, `${taken} bytes came for the ${FILM_BYTES - already} that were missing`);
});

test('share --http makes a web server that the link names, and a magnet link alone gets all from it', async () => {
  const sharing = room.start(['share', join(origin, 'album'), '--http', ...ANY_PORTS, '--json']);
  const [, link = ''] = await sharing.saying(/"link":"(magnet:[^"]+)"/);
  const webSeed = /[?&]ws=(http:[^&]+)/.exec(link)?.[1] ?? '';
  assert.match(webSeed, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  const page = await (await fetch(webSeed)).text();
  for (const [, href = ''] of page.matchAll(/href="([^"]+)"/g)) {
    const body = Buffer.from(await (await fetch(new URL(href, webSeed))).arrayBuffer());
    assert.ok(body.equals(readFileSync(join(origin, decodeURIComponent(href)))), href);
  }
  const got = await room.run(['get', '--json', link, '-o', join(room.folder, 'linked')]);
  assert.equal(got.code, 0, got.stderr);
  assert.ok(readFileSync(join(room.folder, 'linked/album/cover.jpg')).equals(readFileSync(join(origin, 'album/cover.jpg'))));
  sharing.kill('SIGINT');
  assert.equal((await sharing.ended).code, 130);
});

test('share --web-seed and create --web-seed end up in links and files, and inspect shows them', async () => {
  const torrent = join(room.folder, 'shared.torrent');
  const sharing = room.start(['share', film, '--web-seed', 'https://mirror.example/pub/', '--torrent', torrent, ...ANY_PORTS]);
  assert.match(await sharing.link(), /[?&]ws=https:\/\/mirror\.example\/pub\/(&|$)/);
  sharing.kill('SIGINT');
  await sharing.ended;
  const shown = await room.run(['inspect', torrent, '--json']);
  assert.deepEqual((JSON.parse(shown.stdout) as { webSeeds: string[] }).webSeeds, ['https://mirror.example/pub/']);
  const wrong = await room.run(['create', film, '--web-seed', 'ftp://mirror.example/', '-o', join(room.folder, 'ftp.torrent')]);
  assert.equal(wrong.code, 2, wrong.stderr);
});

test('a web server that has something else is named with its reason when nothing comes', async (t) => {
  const port = await listening(
    t,
    createServer((_request, response) => response.end('this is not the film')),
  );
  const torrent = await torrentOf(film, `http://127.0.0.1:${port}/`);
  const got = await room.run(['get', torrent, '-o', join(room.folder, 'other'), '--timeout', '3']);
  assert.equal(got.code, 5, got.stderr);
  assert.match(got.stderr, /has 20 bytes where 20971520 are expected/);
});
