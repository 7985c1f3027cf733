/** The content server against clients that mean it ill, and against what RFC 9110 says of conditions and methods. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addRawClient, type RawWebClient } from '../../../test/fixtures/raw-web-client.ts';
import { WebClient, addContentServer } from '../../../test/fixtures/web-world.ts';
import { hexOf } from '../../core/hex.ts';
import type { Host } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import { torrentOfFiles } from '../../lab/swarm-world.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { GENUINE, SimBody } from '../../sim/sim-body.ts';
import { World } from '../../sim/world.ts';
import { RateLimiter } from '../bittorrent/rate-limiter.ts';
import { ContentServer } from './content-server.ts';
import type { ServedFile } from './served-file.ts';

const FILES = torrentOfFiles([2_000_000, 1000], 16_384);

interface Scene {
  readonly world: World;
  readonly server: SimNode<ContentServer>;
  say(words: string, reads?: boolean): RawWebClient;
}

function scene(): Scene {
  const world = new World({ seed: 1 });
  const server = addContentServer(world, 'web.sim', FILES);
  const say = (words: string, reads = true) => addRawClient(world, server, words, reads);
  return { world, server, say };
}

const GET = 'GET /content/0 HTTP/1.1\r\nHost: web.sim\r\n\r\n';

test('who says its request letter by letter, or nothing at all, is let go after half a minute', () => {
  const { world, say } = scene();
  const [mute, slow] = [say(''), say('GET /cont')];
  world.runFor(29_000);
  assert.deepEqual([mute.closed, slow.closed], [null, null]);
  world.runFor(3000);
  assert.deepEqual([mute.closed, slow.closed], ['reset', 'reset']);
});

test('who asks a thousand times and reads nothing costs one answer, and not for long', () => {
  const { world, server, say } = scene();
  const greedy = say(GET.repeat(1000), false);
  world.runFor(10_000);
  assert.equal(server.protocol.requests, 1);
  assert.ok(server.protocol.sentBytes < 2_000_000, `${server.protocol.sentBytes} bytes`);
  world.runFor(62_000);
  assert.notEqual(greedy.closed, null);
});

test('a head that is too long or no HTTP ends its connection alone', () => {
  const { world, say } = scene();
  const [long, none, good] = [say(`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`), say('\x13BitTorrent protocol\r\n\r\n'), say(GET)];
  world.runFor(5000);
  assert.deepEqual([long.closed, none.closed, good.bodyBytes], ['reset', 'reset', 2_000_000]);
});

test('more connections than there may be push out the one that was idle for longest', () => {
  const { world, say } = scene();
  const first = say('');
  world.runFor(100);
  const others = Array.from({ length: 100 }, () => say(''));
  world.runFor(1000);
  assert.equal(first.closed, 'reset');
  assert.equal(others.filter(({ closed }) => closed === null).length, 100);
});

test('pipelined requests are answered in order, and a client that half-closes gets its answer', () => {
  const { world, say } = scene();
  const client = say(`${GET}GET /content/1 HTTP/1.1\r\nConnection: close\r\n\r\n`);
  world.runFor(50);
  client.end();
  world.runFor(5000);
  assert.deepEqual(
    client.heads.map(({ headers }) => headers.get('content-length')),
    ['2000000', '1000'],
  );
  assert.deepEqual([client.bodyBytes, client.closed], [2_001_000, 'ended']);
});

test('only GET and HEAD are served, and HEAD says what GET would bring', () => {
  const { world, say } = scene();
  const [put, head] = [
    say('PUT /content/0 HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi'),
    say('HEAD /content/1 HTTP/1.1\r\nConnection: close\r\n\r\n'),
  ];
  world.runFor(1000);
  assert.deepEqual([put.heads[0]?.status, put.heads[0]?.headers.get('allow')], [405, 'GET, HEAD']);
  assert.deepEqual([head.heads[0]?.status, head.heads[0]?.headers.get('content-length'), head.bodyBytes], [200, '1000', 0]);
});

test('conditions are kept: what is known is not sent again, and a range of another version is not given (RFC 9110 §13)', () => {
  const world = new World({ seed: 1 });
  addContentServer(world, 'web.sim', FILES);
  const client = world.addNode((host) => new WebClient(host)).protocol;
  const url = 'http://web.sim:6881/content/1';
  const etag = `"${hexOf(FILES.infoHash)}-1"`;
  const same = client.get(url, { 'if-none-match': etag });
  const current = client.get(url, { range: 'bytes=0-9', 'if-range': etag });
  const old = client.get(url, { range: 'bytes=0-9', 'if-range': '"old"' });
  world.runFor(1000);
  assert.deepEqual([same.head?.status, current.head?.status, old.head?.status], [304, 206, 200]);
  assert.deepEqual([same.bodyBytes, current.bodyBytes, old.bodyBytes], [0, 10, 1000]);
});

test('the upload budget holds over all clients', () => {
  const world = new World({ seed: 1 });
  const { files, totalBytes, pieceBytes, pieceHashes } = FILES;
  const spec = {
    location: 'web',
    files,
    totalBytes,
    pieceBytes,
    pieceHashes,
    pieceRoots: null,
    key: 'k',
    writable: false,
    recheck: 'trust',
  } as const;
  const make = (host: Host) => {
    const made = new ContentServer(host, { connectionsMax: 10, budget: new RateLimiter(100_000, null) });
    made.add(spec);
    return made;
  };
  const server = world.addNode(make, { stores: { k: 'full' } });
  world.name('web.sim', server);
  const client = world.addNode((host) => new WebClient(host)).protocol;
  const records = [0, 1, 2].map(() => client.get('http://web.sim:6881/content/0'));
  world.runFor(10_000);
  const got = records.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0);
  assert.ok(got > 900_000 && got < 1_100_000, `${got} bytes in ten seconds`);
  assert.ok(Math.min(...records.map(({ bodyBytes }) => bodyBytes)) > 200_000);
});

test('content that is not all there is asked for later, and none that was never added is known', () => {
  const world = new World({ seed: 1 });
  const { files, totalBytes, pieceBytes, pieceHashes } = FILES;
  const spec = {
    location: 'web',
    files,
    totalBytes,
    pieceBytes,
    pieceHashes,
    pieceRoots: null,
    key: 'k',
    writable: false,
    recheck: 'trust',
  } as const;
  const make = (host: Host) => {
    const made = new ContentServer(host, { connectionsMax: 10, budget: null });
    made.add(spec);
    return made;
  };
  world.name('web.sim', world.addNode(make));
  const client = world.addNode((host) => new WebClient(host)).protocol;
  const [missing, unknown] = [client.get('http://web.sim:6881/content/0'), client.get('http://web.sim:6881/other')];
  world.runFor(1000);
  assert.deepEqual([missing.head?.status, missing.head?.headers.get('retry-after'), unknown.head?.status], [503, '10', 404]);
});

/** A file whose bytes come when it is told so. */
class LateFile implements ServedFile {
  readonly path = ['token', 'film.mkv'];
  readonly length = 100_000;
  readonly etag = '"film"';
  readonly mediaType = 'video/x-matroska';
  readonly asked: number[] = [];
  readings = 0;
  private operation: ReadingOperation | null = null;

  has(): boolean {
    return true;
  }
  open(begin: number, end: number, operation: ReadingOperation): Reading {
    this.readings++;
    this.operation = operation;
    let left = end - begin;
    const read = (bytesMax: number): number => {
      const bytes = Math.min(bytesMax, left);
      left -= bytes;
      if (bytes > 0) this.asked.push(bytes);
      return bytes;
    };
    return { read, close: () => void this.readings-- };
  }
  bring(): void {
    const bytes = this.asked.shift();
    if (bytes !== undefined) this.operation?.onReading(new SimBody(bytes, GENUINE));
  }
}

function privateScene(): Scene & { readonly file: LateFile } {
  const world = new World({ seed: 1 });
  const file = new LateFile();
  const server = world.addNode((host) => {
    const made = new ContentServer(host, { connectionsMax: 10, budget: null, access: { hosts: ['127.0.0.1:80'] } });
    made.addFile(file);
    return made;
  });
  const say = (words: string, reads = true) => addRawClient(world, server, words, reads);
  return { world, server, say, file };
}

const PRIVATE_GET = 'GET /token/film.mkv HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n';

test('what is for one person is listed nowhere, shown on no page, and given to nobody who came here by another name', () => {
  const { world, say } = privateScene();
  const requests = [
    PRIVATE_GET,
    PRIVATE_GET.replace('127.0.0.1:80', 'evil.example'),
    PRIVATE_GET.replace('Host: 127.0.0.1:80\r\n', ''),
    PRIVATE_GET.replace('/token/film.mkv', '/'),
    PRIVATE_GET.replace('token', 'guess'),
  ];
  const clients = requests.map((words) => say(words));
  world.runFor(1000);
  assert.deepEqual(
    clients.map(({ heads }) => heads[0]?.status),
    [200, 403, 403, 404, 404],
  );
  const headers = clients[0]?.heads[0]?.headers;
  assert.equal(headers?.get('cross-origin-resource-policy'), 'same-origin');
  assert.equal(headers?.get('access-control-allow-origin'), undefined);
  assert.equal(headers?.get('content-type'), 'video/x-matroska');
});

test('a player that waits for bytes for minutes is kept, and gets them when they come', () => {
  const { world, say, file } = privateScene();
  const client = say(PRIVATE_GET);
  world.runFor(300_000);
  assert.deepEqual([client.heads.length, client.closed, file.readings], [1, null, 1]);
  for (let count = 0; count < 4; count++) world.at(world.now, () => file.bring());
  world.runFor(1000);
  assert.deepEqual([client.bodyBytes, file.readings], [100_000, 0]);
});

test('a player that closes its end, or goes away, is read for no longer', () => {
  const { world, say, file } = privateScene();
  const [ends, resets] = [say(PRIVATE_GET), say(PRIVATE_GET)];
  world.runFor(1000);
  assert.equal(file.readings, 2);
  ends.end();
  resets.hangUp();
  world.runFor(1000);
  assert.equal(file.readings, 0);
});
