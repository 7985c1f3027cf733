/** Tracker URLs as magnets and torrents have them. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseTrackerUrl, scrapeUrl, type TrackerUrl } from './tracker-url.ts';

test('a tracker URL is taken apart', () => {
  const parts = (text: string) => {
    const url = parseTrackerUrl(text);
    return url === null ? null : [url.kind, url.hostname, url.port, url.path];
  };
  assert.deepEqual(parts('udp://tracker.example:1337/announce?k=1#x'), ['udp', 'tracker.example', 1337, '/announce?k=1']);
  assert.deepEqual(parts('UDP://[2001:db8::1]:80'), ['udp', '2001:db8::1', 80, '']);
  assert.deepEqual(parts('https://a.example/x/announce'), ['http', 'a.example', 443, '/x/announce']);
  assert.deepEqual(parts('http://user:pw@a.example/announce'), ['http', 'a.example', 80, '/announce']);
  assert.deepEqual(parts('wss://a.example'), ['websocket', 'a.example', 443, '']);
  assert.deepEqual(parts('ws://127.0.0.1:8000/x'), ['websocket', '127.0.0.1', 8000, '/x']);
  assert.deepEqual(parts('i2p://a.example'), ['other', 'a.example', 80, '']);
  for (const bad of ['', 'a.example', 'udp://', 'udp://a:0', 'udp://a:99999', 'udp://a b:80', `http://${'a'.repeat(3000)}`]) {
    assert.equal(parts(bad), null, bad);
  }
});

test('BEP 48: announce becomes scrape in the last component only', () => {
  const scrape = (text: string) => scrapeUrl(parseTrackerUrl(text) as TrackerUrl);
  assert.equal(scrape('http://a/announce'), 'http://a/scrape');
  assert.equal(scrape('http://a/x/announce.php?x=1'), 'http://a/x/scrape.php?x=1');
  assert.equal(scrape('http://a/a'), null);
  assert.equal(scrape('http://a/announce?x=2%0644/announce'), 'http://a/scrape?x=2%0644/announce');
  assert.equal(scrape('http://a/x%064announce'), null);
});
