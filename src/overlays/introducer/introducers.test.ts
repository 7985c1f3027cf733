import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint, Fetcher, FetchLimits, FetchOperation } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { Introducers } from './introducers.ts';

const HOUR_MS = 3_600_000;
const SELF = endpointOf('9.8.7.6', 6346) as Endpoint;

/** Answers when the test says so, with what it says. */
class Desk implements Fetcher {
  readonly asked: string[] = [];
  readonly #waiting: FetchOperation[] = [];

  fetch(url: string, _limits: FetchLimits, operation: FetchOperation): void {
    this.asked.push(url);
    this.#waiting.push(operation);
  }

  answer(text: string | null): void {
    const body = text === null ? new Uint8Array(0) : utf8Bytes(text);
    this.#waiting.shift()?.onFetched(text === null ? 0 : 200, body, '');
  }
}

function introducers(...urls: string[]) {
  const desk = new Desk();
  const members: Endpoint[] = [];
  const onMembers = (more: readonly Endpoint[]): void => void members.push(...more);
  return { desk, members, client: new Introducers(urls, 'gnutella2', 'KITH1.2', desk, new Random(1), { onMembers }) };
}

test('who wants members asks one introducer at a time, in the words of version 2', () => {
  const { desk, members, client } = introducers('http://a.example/gwc');
  client.tick(0, true, null);
  client.tick(1_000, true, null);
  assert.deepEqual(desk.asked, ['http://a.example/gwc?get=1&net=gnutella2&client=KITH&version=1.2']);
  desk.answer('H|1.2.3.4:6346|10|\r\nH|5.6.7.8:0|1\r\nI|pong|x|\r\n');
  assert.deepEqual(members, [endpointOf('1.2.3.4', 6346)]);
});

test('who has enough asks nobody, and tells of itself once an hour', () => {
  const { desk, client } = introducers('http://a.example/');
  client.tick(0, false, SELF);
  assert.deepEqual(desk.asked, ['http://a.example/?update=1&ip=9.8.7.6%3A6346&net=gnutella2&client=KITH&version=1.2']);
  desk.answer('I|update|OK');
  assert.equal(client.counters.taken, 1);
  for (let ms = 0; ms < HOUR_MS; ms += 60_000) client.tick(ms, false, SELF);
  assert.equal(desk.asked.length, 1);
  client.tick(HOUR_MS, false, SELF);
  assert.equal(desk.asked.length, 2);
});

test('an introducer that is dead or has nothing is asked ever more rarely', () => {
  const { desk, client } = introducers('http://dead.example/');
  for (let ms = 0; ms <= 24 * HOUR_MS; ms += 10_000) {
    client.tick(ms, true, null);
    desk.answer(ms % 20_000 === 0 ? null : 'I|no-hosts');
  }
  assert.ok(desk.asked.length > 20 && desk.asked.length < 40, `${desk.asked.length} questions in a day`);
});

test('of several the load is spread, and one that is dead does not keep from the others', () => {
  const { desk, members, client } = introducers('http://a.example/', 'http://b.example/', 'http://c.example/');
  for (let ms = 0; ms < 60_000; ms += 1_000) {
    client.tick(ms, true, null);
    desk.answer(desk.asked.at(-1)?.startsWith('http://b') ? '1.2.3.4:5\n' : null);
  }
  assert.equal(new Set(desk.asked).size, 3);
  assert.equal(members.length, 1);
});

test('an introducer has nobody sent to this machine, or into our network, from beyond it', () => {
  const answer = 'H|127.0.0.1:22|1\r\nH|192.168.1.1:80|1\r\nH|0.0.0.0:1|1\r\nH|1.2.3.4:5|1\r\n';
  for (const [url, count] of [
    ['http://a.example/', 1],
    ['http://9.9.9.9:8650/', 1],
    ['http://192.168.1.7:8650/', 2],
    ['http://nas:8650/', 2],
    ['http://127.0.0.1:8650/', 3],
    ['http://[::1]:8650/', 3],
    ['http://localhost/', 3],
  ] as const) {
    const { desk, members, client } = introducers(url);
    client.tick(0, true, null);
    desk.answer(answer);
    assert.equal(members.length, count, url);
  }
});
