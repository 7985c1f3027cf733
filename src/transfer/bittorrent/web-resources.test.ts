/** Where bytes lie on web servers (BEP 19, BEP 17), and what answers mean. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latin1Bytes } from '../../core/bytes.ts';
import { formatHttpUrl } from '../../wire/http-url.ts';
import { encodeBencode, type BencodeInput } from '../../wire/bencode.ts';
import type { HttpResponse } from '../../wire/http-head.ts';
import { parseInfo } from './parse-metainfo.ts';
import type { Metainfo } from './metainfo.ts';
import { webAnswer } from './web-answer.ts';
import { webFiles, webPieces, type WebResources, type WebSegment } from './web-resources.ts';

const PIECE = 16_384;

function metainfoOf(
  name: string | Uint8Array,
  files: readonly (readonly [path: readonly (string | Uint8Array)[], length: number, attr?: string])[] | number,
): Metainfo {
  const total = typeof files === 'number' ? files : files.reduce((sum, [, length]) => sum + length, 0);
  const info = new Map<string, BencodeInput>();
  if (typeof files === 'number') info.set('length', files);
  else
    info.set(
      'files',
      files.map(
        ([path, length, attr]) =>
          new Map<string, BencodeInput>([
            ...(attr === undefined ? [] : [['attr', attr] as const]),
            ['length', length],
            ['path', [...path]],
          ]),
      ),
    );
  info.set('name', name);
  info.set('piece length', PIECE);
  info.set('pieces', new Uint8Array(20 * Math.ceil(total / PIECE)));
  return parseInfo(encodeBencode(new Map([...info].sort(([a], [b]) => (a < b ? -1 : 1)))), { trackers: [], webSeeds: [] });
}

function asked(resources: WebResources | null, begin: number, end: number): string {
  const { url, ...segment } = (resources as WebResources).segment(begin, end);
  return `${url === null ? 'zeros' : formatHttpUrl(url)} ${segment.begin}-${segment.end} of ${segment.resourceBegin}+${segment.resourceBytes}`;
}

test('a single file is the URL itself, or its name behind the slash (BEP 19)', () => {
  const single = metainfoOf('file #1.exe', 100_000);
  assert.equal(asked(webFiles(single, 'http://mirror.com/file.exe'), 10, 20), 'http://mirror.com/file.exe 10-20 of 0+100000');
  assert.equal(asked(webFiles(single, 'http://mirror.com/pub/'), 10, 20), 'http://mirror.com/pub/file%20%231.exe 10-20 of 0+100000');
  assert.equal(webFiles(single, 'ftp://mirror.com/pub/'), null);
});

test('files of a folder lie below its name, each asked for up to its end; padding for nobody (BEP 19, 47)', () => {
  const folder = metainfoOf('michael', [
    [['Readme.txt'], 949],
    [['.pad', '0'], 15_435, 'p'],
    [['a b', 'c%'], 20_000],
  ]);
  const resources = webFiles(folder, 'http://mirror.com/pub/');
  assert.equal(asked(resources, 0, 30_000), 'http://mirror.com/pub/michael/Readme.txt 0-949 of 0+949');
  assert.equal(asked(resources, 949, 30_000), 'zeros 949-16384 of 949+15435');
  assert.equal(asked(resources, 20_000, 30_000), 'http://mirror.com/pub/michael/a%20b/c%25 20000-30000 of 16384+20000');
  // The slash that people forget.
  assert.equal(asked(webFiles(folder, 'http://mirror.com/pub'), 0, 1), 'http://mirror.com/pub/michael/Readme.txt 0-1 of 0+949');
});

test('URLs carry the names of the torrent, not those that this disk takes', () => {
  const raw = metainfoOf(Uint8Array.of(0xff, 0x2e), [[['con.', Uint8Array.of(0xfe)], 10]]);
  assert.notEqual(raw.files[0]?.path[1], 'con.');
  assert.equal(asked(webFiles(raw, 'http://m/'), 0, 10), 'http://m/%FF./con./%FE 0-10 of 0+10');
});

test('a torrent of version 2 alone has its names in the file tree (BEP 52)', () => {
  const file = (length: number, root: number) =>
    new Map([['', new Map<string, BencodeInput>(Object.entries({ length, 'pieces root': new Uint8Array(32).fill(root) }))]]);
  const infoOf = (tree: ReadonlyMap<string, BencodeInput>): Metainfo =>
    parseInfo(encodeBencode(new Map(Object.entries({ 'file tree': tree, 'meta version': 2, name: 'f', 'piece length': PIECE }))), {
      trackers: [],
      webSeeds: [],
    });
  const folder = infoOf(new Map<string, BencodeInput>(Object.entries({ a: file(10, 1), 'con.': file(20, 2) })));
  assert.notEqual(folder.files.at(-1)?.path[1], 'con.');
  assert.equal(asked(webFiles(folder, 'http://m/'), PIECE, PIECE + 20), `http://m/f/con. ${PIECE}-${PIECE + 20} of ${PIECE}+20`);
  const [lone, below] = [infoOf(new Map([['a', file(10, 1)]])), infoOf(new Map([['d', new Map([['a', file(10, 1)]])]]))];
  assert.equal(asked(webFiles(lone, 'http://m/'), 0, 10), 'http://m/a 0-10 of 0+10');
  assert.equal(asked(webFiles(below, 'http://m/'), 0, 10), 'http://m/f/d/a 0-10 of 0+10');
});

test('a file without bytes in it is passed over', () => {
  const folder = metainfoOf('f', [
    [['a'], 10],
    [['empty'], 0],
    [['b'], 10],
  ]);
  assert.equal(asked(webFiles(folder, 'http://m/'), 10, 20), 'http://m/f/b 10-20 of 10+10');
});

test('a script is asked piece by piece, for parts with their ranges (BEP 17)', () => {
  const single = metainfoOf('file', 2 * PIECE + 100);
  const hash = [...single.infoHash].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const resources = webPieces(single, 'http://site/seed.php?key=1');
  const normal = (text: string) => decodeBytes(text);
  assert.equal(
    normal(asked(resources, PIECE, 5 * PIECE)),
    normal(`http://site/seed.php?key=1&info_hash=${hash}&piece=1 16384-32768 of 16384+16384`),
  );
  assert.equal(
    normal(asked(resources, 2 * PIECE, 2 * PIECE + 100)),
    normal(`http://site/seed.php?key=1&info_hash=${hash}&piece=2 32768-32868 of 32768+100`),
  );
  assert.match(asked(resources, PIECE + 10, PIECE + 50), /&piece=1&ranges=10-49 16394-16434 of 16394\+40$/);
});

test('answers mean what RFC 9110 and BEP 17 say', () => {
  const segment: WebSegment = { url: null, begin: 300, end: 400, resourceBegin: 100, resourceBytes: 1000, file: 0 };
  const said = (status: number, headers: Record<string, string>, body = '', hasRanges = true) => {
    const head: HttpResponse = { status, reason: 'Words', minor: 1, headers: new Map(Object.entries(headers)), body: latin1Bytes(body) };
    const answer = webAnswer(head, segment, hasRanges);
    return answer.kind === 'bytes'
      ? [answer.skipBytes, answer.end]
      : answer.kind === 'busy'
        ? `${answer.message}, ${answer.retryMs}`
        : answer.kind;
  };
  assert.deepEqual(said(206, { 'content-range': 'bytes 200-299/1000' }), [0, 400]);
  assert.deepEqual(said(206, { 'content-range': 'bytes 200-249/*' }), [0, 350]);
  assert.deepEqual(said(206, { 'content-range': 'bytes 200-299/999' }), 'other');
  assert.deepEqual(said(206, { 'content-range': 'bytes 100-299/1000' }), 'sends bytes from 100 on instead of 200, 0');
  assert.deepEqual(said(206, {}), 'sends a part without saying which, 0');
  assert.deepEqual(said(200, { 'content-length': '1000' }), 'whole');
  assert.deepEqual(said(200, { 'content-length': '1000' }, '', false), [200, 400]);
  assert.deepEqual(said(200, { 'content-length': '999' }), 'other');
  assert.deepEqual(said(200, { 'content-encoding': 'GZIP' }), 'sends it as GZIP, 0');
  assert.deepEqual(said(416, { 'content-range': 'bytes */5' }), 'other');
  assert.deepEqual(said(404, {}), 'absent');
  assert.deepEqual(said(503, { 'retry-after': '7' }), 'answers 503 Words, 7000');
  assert.deepEqual(said(503, {}, '30\n'), 'answers 503 Words, 30000');
  assert.deepEqual(said(429, { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }), 'answers 429 Words, 0');
  assert.deepEqual(said(503, { 'retry-after': '999999999' }), 'answers 503 Words, 86400000');
});

/** Percent signs taken out, so that spellings of the same bytes are equal. */
function decodeBytes(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
