import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { CANDIDATES_MAX, Candidates } from './candidates.ts';
import type { EncryptionPolicy } from './encryption-policy.ts';
import { peerPriority } from './peer-priority.ts';

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function candidates(self: string | null = null, encryption: EncryptionPolicy = 'off'): Candidates {
  return new Candidates(new Random(1), () => (self === null ? null : at(self)), encryption);
}

function nextText(from: Candidates, now = 0): string | null {
  const endpoint = from.next(now);
  return endpoint === null ? null : formatEndpoint(endpoint);
}

test('a peer is dialled once, however often it is named', () => {
  const some = candidates();
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  some.add(at('10.0.0.1:80'), 'magnet', 0);
  assert.equal(some.size, 1);
  assert.equal(nextText(some), '10.0.0.1:80');
  assert.equal(nextText(some), null);
  assert.equal(some.size, 0);
});

test('addresses at which nobody can be are not kept', () => {
  const some = candidates();
  for (const text of ['0.0.0.0:80', '1.2.3.4:0', '224.0.0.1:80', '255.255.255.255:80', '[::]:80', '[ff02::1]:80'])
    some.add(at(text), 'tracker', 0);
  assert.equal(some.size, 0);
});

test('BEP 40: who has the highest canonical priority is dialled first', () => {
  const self = '123.213.32.10:6881';
  const some = candidates(self);
  const named = [...Array(20).keys()].map((index) => `98.76.${index * 7}.${index * 3}:1000`);
  for (const text of named) some.add(at(text), 'tracker', 0);
  const order = named.map(() => nextText(some) as string);
  const priorities = order.map((text) => peerPriority(at(self), at(text)));
  assert.deepEqual(
    priorities,
    [...priorities].sort((a, b) => b - a),
  );
});

test('a peer that does not answer is tried less and less often, and then forgotten unless a person named it', () => {
  const some = candidates();
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  some.add(at('10.0.0.2:80'), 'manual', 0);
  const attempts: Record<string, number[]> = { '10.0.0.1:80': [], '10.0.0.2:80': [] };
  for (let now = 0; now < 3_600_000; now += 500) {
    for (let endpoint = some.next(now); endpoint !== null; endpoint = some.next(now)) {
      attempts[formatEndpoint(endpoint)]?.push(now);
      some.failed(endpoint, now);
    }
  }
  assert.equal(attempts['10.0.0.1:80']?.length, 6);
  const pauses = attempts['10.0.0.2:80']?.slice(1).map((time, index) => time - (attempts['10.0.0.2:80']?.[index] as number)) as number[];
  assert.ok(pauses.length >= 8 && pauses.length < 200, `${pauses.length} attempts in an hour`);
  assert.ok((pauses.at(-1) as number) > 3 * (pauses[0] as number), `the pauses were ${pauses.join(', ')}`);
  assert.equal(some.size, 1);
});

test('a peer whose connection is over is left alone for a while', () => {
  const some = candidates();
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  const endpoint = some.next(0) as Endpoint;
  some.connected(endpoint);
  some.closed(endpoint, 1000);
  assert.equal(nextText(some, 5000), null);
  assert.equal(nextText(some, 60_000), '10.0.0.1:80');
});

test('the last peer of a download is dialled again soon: it may have been started anew', () => {
  const some = candidates();
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  const endpoint = some.next(0) as Endpoint;
  some.connected(endpoint);
  some.closed(endpoint, 1000, true);
  assert.equal(nextText(some, 1000), null);
  assert.equal(nextText(some, 5000), '10.0.0.1:80');
});

test('a banned peer is not dialled from any port, but on loopback the port tells peers apart', () => {
  const some = candidates();
  some.ban(at('10.0.0.1:80'));
  some.add(at('10.0.0.1:81'), 'tracker', 0);
  assert.equal(some.size, 0);
  assert.equal(some.isBanned(at('10.0.0.1:5555')), true);
  some.ban(at('127.0.0.1:80'));
  some.add(at('127.0.0.1:80'), 'tracker', 0);
  some.add(at('127.0.0.1:81'), 'tracker', 0);
  assert.equal(nextText(some), '127.0.0.1:81');
});

test('having connected to ourselves does not shut out others behind our address', () => {
  const some = candidates();
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  some.markSelf(some.next(0) as Endpoint);
  some.add(at('10.0.0.1:80'), 'tracker', 0);
  assert.equal(some.size, 0);
  some.add(at('10.0.0.1:81'), 'tracker', 0);
  assert.equal(nextText(some), '10.0.0.1:81');
});

test('a flood of peers is not kept, and takes the place of failed ones only', () => {
  const some = candidates();
  const endpoint = (index: number): Endpoint => Uint8Array.of(11, index >> 16, (index >> 8) & 0xff, index & 0xff, 0, 80);
  for (let index = 0; index < 2 * CANDIDATES_MAX; index++) some.add(endpoint(index), 'tracker', 0);
  assert.equal(some.size, CANDIDATES_MAX);
  const failed = some.next(0) as Endpoint;
  some.failed(failed, 0);
  some.add(endpoint(99_999), 'tracker', 0);
  assert.equal(some.size, CANDIDATES_MAX);
  some.add(failed, 'tracker', 0);
  assert.equal(some.size, CANDIDATES_MAX);
});

test('who does not understand a dial is dialled the other way at once, then the first way again, and later', () => {
  const peer = at('10.0.0.1:80');
  for (const encryption of ['allow', 'prefer'] as const) {
    const some = candidates(null, encryption);
    some.add(peer, 'tracker', 0);
    const ways: boolean[] = [];
    for (let now = 0; ways.length < 4; now += 1000) {
      if (some.next(now) === null) continue;
      ways.push(some.isEncrypted(peer));
      const again = some.tryOtherWay(peer, now);
      assert.equal(again, ways.length % 2 === 1);
      if (again) assert.equal(nextText(some, now), '10.0.0.1:80');
      if (again) ways.push(some.isEncrypted(peer));
      if (again) assert.equal(some.tryOtherWay(peer, now), false);
      some.failed(peer, now);
      assert.equal(nextText(some, now + 1000), null);
    }
    const first = encryption === 'prefer';
    assert.deepEqual(ways, [first, !first, first, !first]);
  }
});

test('the way that worked is the one that is tried first the next time', () => {
  const peer = at('10.0.0.1:80');
  const some = candidates(null, 'prefer');
  some.add(peer, 'tracker', 0);
  some.next(0);
  some.tryOtherWay(peer, 0);
  some.next(0);
  some.connected(peer);
  some.closed(peer, 1000);
  assert.equal(nextText(some, 60_000), '10.0.0.1:80');
  assert.deepEqual([some.isEncrypted(peer), some.tryOtherWay(peer, 60_000), some.isEncrypted(peer)], [false, true, true]);
});

test('who requires encryption, or wants none, knows one way', () => {
  for (const encryption of ['off', 'require'] as const) {
    const some = candidates(null, encryption);
    some.add(at('10.0.0.1:80'), 'tracker', 0);
    assert.deepEqual(
      [some.tryOtherWay(at('10.0.0.1:80'), 0), some.isEncrypted(at('10.0.0.1:80')), some.isEncrypted(at('10.0.0.9:80'))],
      [false, encryption === 'require', encryption === 'require'],
    );
  }
});
