import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framingLaws } from '../../test/codec-laws.ts';
import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { primed } from '../core/primed.ts';
import { connectHead, type Greeting, greetings, replyHead } from './gnutella-handshake.ts';
import { HEAD_BYTES_MAX } from './greeting-head.ts';
import { httpRequests } from './http.ts';

function read(bytes: Uint8Array, open: () => boolean = () => true): Greeting[] {
  const got: Greeting[] = [];
  const sink = {
    get open(): boolean {
      return open();
    },
    onMessage: (greeting: Greeting): void => void got.push(greeting),
    onBulk(): void {},
  };
  greetings.deframer().push(bytes, 0, bytes.length, sink);
  return got;
}

/** What gtk-gnutella 1.2.3 said as a leaf. */
const GTKG = latin1Bytes(
  'GNUTELLA CONNECT/0.6\r\nListen-IP: 127.0.0.80:6349\r\nRemote-IP: 127.0.0.81\r\nUser-Agent: gtk-gnutella/1.2.3\r\nBye-Packet: 0.1\r\n' +
    'Accept: application/x-gnutella2\r\nX-Hub: False\r\nX-Hub-Needed: True\r\n\r\n',
);

const STREAM = concatBytes([
  GTKG,
  replyHead(503, 'Full', [['X-Try-Hubs', '1.2.3.4:6346 2024-01-01T00:00Z']]).bytes,
  latin1Bytes('GNUTELLA/0.6 200 OK\nX-Hub: False\nX-Hub: True\n\n'),
]);
framingLaws(greetings, STREAM, { carryBytesMax: HEAD_BYTES_MAX + 1 });

test('a greeting of gtk-gnutella, an answer, and one with bare line feeds', () => {
  const [connect, reply, bare] = read(STREAM);
  assert.deepEqual(connect?.kind === 'connect' && [...connect.headers], [
    ['listen-ip', '127.0.0.80:6349'],
    ['remote-ip', '127.0.0.81'],
    ['user-agent', 'gtk-gnutella/1.2.3'],
    ['bye-packet', '0.1'],
    ['accept', 'application/x-gnutella2'],
    ['x-hub', 'False'],
    ['x-hub-needed', 'True'],
  ]);
  assert.deepEqual(connect?.kind === 'connect' && connect.bytes, GTKG);
  assert.deepEqual(reply?.kind === 'reply' && [reply.status, reply.reason], [503, 'Full']);
  assert.equal(bare?.kind === 'reply' && bare.headers.get('x-hub'), 'False, True');
});

test('a head without end, of too many headers or of an older version is told', () => {
  assert.throws(() => read(latin1Bytes(`GNUTELLA CONNECT/0.6\r\nA: ${'x'.repeat(HEAD_BYTES_MAX)}`)), MalformedMessage);
  assert.throws(() => read(latin1Bytes(`GNUTELLA CONNECT/0.6\r\n${'A: b\r\n'.repeat(65)}\r\n`)), /at most 64 headers/);
  assert.throws(() => read(latin1Bytes('GNUTELLA CONNECT/0.4\n\n')), /0\.6 or later/);
  assert.equal(latin1(connectHead([['A', 'b\r\nEvil: c']]).bytes), 'GNUTELLA CONNECT/0.6\r\nA: b  Evil: c\r\n\r\n');
});

test('other protocols are told by their first different byte, and read on by their own framing', () => {
  const bytes = latin1Bytes('GET / HTTP/1.1\r\n\r\n');
  let isOpen = true;
  const got: Greeting[] = [];
  const sink = {
    get open(): boolean {
      return isOpen;
    },
    onMessage(greeting: Greeting): void {
      got.push(greeting);
      isOpen = false;
    },
    onBulk(): void {},
  };
  const used = greetings.deframer().push(bytes, 0, bytes.length, sink);
  assert.deepEqual(got, [{ kind: 'other', bytes: latin1Bytes('GE') }]);
  const targets: string[] = [];
  const http = {
    open: true,
    onMessage: (request: { target?: string }): void => void targets.push(request.target ?? ''),
    onBulk(): void {},
  };
  primed(httpRequests, latin1Bytes('GE')).deframer().push(bytes, used, bytes.length, http);
  assert.deepEqual(targets, ['/']);
});
