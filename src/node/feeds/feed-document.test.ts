/** Feeds as servers write them, and as somebody writes them who means harm. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEED } from '../../../test/codec-laws.ts';
import { mutate } from '../../../test/mutate.ts';
import { Random } from '../../core/random.ts';
import { FEED_ITEMS_MAX, type FeedDocument, parseFeed } from './feed-document.ts';
import { FEED_BYTES_MAX, NoFeed } from './no-feed.ts';

const HASH = 'c12fe1c06bba254a9dc9f519b335aa7c1367a88a';
const MAGNET = `magnet:?xt=urn:btih:${HASH}&dn=a`;
const FROM = 'https://feeds.example/rss';
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function rss(items: string, head = ''): FeedDocument {
  const namespaces = 'xmlns:torrent="http://xmlns.ezrss.it/0.1/" xmlns:atom="http://www.w3.org/2005/Atom"';
  return parseFeed(
    encode(`<?xml version="1.0"?><rss version="2.0" ${namespaces}><channel><title>F</title>${head}${items}</channel></rss>`),
    FROM,
  );
}

function linkOf(item: string): string | undefined {
  return rss(`<item><title>t</title>${item}</item>`).items[0]?.link;
}

test('RSS: an item has its title, what there is to fetch, its size and its guid', () => {
  const { title, ttlMinutes, items } = rss(
    `<item><title>Film &amp; more &#8211; <![CDATA[<x>]]></title><guid isPermaLink="false">g1</guid>
     <enclosure url="http://feeds.example/dl?id=1&amp;k=2" length="734003200" type="application/x-bittorrent"/></item>`,
    '<ttl>90</ttl><atom:link href="https://feeds.example/rss" rel="self"/>',
  );
  assert.deepEqual([title, ttlMinutes], ['F', 90]);
  assert.deepEqual(items, [
    { guid: 'g1', title: 'Film & more – <x>', link: 'http://feeds.example/dl?id=1&k=2', contentBytes: 734_003_200 },
  ]);
});

test('what there is to fetch is found in enclosure, link, guid and the torrent namespace', () => {
  const escaped = MAGNET.replaceAll('&', '&amp;');
  assert.equal(linkOf(`<link>${escaped}</link>`), MAGNET);
  assert.equal(linkOf('<link>https://feeds.example/a.torrent?k=1</link>'), 'https://feeds.example/a.torrent?k=1');
  assert.equal(linkOf(`<guid>${escaped}</guid><link>https://feeds.example/page</link>`), MAGNET);
  assert.equal(linkOf(`<torrent:magnetURI><![CDATA[${MAGNET}]]></torrent:magnetURI>`), MAGNET);
  assert.equal(linkOf(`<torrent xmlns="http://xmlns.ezrss.it/0.1/"><infoHash>${HASH}</infoHash></torrent>`), HASH);
  assert.equal(linkOf(`<enclosure url="${escaped}" length="1" type="x"/>`), MAGNET);
  assert.equal(
    linkOf('<link>https://feeds.example/an-article</link><enclosure url="https://feeds.example/a.mp3" type="audio/mpeg"/>'),
    undefined,
  );
});

test('Atom: entries with a link as enclosure', () => {
  const feed = `<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><id>urn:1</id><title type="html">One</title>
    <link rel="alternate" href="https://feeds.example/1"/><link rel="enclosure" type="application/x-bittorrent" href="https://feeds.example/1.torrent"/></entry></feed>`;
  const [item] = parseFeed(encode(feed), FROM).items;
  assert.deepEqual(item, { guid: 'urn:1', title: 'One', link: 'https://feeds.example/1.torrent', contentBytes: null });
});

test('the size of a .torrent file is not taken for that of its content', () => {
  const sizes =
    rss(`<item><title>a</title><enclosure url="http://f.example/a.torrent" length="40000" type="application/x-bittorrent"/></item>
    <item><title>b</title><torrent:contentLength>9000000</torrent:contentLength><link>http://f.example/b.torrent</link></item>`);
  assert.deepEqual(
    sizes.items.map(({ contentBytes }) => contentBytes),
    [null, 9_000_000],
  );
});

test('an item does not lead inside, unless the feed is from there', () => {
  const inside = [
    'http://192.168.1.1/reboot.torrent',
    'http://localhost:631/a.torrent',
    'http://[::1]/a.torrent',
    'http://127.1/a.torrent',
    'http://2130706433/a.torrent',
  ];
  for (const link of inside) assert.equal(linkOf(`<link>${link}</link>`), undefined, link);
  const own = encode('<rss><channel><item><link>http://192.168.1.1/a.torrent</link></item></channel></rss>');
  assert.equal(parseFeed(own, 'http://192.168.1.1/rss').items.length, 1);
});

test('a document that declares entities is refused, and nothing outside of it is fetched', () => {
  let laughs = '<!ENTITY a0 "ha">';
  for (let depth = 1; depth < 60; depth++) laughs += `<!ENTITY a${depth} "${`&a${depth - 1};`.repeat(10)}">`;
  const began = performance.now();
  for (const doctype of [laughs, '<!ENTITY a59 SYSTEM "file:///etc/passwd">', '<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;']) {
    const text = `<!DOCTYPE rss [${doctype}]><rss><channel><item><title>&a59;</title><link>http://f.example/a.torrent</link></item></channel></rss>`;
    assert.throws(() => parseFeed(encode(text), FROM), /declares no entities/);
  }
  const { items } = parseFeed(
    encode(
      '<!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss><channel><item><title>&a59;</title><link>http://f.example/a.torrent</link></item></channel></rss>',
    ),
    FROM,
  );
  assert.equal(items[0]?.title, '&a59;');
  assert.ok(performance.now() - began < 2000);
});

test('what is no feed, too large or of an unknown encoding is NoFeed', () => {
  const wrong = [
    '',
    'not xml',
    '<html><body>hi</body></html>',
    '{"items":[]}',
    '<rss',
    '<?xml version="1.0" encoding="klingon"?><rss><channel/></rss>',
  ];
  for (const text of wrong) assert.throws(() => parseFeed(encode(text), FROM), NoFeed, text);
  assert.throws(() => parseFeed(new Uint8Array(FEED_BYTES_MAX + 1), FROM), NoFeed);
  assert.throws(() => parseFeed(encode('<a>'.repeat(FEED_BYTES_MAX / 4)), FROM), NoFeed);
});

test('a feed is read in the encoding that it has, and wrong bytes cost their letters alone', () => {
  const text = (encoding: string): string =>
    `<?xml version="1.0" encoding="${encoding}"?><rss><channel><item><title>Ä</title><link>http://f.example/a.torrent</link></item></channel></rss>`;
  const titleOf = (bytes: Uint8Array): string | undefined => parseFeed(bytes, FROM).items[0]?.title;
  assert.equal(titleOf(Buffer.from(text('ISO-8859-1'), 'latin1')), 'Ä');
  assert.equal(titleOf(Buffer.from(`\ufeff${text('utf-16')}`, 'utf16le')), 'Ä');
  assert.equal(titleOf(Buffer.from(`\ufeff${text('utf-8')}`)), 'Ä');
  assert.equal(titleOf(Buffer.from(text('utf-8'), 'latin1')), '\ufffd');
});

test('of a long document the first items are read, and quickly', () => {
  const many = '<item><title>a &amp; b</title><link>http://f.example/a.torrent?&amp;</link></item>'.repeat(50_000);
  const began = performance.now();
  assert.equal(rss(many).items.length, FEED_ITEMS_MAX);
  assert.ok(performance.now() - began < 10_000);
});

test('mutated feeds are read or are NoFeed, and nothing else', () => {
  const random = new Random(SEED, 9);
  const seeds = [
    `<?xml version="1.0" encoding="utf-8"?><!DOCTYPE rss [<!ELEMENT a ANY>]><rss><channel><ttl>5</ttl><item><title>&a; &#65;</title><guid>g</guid><enclosure url="${MAGNET}" length="5"/><link>x</link><torrent><infoHash>${HASH}</infoHash></torrent></item></channel></rss>`,
    `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id><title><![CDATA[x]]></title><link href="http://f.example/1.torrent" rel="enclosure"/></entry></feed>`,
  ].map(encode);
  for (let round = 0; round < 4000; round++) {
    const bytes = mutate(seeds, random);
    try {
      for (const { link, title } of parseFeed(bytes, FROM).items)
        assert.ok(typeof title === 'string' && /^(?:magnet:|https?:|[0-9a-z])/i.test(link));
    } catch (error) {
      assert.ok(error instanceof NoFeed, `${String(error)} for ${Buffer.from(bytes).toString('latin1')}`);
    }
  }
});
