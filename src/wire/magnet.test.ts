import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { latin1, latin1Bytes } from '../core/bytes.ts';
import type { Codec } from '../core/codec.ts';
import { hexOf } from '../core/hex.ts';
import type { Random } from '../core/random.ts';
import { readUtf8 } from '../core/utf8.ts';
import { formatMagnet, type Magnet, parseInfoHash, parseInfoHashV2, parseMagnet } from './magnet.ts';

const HASH = '3c214e52c80194c3feee9b34fc53417b48e1806b';
const LIBTORRENT = `magnet:?xt=urn:btih:${HASH}&dn=single.bin&tr=udp%3a%2f%2ft.example%3a6969%2fannounce&ws=http%3a%2f%2fseed.example%2ffiles%2f`;

const magnetLink: Codec<Magnet> = {
  name: 'magnet link',
  size: (magnet) => formatMagnet(magnet).length,
  encode(magnet, into, offset) {
    const text = latin1Bytes(formatMagnet(magnet));
    into.set(text, offset);
    return offset + text.length;
  },
  decode: (bytes, start, end) => parseMagnet(readUtf8(bytes, start, end)),
};
codecLaws(magnetLink, randomMagnet, {
  captured: { 'short link': hexOf(latin1Bytes(`magnet:?xt=urn:btih:${HASH}&dn=a%20b&tr=udp://t.example:6969&x.pe=1.2.3.4:5&so=0,2,6-8`)) },
  seeds: [hexOf(latin1Bytes(LIBTORRENT))],
});

test('a link made by libtorrent is read whole', () => {
  const magnet = parseMagnet(LIBTORRENT);
  assert.equal(hexOf(magnet.infoHash as Uint8Array), HASH);
  assert.equal(magnet.name, 'single.bin');
  assert.deepEqual(magnet.trackers, ['udp://t.example:6969/announce']);
  assert.deepEqual(magnet.webSeeds, ['http://seed.example/files/']);
});

test('an info-hash is read in hexadecimal and in base32, in either case', () => {
  const base32 = 'HQQU4UWIAGKMH7XOTM2PYU2BPNEODADL';
  for (const text of [HASH, HASH.toUpperCase(), base32, base32.toLowerCase()])
    assert.equal(hexOf(parseInfoHash(text) as Uint8Array), HASH, text);
  for (const text of ['', HASH.slice(1), `${HASH}0`, `${base32.slice(1)}1`, 'z'.repeat(40)]) assert.equal(parseInfoHash(text), null, text);
});

test('the links of other networks keep their names', () => {
  const magnet = parseMagnet(
    'magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C&xt.2=urn:ed2k:31d6cfe0d16ae931b73c59d7e0c089c0&xl=10826029&dn=x',
  );
  assert.equal(magnet.infoHash, null);
  assert.deepEqual(magnet.exact, ['urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C', 'urn:ed2k:31d6cfe0d16ae931b73c59d7e0c089c0']);
  assert.equal(magnet.totalBytes, 10_826_029);
});

test('where the very file lies on the web is read from xs and as, and nothing but the web', () => {
  const web = 'http://1.2.3.4:6346/uri-res/N2R?urn:sha1:X';
  const magnet = parseMagnet(
    `magnet:?xt=urn:btih:${HASH}&xs=${encodeURIComponent(web)}&as=https://a.example/f&xs=file:///etc/passwd&xs=ed2kftp://x`,
  );
  assert.deepEqual(magnet.sources, [web, 'https://a.example/f']);
});

test('BEP 52: a link names the info-hash of v2 alone, or beside that of v1', () => {
  const btmh = `urn:btmh:1220${'ab'.repeat(32)}`;
  for (const [link, v1] of [
    [`magnet:?xt=${btmh}&xt=urn:btih:${HASH}`, HASH],
    [`magnet:?xt=${btmh}`, null],
  ] as const) {
    const magnet = parseMagnet(link);
    assert.equal(magnet.infoHash === null ? null : hexOf(magnet.infoHash), v1);
    assert.equal(hexOf(magnet.infoHashV2 as Uint8Array), 'ab'.repeat(32));
    assert.deepEqual(magnet.exact, []);
  }
  assert.equal(formatMagnet({ infoHashV2: parseInfoHashV2('ab'.repeat(32)) }), `magnet:?xt=${btmh}`);
});

test('an info-hash of v2 that is of another kind or cut short is refused', () => {
  for (const digits of [
    '1114'.concat(HASH),
    `1220${'ab'.repeat(31)}`,
    `1220${'ab'.repeat(33)}`,
    `1220${'zz'.repeat(32)}`,
    'ab'.repeat(34),
  ]) {
    assert.throws(() => parseMagnet(`magnet:?xt=urn:btmh:${digits}`), /info-hash of BitTorrent v2/, digits);
  }
});

test('BEP 53: the selection lists files and ranges of files', () => {
  assert.deepEqual(parseMagnet(`magnet:?xt=urn:btih:${HASH}&so=6-8,0,2,4,7`).selectOnly, [0, 2, 4, 6, 7, 8]);
  assert.ok(formatMagnet({ selectOnly: [8, 6, 7, 0] }).endsWith('so=0,6-8'));
  for (const so of ['', '1-', '5-3', '-1', 'x', '0-99999999', '100000']) {
    assert.throws(() => parseMagnet(`magnet:?xt=urn:btih:${HASH}&so=${so}`), /lists file numbers/, so);
  }
});

test('plus signs, HTML escapes, broken escapes and control codes are survived', () => {
  const magnet = parseMagnet(
    `MAGNET:?xt=urn:BTIH:${HASH}&amp;dn=two+words%1b[2J%ff%zz%&amp;tr=http://a/+x&tr=javascript:1&tr=http://a/+x&x.pe=[::1]:80&x.pe=h:1:2`,
  );
  assert.equal(magnet.name, 'two words\ufffd[2J\ufffd%zz%');
  assert.deepEqual(magnet.trackers, ['http://a/+x']);
  assert.deepEqual(magnet.peers, ['[::1]:80']);
});

for (const text of [
  '',
  'http://x',
  'magnet:?',
  'magnet:?dn=x',
  'magnet:?xt=urn:btih:123',
  `magnet:?xt=${HASH}`,
  `magnet:?${'x'.repeat(70_000)}`,
]) {
  test(`${JSON.stringify(text.slice(0, 40))} is refused`, () => {
    assert.throws(() => parseMagnet(text), /magnet link|info-hash/);
  });
}

function randomMagnet(random: Random): Magnet {
  const some = (make: (index: number) => string): string[] => Array.from({ length: random.below(3) }, (_, index) => make(index));
  return {
    infoHash: random.chance(0.9) ? random.fill(new Uint8Array(20)) : null,
    infoHashV2: random.chance(0.3) ? random.fill(new Uint8Array(32)) : null,
    exact: ['urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C', ...some((index) => `urn:ed2k:${index}`)],
    name: random.chance(0.5) ? `é 片+&=%#${latin1(random.fill(new Uint8Array(3)).map((byte) => 0x61 + (byte % 26)))}` : null,
    totalBytes: random.chance(0.5) ? random.u32() : null,
    trackers: some((index) => `udp://t${index}.example:6969/announce?a=1&b=ü`),
    webSeeds: some((index) => `https://w${index}/a%20b/`),
    sources: some((index) => `http://s${index}:6346/uri-res/N2R?urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C`),
    peers: some((index) => (random.chance(0.5) ? `[2001:db8::${index}]:80` : `host${index}:6881`)),
    selectOnly: random.chance(0.5)
      ? [...new Set(Array.from({ length: 1 + random.below(9) }, () => random.below(20)))].sort((a, b) => a - b)
      : null,
  };
}
