import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeNetwork, hash } from '../../../test/search/fake-network.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { HOLDER_HITS_MAX, JOIN_MS_MAX, NETWORK_HITS_MAX, SearchRoom } from './search-room.ts';
import { type SearchAsk, wishOf } from './search-wish.ts';

const SHA1 = { ...NO_HASHES, sha1: hash(20, 1) };

interface World {
  readonly room: SearchRoom;
  /** Lets so much time pass. */
  pass(ms: number): void;
}

function world(t: TestContext, networks: readonly FakeNetwork[], ask: Partial<SearchAsk> = {}): World {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'Date'] });
  return { room: new SearchRoom(1, wishOf({ words: 'walrus', ...ask }), networks), pass: (ms) => t.mock.timers.tick(ms) };
}

test('all networks are asked at once, and one file of two networks is one row', (t) => {
  const [one, other] = [new FakeNetwork('gnutella'), new FakeNetwork('gnutella2')];
  const { room } = world(t, [one, other]);
  one.finds({ hashes: SHA1 });
  other.finds({ hashes: SHA1, at: 2 });
  other.finds({ at: 3 });
  const { rows, search } = room.changesAfter(0);
  assert.deepEqual(
    rows.map(({ number, holders }) => [number, holders]),
    [
      [1, 2],
      [2, 1],
    ],
  );
  assert.deepEqual(
    search.networks.map(({ state, hits }) => [state, hits]),
    [
      ['searching', 1],
      ['searching', 2],
    ],
  );
});

test('it is over when every network has ended, and says what came after the last look', (t) => {
  const network = new FakeNetwork();
  const { room } = world(t, [network]);
  network.finds();
  const { search } = room.changesAfter(0);
  network.finds({ name: 'walrus two.mp3' });
  network.ends();
  assert.deepEqual([room.isOver, room.view().why], [true, 'Everybody has been asked.']);
  assert.deepEqual(
    room.changesAfter(search.sequence).rows.map(({ number }) => number),
    [2],
  );
});

test('a network is asked once it has a neighbour, and one that finds none is not waited for', (t) => {
  const [late, never, present] = [new FakeNetwork('gnutella'), new FakeNetwork('napster'), new FakeNetwork('gnutella2')];
  [late.isMember, never.isMember] = [false, false];
  const { room, pass } = world(t, [late, never, present]);
  present.ends();
  pass(1000);
  assert.equal(late.asked.length, 0);
  late.isMember = true;
  pass(1000);
  assert.equal(late.asked.length, 1);
  late.ends();
  assert.equal(room.isOver, false);
  pass(JOIN_MS_MAX);
  assert.equal(room.isOver, true);
  assert.deepEqual(
    room.view().networks.map(({ state }) => state),
    ['ended', 'waiting', 'ended'],
  );
});

test('its time and its number of rows end it, and the networks are told', (t) => {
  const network = new FakeNetwork();
  const { room, pass } = world(t, [network], { enough: 2, waitMs: 5_000 });
  network.finds({ name: 'walrus 1' });
  network.finds({ name: 'walrus 1', at: 2 });
  assert.equal(room.isOver, false);
  network.finds({ name: 'walrus 2' });
  assert.deepEqual([room.view().why, network.stopped], ['That is enough.', 1]);
  const patient = new FakeNetwork();
  const other = new SearchRoom(2, wishOf({ words: 'walrus', waitMs: 5_000 }), [patient]);
  pass(5_000);
  assert.deepEqual([other.view().why, patient.stopped], ['The time is over.', 1]);
});

test('a holder that answers everything, and a network that sends without end, are heard no more than so much', (t) => {
  const [network, honest] = [new FakeNetwork('gnutella'), new FakeNetwork('gnutella2')];
  const { room } = world(t, [network, honest], { enough: 2_000 });
  for (let index = 0; index < NETWORK_HITS_MAX + 5; index++) network.finds({ name: `walrus ${index}` });
  honest.finds({ name: 'walrus of an honest one', at: 2 });
  const [flood, other] = room.view().networks;
  assert.deepEqual([flood?.state, flood?.hits, flood?.refused], ['flooded', HOLDER_HITS_MAX, NETWORK_HITS_MAX - HOLDER_HITS_MAX]);
  assert.deepEqual([other?.hits, room.groups.count, network.stopped], [1, HOLDER_HITS_MAX + 1, 1]);
});

test('what is no match is not shown, and what comes after the end neither', (t) => {
  const network = new FakeNetwork();
  const { room } = world(t, [network]);
  network.finds({ name: 'buy pills.exe' });
  room.stop('Stopped.');
  network.finds();
  assert.deepEqual([room.groups.count, room.view().networks[0]?.refused], [0, 1]);
});

test('who follows is told everything once, in changes, and the end', async (t) => {
  const network = new FakeNetwork();
  const { room, pass } = world(t, [network]);
  network.finds();
  const following = room.follow(0, new AbortController().signal);
  assert.deepEqual(
    (await following.next()).value?.rows.map(({ number }: { number: number }) => number),
    [1],
  );
  const next = following.next();
  network.finds({ name: 'walrus two.mp3' });
  pass(300);
  assert.deepEqual(
    (await next).value?.rows.map(({ number }: { number: number }) => number),
    [2],
  );
  network.ends();
  const end = (await following.next()).value;
  assert.deepEqual([end?.search.state, end?.rows], ['ended', []]);
  assert.equal((await following.next()).done, true);
});

test('holders who are browsed are asked where their names mean something, and it is over when all of them have said what they share', (t) => {
  const [one, other] = [new FakeNetwork('gnutella'), new FakeNetwork('napster')];
  one.browses = /^[\d.:]+$/;
  const { room } = world(t, [one, other], { words: '', browse: ['10.0.0.1:6346', '10.0.0.2:6346', 'walter'] });
  for (let song = 0; song < HOLDER_HITS_MAX + 50; song++) one.finds({ name: `song ${song}.mp3` });
  assert.deepEqual([one.asked.length, one.browsed, other.asked.length], [0, ['10.0.0.1:6346', '10.0.0.2:6346'], 0]);
  assert.deepEqual(
    room.view().networks.map(({ state, hits }) => [state, hits]),
    // Of who shows all that he has, more is taken than of who answers.
    [
      ['searching', HOLDER_HITS_MAX + 50],
      ['ended', 0],
    ],
  );
  one.ends();
  assert.deepEqual([room.isOver, room.view().why], [true, 'Everybody has been asked.']);
});
