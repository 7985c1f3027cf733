/** The HTTP client against our server and against servers that do what a script says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContentServer, addScriptedServer, type GetRecord, WebClient, type WebScript } from '../../../test/fixtures/web-world.ts';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { torrentOfFiles } from '../../lab/swarm-world.ts';
import { World } from '../../sim/world.ts';
import { reachOf } from './inside-address.ts';
import { CONNECTIONS_PER_SERVER_MAX, IDLE_MS_MAX } from './http-client.ts';
import { REDIRECTS_MAX, STALL_MS } from './http-get.ts';

const LENGTHS = [100_000, 0, 70_000];

function clientIn(world: World): WebClient {
  const { protocol } = world.addNode((host) => new WebClient(host));
  return protocol;
}

function outcomes(world: World, ...records: GetRecord[]): (string | null)[] {
  world.runUntil(() => records.every(({ outcome }) => outcome !== null), 10 * STALL_MS);
  return records.map(({ outcome }) => outcome);
}

/** One GET of a scripted server named `web.sim`. */
function fetched(script: WebScript, url = 'http://web.sim:6881/file'): GetRecord {
  const world = new World({ seed: 1 });
  addScriptedServer(world, 'web.sim', script);
  const record = clientIn(world).get(url);
  outcomes(world, record);
  return record;
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`files and ranges come whole from our server, over one connection (${mode} mode)`, () => {
    const world = new World({ seed: 1, mode });
    const server = addContentServer(world, 'web.sim', torrentOfFiles(LENGTHS, 16_384));
    const client = clientIn(world);
    const rows: readonly (readonly [path: string, range: string, status: number, bytes: number])[] = [
      ['content/0', '', 200, 100_000],
      ['content/1', '', 200, 0],
      ['content/2', 'bytes=10-69', 206, 60],
      ['content/2', 'bytes=-5000', 206, 5000],
      ['content/0', 'bytes=30000-', 206, 70_000],
      ['content/2', 'bytes=70000-', 416, 0],
      ['content/3', '', 404, 0],
      ['content/../content/0', '', 404, 0],
    ];
    for (const [path, range, status, bytes] of rows) {
      const record = client.get(`http://web.sim:6881/${path}`, range === '' ? {} : { range });
      assert.deepEqual(outcomes(world, record), ['done']);
      assert.deepEqual([record.head?.status, record.bodyBytes], [status, bytes], `${path} ${range}`);
    }
    assert.equal(server.protocol.requests, rows.length);
    assert.deepEqual([server.protocol.sentBytes, client.client.connectionCount], [175_060, 1]);
    world.runFor(IDLE_MS_MAX + 2000);
    assert.equal(client.client.connectionCount, 0);
  });
}

test('a few connections at a time go to one server, and the requests beyond wait in line', () => {
  const world = new World({ seed: 1 });
  const server = addScriptedServer(world, 'web.sim', (connection, request) => connection.serve(request, 1_000_000));
  const client = clientIn(world);
  const records = Array.from({ length: 20 }, () => client.get('http://web.sim:6881/file'));
  assert.deepEqual(new Set(outcomes(world, ...records)), new Set(['done']));
  assert.equal(server.protocol.openMax, CONNECTIONS_PER_SERVER_MAX);
});

test('redirects are followed, relative and absolute, but not for ever and not to where there is no http', () => {
  const script: WebScript = (connection, request) => {
    const to = { '/file': 'next?x=1', '/next?x=1': 'http://web.sim:6881/end', '/circle': '/circle', '/out': 'ftp://web.sim/' }[
      request.target
    ];
    if (to === undefined) connection.serve(request, 10);
    else connection.answer(302, { location: to, 'content-length': 0 });
  };
  const found = fetched(script);
  assert.deepEqual([found.outcome, found.bodyBytes, found.head?.status], ['done', 10, 200]);
  assert.equal(fetched(script, 'http://web.sim:6881/circle').outcome, `expected at most ${REDIRECTS_MAX} redirects`);
  assert.match(fetched(script, 'http://web.sim:6881/out').outcome as string, /redirect to an http or https URL, got ftp/);
});

test('a redirect whose body never ends is not waited for', () => {
  const record = fetched((connection, request) => {
    if (request.target === '/end') connection.serve(request, 10);
    else connection.answer(301, { location: '/end', 'transfer-encoding': 'chunked' });
  });
  assert.deepEqual([record.outcome, record.bodyBytes], ['done', 10]);
});

test('a server elsewhere leads nobody to this machine, as one in the world outside leads nobody to its network', () => {
  const rows: Readonly<Record<string, string>> = {
    '8.8.8.8': 'world',
    '2001:db8::1': 'world',
    '172.32.0.1': 'world',
    '10.1.2.3': 'network',
    '172.16.0.1': 'network',
    '192.168.1.1': 'network',
    '169.254.1.1': 'network',
    'fd00::1': 'network',
    'fe80::1': 'network',
    '::ffff:192.168.0.1': 'network',
    '127.8.8.8': 'machine',
    '0.0.0.0': 'machine',
    '::1': 'machine',
    '::': 'machine',
    '::ffff:127.0.0.1': 'machine',
  };
  for (const [ip, reach] of Object.entries(rows)) assert.equal(reachOf(endpointOf(ip, 80) as Endpoint), reach, ip);
  for (const inside of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]']) {
    const record = fetched(
      (connection) => connection.answer(302, { location: `http://${inside}/setup?reboot=1`, 'content-length': 0 }),
      'http://web.sim:6881/',
    );
    assert.match(record.outcome as string, /^led from outside to .*, which is inside$/);
  }
});

test('no link makes us ask a server inside a question: only the one of BEP 17 is let through', () => {
  const asked = (url: string) => fetched((connection, request) => connection.serve(request, 10), `http://web.sim:6881/${url}`).outcome;
  assert.match(asked('router?reboot=1') as string, /^expected a plain path at a server inside, got a query: web\.sim/);
  for (const odd of ['a?b=1&info_hash=', 'a?info_hash=x&piece=1&reboot=1']) assert.match(asked(odd) as string, /got a query/);
  assert.deepEqual([asked('file'), asked('seed.php?info_hash=x&piece=1')], ['done', 'done']);
});

test('bodies in chunks, up to the end of the stream and of failures all come to their end', () => {
  const chunked = fetched((connection) => {
    connection.answer(200, { 'transfer-encoding': 'chunked' });
    connection.say('5\r\n');
    connection.body(5);
    connection.say('\r\n0\r\n\r\n');
  });
  assert.deepEqual([chunked.outcome, chunked.bodyBytes], ['done', 5]);
  const untilEnd = fetched((connection) => {
    connection.say('HTTP/1.0 200 OK\r\n\r\n');
    connection.body(7);
    connection.stream?.end();
  });
  assert.deepEqual([untilEnd.outcome, untilEnd.bodyBytes], ['done', 7]);
  const busy = fetched((connection) => connection.say('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 3\r\n\r\n120'));
  assert.deepEqual([busy.outcome, busy.head?.status, busy.head?.body.length], ['done', 503, 3]);
});

test('a connection that the server closed while it was idle costs no request', () => {
  const world = new World({ seed: 1 });
  const server = addScriptedServer(world, 'web.sim', (connection, request, count) => {
    if (count === 2) connection.stream?.reset();
    else connection.serve(request, 10);
  });
  const client = clientIn(world);
  const first = client.get('http://web.sim:6881/file');
  outcomes(world, first);
  const second = client.get('http://web.sim:6881/file');
  assert.deepEqual(outcomes(world, second), ['done']);
  assert.equal(server.protocol.connections, 2);
});

test('silence, a trickle, an early end and what is no HTTP fail in time, each with its reason', () => {
  assert.equal(fetched(() => {}).outcome, `stalled for ${STALL_MS / 1000} s`);
  assert.equal(
    fetched((connection) => connection.answer(200, { 'content-length': 1e9 }, 1000)).outcome,
    `stalled for ${STALL_MS / 1000} s`,
  );
  const early = fetched((connection) => {
    connection.answer(200, { 'content-length': 100 }, 50);
    connection.stream?.end();
  });
  assert.deepEqual([early.outcome, early.bodyBytes], ['closed in the middle of the answer', 50]);
  assert.match(fetched((connection) => connection.say('SSH-2.0-OpenSSH_9.2\r\n\r\n')).outcome as string, /a status line of HTTP/);
  assert.equal(fetched(() => {}, 'http://nowhere.sim/file').outcome, 'nowhere.sim is not known');
  assert.match(
    fetched((connection) => connection.say('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
      .outcome as string,
    /done/,
  );
});

test('a client that has stopped leaves no connection, and a cancelled GET says nothing more', () => {
  const world = new World({ seed: 1 });
  const server = addScriptedServer(world, 'web.sim', (connection, request) => connection.serve(request, 50_000_000));
  const client = clientIn(world);
  const [cancelled, cut] = [client.get('http://web.sim:6881/a'), client.get('http://web.sim:6881/b')];
  world.runUntil(() => cancelled.bodyBytes > 0 && cut.bodyBytes > 0, 10_000);
  const got = cancelled.bodyBytes;
  client.act(() => cancelled.get?.cancel());
  client.act(() => client.stop());
  world.runFor(60_000);
  assert.deepEqual([cancelled.outcome, cut.outcome, server.protocol.open], [null, null, 0]);
  assert.ok(cancelled.bodyBytes < got + 10_000_000);
});
