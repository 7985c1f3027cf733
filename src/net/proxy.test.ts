/** Proxies as people write them, and names that only a proxy looks up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointOf, formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { isNamed, namedEndpoint, NAMES_MAX } from '../core/named-endpoint.ts';
import { hasPassword, parseProxy, ProxyNames, withoutPassword } from './proxy.ts';

test('a proxy is read with its user, its port and its password, which no text shows', () => {
  const proxy = parseProxy('socks5://al%40ice:s%3Acret@proxy.example');
  assert.deepEqual(proxy, {
    kind: 'socks5',
    hostname: 'proxy.example',
    port: 1080,
    credentials: { user: 'al@ice', password: 's:cret' },
    text: 'socks5://al%40ice@proxy.example:1080',
  });
  assert.equal(parseProxy('HTTP://[2001:db8::1]:80/')?.text, 'http://[2001:db8::1]:80');
  assert.equal(parseProxy('socks5h://10.0.0.1:9050')?.text, 'socks5://10.0.0.1:9050');
  assert.equal(parseProxy('http://bob@10.0.0.1', 'given')?.credentials?.password, 'given');
});

test('what is no proxy, or one of a kind that there is not, is none', () => {
  const wrong = [
    '',
    'proxy:1080',
    'socks4://a:1',
    'https://a:1',
    'socks5://',
    'socks5://a:0',
    'socks5://a:99999',
    'http://a/path',
    'socks5://:pw@a:1',
  ];
  for (const text of wrong) assert.equal(parseProxy(text), null, text);
});

test('a password is hidden wherever it is shown, also of what is no proxy', () => {
  assert.equal(withoutPassword('socks5://alice:se:c@ret@host:1'), 'socks5://alice:…@host:1');
  assert.equal(withoutPassword('sock5://alice:secret@'), 'sock5://alice:…@');
  assert.deepEqual(['socks5://a@h:1', 'http://h:3128', 'http://[::1]:1', 'http://a:b@h'].map(hasPassword), [false, false, false, true]);
});

test('a name has one endpoint for each port, where nobody is, and leads back to the name', () => {
  const names = new ProxyNames();
  const endpoint = names.endpointFor('Tracker.Example', 80) as Endpoint;
  assert.ok(isNamed(endpoint));
  assert.deepEqual(names.addressOf(endpoint), { name: 'tracker.example', port: 80 });
  assert.equal(formatEndpoint(names.endpointFor('tracker.example', 6969) as Endpoint), '240.0.0.0:6969');
  assert.deepEqual(names.addressOf(endpointOf('192.0.2.1', 1) as Endpoint), { endpoint: endpointOf('192.0.2.1', 1) });
});

test('a stranger who names such an endpoint reaches nobody, and there is an end to names', () => {
  const names = new ProxyNames();
  assert.equal(names.addressOf(namedEndpoint(7, 80)), null);
  for (let count = 0; count < NAMES_MAX; count++) assert.notEqual(names.endpointFor(`n${count}.example`, 1), null);
  assert.equal(names.endpointFor('one.more.example', 1), null);
  assert.equal(names.endpointFor('bad name', 1), null);
  assert.equal(formatEndpoint(names.endpointFor('localhost', 1) as Endpoint), '127.0.0.1:1', 'RFC 6761 §6.3');
});
