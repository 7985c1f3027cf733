import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { CANDIDATES_MAX, Candidates } from './candidates.ts';
import { ExchangeFlag } from './peer-exchange-message.ts';
import { peerPriority } from './peer-priority.ts';
import { RUMOURS_MAX, RUMOURS_MAX_OF_ONE } from './rumours.ts';

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}

function candidates(self: string | null = null): Candidates {
  return new Candidates(new Random(1), () => (self === null ? null : at(self)));
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

test('the way that worked is remembered, and a peer that dials us does not change it', () => {
  const peer = at('10.0.0.1:80');
  const some = candidates();
  some.add(peer, 'tracker', 0);
  assert.equal(some.hintsTo(peer).before, null);
  some.connected(peer, { transport: 'utp', encrypted: true });
  some.closed(peer, 1000);
  some.connected(peer);
  assert.deepEqual(some.hintsTo(peer).before, { transport: 'utp', encrypted: true });
  assert.equal(some.hintsTo(at('10.0.0.9:80')).before, null);
});

const TELLER = { key: 'teller', slot: 3 };

test('our own network is dialled first, then whom a tracker named, then rumours', () => {
  const some = candidates('98.76.54.1:6881');
  some.addRumour(at('5.6.7.8:80'), 0, TELLER, 0);
  some.add(at('1.2.3.4:80'), 'tracker', 0);
  some.addRumour(at('98.76.54.9:80'), 0, TELLER, 0);
  some.add(at('192.168.1.5:80'), 'tracker', 0);
  const order = [nextText(some), nextText(some), nextText(some), nextText(some)];
  assert.deepEqual(order, ['192.168.1.5:80', '98.76.54.9:80', '1.2.3.4:80', '5.6.7.8:80']);
});

test('a peer that several name is known from all of them, and no rumour any more', () => {
  const some = candidates();
  some.addRumour(at('1.2.3.4:80'), 0, TELLER, 0);
  some.add(at('1.2.3.4:80'), 'tracker', 0);
  some.add(at('1.2.3.4:80'), 'local', 0);
  some.add(at('1.2.3.4:80'), 'local', 0);
  assert.deepEqual(some.sourcesOf(at('1.2.3.4:80')), ['pex', 'tracker', 'local']);
  some.dropRumour(at('1.2.3.4:80'), TELLER);
  assert.equal(some.size, 1);
});

test('one peer names so many others and no more, until we have met some of them', () => {
  const some = candidates();
  const endpoint = (index: number): Endpoint => Uint8Array.of(11, 0, index >> 8, index & 0xff, 0, 80);
  for (let index = 0; index < 1000; index++) some.addRumour(endpoint(index), 0, TELLER, 0);
  assert.equal(some.size, RUMOURS_MAX_OF_ONE);
  const met = some.next(0) as Endpoint;
  some.connected(met);
  assert.equal(some.addRumour(endpoint(1001), 0, TELLER, 0), true);
  assert.equal(some.addRumour(endpoint(1002), 0, TELLER, 0), false);
  assert.equal(some.addRumour(endpoint(1002), 0, { key: 'another', slot: 4 }, 0), true);
});

test('rumours that prove wrong keep the share of who told them occupied, however often it takes them back', () => {
  const some = candidates();
  const endpoint = (index: number): Endpoint => Uint8Array.of(11, 0, index >> 8, index & 0xff, 0, 80);
  let dials = 0;
  for (let minute = 0; minute < 14; minute++) {
    const now = minute * 60_000;
    for (let index = 0; index < 50; index++) some.addRumour(endpoint(minute * 50 + index), 0, TELLER, now);
    for (let dialled = some.next(now); dialled !== null; dialled = some.next(now)) {
      some.failed(dialled, now);
      dials++;
    }
    for (let index = 0; index < 50; index++) some.dropRumour(endpoint(minute * 50 + index), TELLER);
  }
  assert.equal(dials, 2 * RUMOURS_MAX_OF_ONE);
});

test('all rumours together leave most of the list to trackers, and make room for them when it is full', () => {
  const some = candidates();
  const endpoint = (index: number): Endpoint => Uint8Array.of(11, index >> 16, (index >> 8) & 0xff, index & 0xff, 0, 80);
  for (let index = 0; index < 5000; index++) some.addRumour(endpoint(index), 0, { key: `${index}`, slot: index }, 0);
  assert.equal(some.size, RUMOURS_MAX);
  for (let index = 5000; index < 5000 + CANDIDATES_MAX; index++) some.add(endpoint(index), 'tracker', 0);
  assert.equal(some.size, CANDIDATES_MAX);
  const first = some.next(0) as Endpoint;
  assert.deepEqual(some.sourcesOf(first), ['tracker']);
});

test('what others say of how to dial a peer is kept, whoever named it first', () => {
  const some = candidates();
  some.addRumour(at('1.2.3.4:80'), ExchangeFlag.prefersEncryption, TELLER, 0);
  some.add(at('1.2.3.5:80'), 'tracker', 0);
  some.addRumour(at('1.2.3.5:80'), ExchangeFlag.utp, TELLER, 0);
  assert.deepEqual(some.hintsTo(at('1.2.3.4:80')), { before: null, prefersEncryption: true, prefersUtp: false });
  assert.deepEqual(some.hintsTo(at('1.2.3.5:80')), { before: null, prefersEncryption: false, prefersUtp: true });
});

test('a torrent that turns out to be private forgets whom only hearsay has named (BEP 27)', () => {
  const some = candidates();
  some.addRumour(at('1.2.3.4:80'), 0, TELLER, 0);
  some.add(at('1.2.3.5:80'), 'local', 0);
  some.add(at('1.2.3.6:80'), 'tracker', 0);
  some.forgetHearsay();
  assert.deepEqual([nextText(some), nextText(some)], ['1.2.3.6:80', null]);
});
