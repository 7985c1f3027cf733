/** HTTP framing against RFC 9112: heads, lengths, chunks, pipelining, bounds, and the laws of codecs and framings. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws, framingLaws } from '../../test/codec-laws.ts';
import { latin1, latin1Bytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { Deframer } from '../core/framing.ts';
import type { Body } from '../core/host.ts';
import type { Random } from '../core/random.ts';
import { httpBulkResponses, httpRequest, httpRequests, httpResponse, httpResponses } from './http.ts';
import { HTTP_BODY_BYTES_MAX, HTTP_HEAD_BYTES_MAX, type HttpRequest, type HttpResponse, httpKeepsAlive } from './http-head.ts';

const GET = 'GET /announce?info_hash=%aa HTTP/1.1\r\nHost: a\r\nAccept: x\r\n\r\n';
const POST = 'POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;note=1\r\n world\r\n0\r\nTrailer: 1\r\n\r\n';
const PLAIN = 'HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nX: 1\r\nx: 2\r\n\r\nhello';
const EMPTY = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n';
const NOTE = 'HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n30';

codecLaws(httpRequest, randomRequest, { seeds: [hex(GET), hex(POST)] });
codecLaws(httpResponse, randomResponse, { seeds: [hex(CHUNKED), hex(PLAIN)] });
const carryBytesMax = HTTP_HEAD_BYTES_MAX + 1 + HTTP_BODY_BYTES_MAX;
framingLaws(httpRequests, latin1Bytes(GET + POST + GET), { carryBytesMax });
framingLaws(httpResponses, latin1Bytes(PLAIN + CHUNKED + EMPTY + PLAIN), { carryBytesMax });
framingLaws(httpBulkResponses, latin1Bytes(PLAIN + CHUNKED + EMPTY + NOTE + PLAIN), { carryBytesMax: HTTP_HEAD_BYTES_MAX + 1 });

test('pipelined requests come one by one, with their bodies', () => {
  const requests = reports(httpRequests.deframer(), GET + POST + GET) as HttpRequest[];
  assert.deepEqual(
    requests.map((request) => [request.method, request.target, latin1(request.body)]),
    [
      ['GET', '/announce?info_hash=%aa', ''],
      ['POST', '/x', 'hello'],
      ['GET', '/announce?info_hash=%aa', ''],
    ],
  );
  assert.equal(requests[0]?.headers.get('host'), 'a');
});

test('a chunked body that is gathered gets a length, and headers of one name are joined', () => {
  const [chunked, plain] = reports(httpResponses.deframer(), CHUNKED + PLAIN) as HttpResponse[];
  assert.equal(latin1(chunked?.body as Uint8Array), 'hello world');
  assert.equal(chunked?.headers.get('content-length'), '11');
  assert.equal(plain?.headers.get('x'), '1, 2');
});

test('a body without a length is passed on until the stream ends, and is refused where bodies are gathered', () => {
  const endless = 'HTTP/1.0 200 OK\r\n\r\nsome';
  assert.deepEqual(reports(httpBulkResponses.deframer(), endless).slice(1), ['0:some']);
  assert.throws(() => reports(httpResponses.deframer(), endless), MalformedMessage);
});

test('where bodies are passed on, the short text of a failure comes with its head, and a long one in slices', () => {
  const [busy, found, ...slices] = reports(httpBulkResponses.deframer(), NOTE + PLAIN) as HttpResponse[];
  assert.deepEqual([busy?.status, latin1(busy?.body as Uint8Array)], [503, '30']);
  assert.deepEqual([found?.status, found?.body.length, ...slices], [206, 0, '0:hello']);
  const long = `HTTP/1.1 404 No\r\nContent-Length: 2000\r\n\r\n${'x'.repeat(2000)}`;
  assert.deepEqual(reports(httpBulkResponses.deframer(), long).slice(1), [`0:${'x'.repeat(2000)}`]);
});

test('a connection stays open as RFC 9112 §9.3 says', () => {
  const keeps = (version: string, connection: string) =>
    httpKeepsAlive((reports(httpRequests.deframer(), `GET / HTTP/${version}\r\n${connection}\r\n\r\n`) as HttpRequest[])[0] as HttpRequest);
  assert.equal(keeps('1.1', 'A: b'), true);
  assert.equal(keeps('1.1', 'Connection: Close'), false);
  assert.equal(keeps('1.0', 'A: b'), false);
  assert.equal(keeps('1.0', 'Connection: Keep-Alive'), true);
});

test('what is over a bound, ambiguous or no HTTP is malformed', () => {
  const bad = [
    `GET /${'x'.repeat(HTTP_HEAD_BYTES_MAX)} HTTP/1.1\r\n\r\n`,
    `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(101)}\r\n`,
    'GET / HTTP/2.0\r\n\r\n',
    'GET  / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nno colon\r\n\r\n',
    'GET / HTTP/1.1\r\nspace : 1\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n',
    'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  ];
  for (const text of bad) assert.throws(() => reports(httpRequests.deframer(), text), MalformedMessage, text.slice(0, 60));
});

function reports<M>(deframer: Deframer<M, HttpResponse>, text: string): unknown[] {
  const seen: unknown[] = [];
  const bytes = latin1Bytes(text);
  const onBulk = (_head: HttpResponse, body: Body, offset: number) => seen.push(`${offset}:${latin1(body as Uint8Array)}`);
  deframer.push(bytes, 0, bytes.length, { open: true, onMessage: (message) => seen.push(message), onBulk });
  return seen;
}

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

function randomRequest(random: Random): HttpRequest {
  const body = random.fill(new Uint8Array(random.below(50)));
  const target = `/${random.u32().toString(36)}?a=%${random.u32().toString(16)}`;
  return {
    method: random.chance(0.5) ? 'GET' : 'POST',
    target,
    minor: random.chance(0.5) ? 1 : 0,
    headers: randomHeaders(random, body),
    body,
  };
}

function randomResponse(random: Random): HttpResponse {
  const body = random.fill(new Uint8Array(random.below(50)));
  return { status: 200 + random.below(4), reason: random.chance(0.5) ? 'OK' : '', minor: 1, headers: randomHeaders(random, body), body };
}

function randomHeaders(random: Random, body: Uint8Array): Map<string, string> {
  const headers = new Map<string, string>();
  for (let count = random.below(5); count > 0; count--) headers.set(`x-${random.u32().toString(36)}`, random.u32().toString(36));
  headers.set('content-length', String(body.length));
  return headers;
}
