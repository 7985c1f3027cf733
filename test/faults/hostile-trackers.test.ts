/** Trackers that answer with nonsense, too much, too late or in circles: `kith get` goes on with the others, in little memory. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type KithProcess, Room } from '../cli/kith-process.ts';
import { PEAK_MB_MAX, PeakMemory } from './peak-memory.ts';

const room = new Room();
const content = randomBytes(2_000_000);
const chunk = new Uint8Array(1 << 20).fill(0x64);
const udp = createSocket('udp4');
let sharing: KithProcess;
let hash = '';
let goodTrackers: string[] = [];
let base = '';
const asked = new Map<string, number>();

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'a gigabyte': (response) => pour(response, '200 OK\r\ncontent-length: 1073741824\r\n\r\n', 1 << 10),
  'without end': (response) => pour(response, '200 OK\r\n\r\n'),
  'a header without end': (response) => pour(response, '200 OK\r\nx: '),
  circles: (response) => response.writeHead(302, { location: `${base}/circles` }).end(),
  'a redirect with a body without end': (response) => pour(response, `302 Found\r\nlocation: ${base}/nonsense\r\n\r\n`),
  'a redirect to a file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  nonsense: (response) => response.writeHead(200).end(randomBytes(10_000)),
  'a web page': (response) => response.writeHead(200).end('<!doctype html>'),
  'deep nesting': (response) => response.writeHead(200).end(chunk.map(() => 0x6c)),
  'a million peers that are nobody': (response) => {
    const peers = randomBytes(6 * 40_000);
    for (let at = 0; at < peers.length; at += 6) peers.set([127, 9], at);
    response.writeHead(200).end(Buffer.concat([Buffer.from(`d8:intervali0e5:peers${peers.length}:`), peers, Buffer.from('e')]));
  },
  'an answer that is slow': (response) => {
    response.writeHead(200);
    const drip = setInterval(() => response.write('d'), 200);
    response.on('close', () => clearInterval(drip));
  },
  silence: () => undefined,
  'a hang-up': (response) => response.socket?.destroy(),
};

const server = createServer((request, response) => {
  const name = decodeURIComponent((request.url ?? '').split('?')[0] as string).slice(1);
  asked.set(name, (asked.get(name) ?? 0) + 1);
  ANSWERS[name]?.(response);
});

/** Writes the head, and then as many megabytes as are taken, one at a time. */
function pour(response: ServerResponse, head: string, chunks = Number.POSITIVE_INFINITY): void {
  const { socket } = response;
  let left = chunks;
  const more = (error?: Error | null): void => {
    const gone = error !== undefined && error !== null;
    if (!gone && left-- > 0) socket?.write(chunk, more);
  };
  socket?.on('error', () => undefined);
  socket?.write(`HTTP/1.1 ${head}`, more);
}

before(async () => {
  mkdirSync(join(room.folder, 'origin'));
  writeFileSync(join(room.folder, 'origin/content'), content);
  sharing = room.start(['share', join(room.folder, 'origin/content'), '--port', '0', '--tracker-port', '0']);
  const link = new URL(await sharing.link());
  hash = link.searchParams.get('xt')?.slice('urn:btih:'.length) as string;
  goodTrackers = link.searchParams.getAll('tr');
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  udp.on('message', (_bytes, from) => {
    for (let count = 0; count < 50; count++) udp.send(randomBytes(count * 20), from.port, from.address);
  });
  await new Promise<void>((ready) => udp.bind(0, '127.0.0.1', ready));
});
after(async () => {
  server.closeAllConnections();
  server.close();
  udp.close();
  await room.close();
});

test('a download goes on whatever a tracker beside the right one answers, and each was asked', async () => {
  const bad = [...Object.keys(ANSWERS).map((name) => `${base}/${encodeURIComponent(name)}`), `udp://127.0.0.1:${udp.address().port}`];
  const to = join(room.folder, 'all at once');
  const peak = new PeakMemory(room.folder, 'get');
  const getting = room.start(
    ['get', hash, '-o', to, ...[...bad, goodTrackers[0] as string].flatMap((url) => ['--tracker', url])],
    peak.environment,
  );
  const { code, stderr } = await getting.ended;
  assert.equal(code, 0, stderr);
  assert.ok(readFileSync(join(to, 'content')).equals(content));
  for (const name of Object.keys(ANSWERS)) assert.ok((asked.get(name) ?? 0) > 0, `${name} was not asked`);
  const megabytes = peak.take();
  assert.ok(megabytes < PEAK_MB_MAX, `took ${megabytes} MB`);
});

/** What is said of a tracker that has answered at all. */
const WORDS: Readonly<Record<string, RegExp>> = {
  'a gigabyte': /at most 1048576 bytes, got more/,
  'without end': /at most 1048576 bytes, got more/,
  'a header without end': /HPE_HEADER_OVERFLOW/,
  circles: /at most 5 redirects/,
  'a redirect with a body without end': /no tracker reply/,
  'a redirect to a file': /expected an http or https URL/,
  nonsense: /no tracker reply/,
  'a web page': /no tracker reply: <!doctype html>/,
  'deep nesting': /no tracker reply/,
  'a hang-up': /ECONNRESET/,
};

test('a tracker alone that misbehaves is exit code 5 with its fault named, in time and in little memory', async () => {
  const work = Object.keys(ANSWERS).map((name, index) => async (): Promise<void> => {
    const peak = new PeakMemory(room.folder, `alone ${index}`);
    const url = `${base}/${encodeURIComponent(name)}`;
    const from = performance.now();
    const args = ['get', hash, '--tracker', url, '-o', join(room.folder, 'nothing'), '--timeout', '2'];
    const { code, stdout, stderr } = await room.run(args, peak.environment);
    const seconds = (performance.now() - from) / 1000;
    assert.deepEqual([code, stdout], [5, ''], `${name}: ${stderr}`);
    assert.match(stderr, WORDS[name] ?? /no peer could be reached/, name);
    const megabytes = peak.take();
    assert.ok(megabytes < PEAK_MB_MAX, `${name}: took ${megabytes} MB`);
    assert.ok(seconds < 15, `${name}: took ${seconds} s`);
  });
  const worker = async (): Promise<void> => {
    for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
  };
  // Each is mostly waiting.
  await Promise.all(Array.from({ length: 7 }, worker));
});
