import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { MemberList } from './member-list.ts';

function at(text: string): Endpoint {
  const endpoint = parseEndpoint(text);
  assert.ok(endpoint !== null, text);
  return endpoint;
}

function told(list: MemberList, asker: string, count = 20, own: string | null = null): string[] {
  const some = list.some(count, at(asker), own === null ? null : at(own), new Random(1));
  return some.map(({ endpoint }) => formatEndpoint(endpoint)).sort();
}

test('who asks is told of members that he can reach: of this machine, of his network, of the world', () => {
  const list = new MemberList(10, 1000);
  for (const member of ['127.0.0.1:1', '192.168.1.5:2', '1.2.3.4:3']) list.add(at(member), 0);
  assert.deepEqual(told(list, '127.0.0.1:9'), ['1.2.3.4:3', '127.0.0.1:1', '192.168.1.5:2']);
  assert.deepEqual(told(list, '10.0.0.9:9'), ['1.2.3.4:3', '192.168.1.5:2']);
  assert.deepEqual(told(list, '9.9.9.9:9'), ['1.2.3.4:3']);
  assert.deepEqual(told(list, '9.9.9.9:9', 20, '1.2.3.4:3'), []);
});

test('some are drawn from all alike, not from the newest', () => {
  const list = new MemberList(100, 1000);
  for (let port = 1; port <= 100; port++) list.add(at(`1.2.3.4:${port}`), 0);
  const random = new Random(7);
  const drawn = new Map<string, number>();
  for (let draw = 0; draw < 1000; draw++) {
    for (const { endpoint } of list.some(10, at('9.9.9.9:9'), null, random)) {
      drawn.set(formatEndpoint(endpoint), (drawn.get(formatEndpoint(endpoint)) ?? 0) + 1);
    }
  }
  // Each is expected a hundred times.
  assert.equal(drawn.size, 100);
  assert.ok(Math.min(...drawn.values()) > 60 && Math.max(...drawn.values()) < 140);
});

test('what is heard of again counts as new, and of too many the oldest goes', () => {
  const list = new MemberList(2, 1000);
  list.add(at('1.1.1.1:1'), 0);
  list.add(at('2.2.2.2:2'), 500);
  list.add(at('1.1.1.1:1'), 600);
  list.add(at('3.3.3.3:3'), 700);
  assert.deepEqual(told(list, '9.9.9.9:9'), ['1.1.1.1:1', '3.3.3.3:3']);
  list.forgetOld(1600);
  assert.deepEqual(told(list, '9.9.9.9:9'), ['3.3.3.3:3']);
});
