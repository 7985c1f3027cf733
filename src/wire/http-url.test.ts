/** URLs and byte ranges as web clients and servers take them. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { utf8Bytes } from '../core/utf8.ts';
import { contentRange, formatRange, requestedRange, unsatisfiedLength } from './http-range.ts';
import { encodePathSegment, formatHttpUrl, type HttpUrl, parseHttpUrl, resolveHttpUrl } from './http-url.ts';

test('URLs come apart, and together again in their usual spelling', () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['http://Mirror.Example', 'http://mirror.example/'],
    ['HTTPS://mirror.example:443/a b?c=ü#frag', 'https://mirror.example/a%20b?c=%C3%BC'],
    ['http://user:secret@mirror.example:8080?x=%41', 'http://mirror.example:8080/?x=%41'],
    ['http://[::1]:81/a', 'http://[::1]:81/a'],
    ['http://a/b\r\nInjected: 1', 'http://a/b%0D%0AInjected:%201'],
    ['ftp://a/b', null],
    ['http://', null],
    ['http://a:0/', null],
    ['http://a:70000/', null],
    [`http://a/${'x'.repeat(5000)}`, null],
  ];
  for (const [text, expected] of rows) {
    const url = parseHttpUrl(text);
    assert.equal(url === null ? null : formatHttpUrl(url), expected, text);
  }
});

test('a location is resolved as RFC 3986 §5.4 says', () => {
  const base = parseHttpUrl('http://a/b/c/d;p?q') as HttpUrl;
  const rows: Readonly<Record<string, string | null>> = {
    'g:h': null,
    g: 'http://a/b/c/g',
    './g': 'http://a/b/c/g',
    'g/': 'http://a/b/c/g/',
    '/g': 'http://a/g',
    '//g': 'http://g/',
    '?y': 'http://a/b/c/d;p?y',
    'g?y#s': 'http://a/b/c/g?y',
    '': 'http://a/b/c/d;p?q',
    '.': 'http://a/b/c/',
    '..': 'http://a/b/',
    '../g': 'http://a/b/g',
    '../../../g': 'http://a/g',
    'https://b/x': 'https://b/x',
  };
  for (const [location, expected] of Object.entries(rows)) {
    const url = resolveHttpUrl(base, location);
    assert.equal(url === null ? null : formatHttpUrl(url), expected, location);
  }
});

test('names become path segments byte by byte', () => {
  assert.equal(encodePathSegment(utf8Bytes("größe/100% it's~a.b")), 'gr%C3%B6%C3%9Fe%2F100%25%20it%27s~a.b');
  assert.equal(encodePathSegment(Uint8Array.of(0xff, 0x2e)), '%FF.');
});

test('a range is asked for as RFC 9110 §14.1.2 says, and what makes no sense asks for all', () => {
  const asked = (range: string) => requestedRange(new Map([['range', range]]), 1000);
  assert.deepEqual(asked(formatRange(0, 500)), { begin: 0, end: 500 });
  assert.deepEqual(asked('bytes=999-'), { begin: 999, end: 1000 });
  assert.deepEqual(asked('bytes=-100'), { begin: 900, end: 1000 });
  assert.deepEqual(asked('bytes=-5000'), { begin: 0, end: 1000 });
  assert.deepEqual(asked('bytes=500-99999'), { begin: 500, end: 1000 });
  for (const beyond of ['bytes=1000-', 'bytes=1000-1001', 'bytes=-0']) assert.equal(asked(beyond), 'unsatisfiable', beyond);
  for (const odd of ['bytes=5-4', 'bytes=-', 'bytes=0-1,3-4', 'items=0-1', 'bytes=1e3-', `bytes=${'9'.repeat(30)}-`])
    assert.equal(asked(odd), null, odd);
  assert.equal(requestedRange(new Map(), 1000), null);
});

test('what a response brings is read, and refused when it is inconsistent', () => {
  const said = (value: string) => contentRange(new Map([['content-range', value]]));
  assert.deepEqual(said('bytes 0-499/1000'), { begin: 0, end: 500, total: 1000 });
  assert.deepEqual(said('bytes 5-5/*'), { begin: 5, end: 6, total: null });
  for (const odd of ['bytes 5-4/10', 'bytes 0-10/10', 'bytes */10', 'items 0-1/2', '']) assert.equal(said(odd), null, odd);
  assert.equal(unsatisfiedLength(new Map([['content-range', 'bytes */900']])), 900);
});
