/** Looking at what one user shares, by asking himself: who is dialled, what is said, what strangers cannot make of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { underHostileServer } from '../../../../test/napster/hostiles.ts';
import { NapsterRoom, sharedFile, type SimUser } from '../../../../test/napster/worlds.ts';
import type { SimNode } from '../../../sim/sim-node.ts';
import type { SearchHit, SearchListener } from '../../../wire/search-hit.ts';
import { numberOfIp, quoted } from '../frames.ts';
import type { NapsterIndex } from '../index.ts';
import { Type } from '../message-types.ts';

const FILES = [sharedFile(1, 'walrus.mp3'), sharedFile(2, 'polka tape.mp3')];
const NAMES = ['c:\\music\\polka tape.mp3', 'c:\\music\\walrus.mp3'];
const NO_MD5 = '0'.repeat(32);
const LINES = NAMES.map((name) => `${quoted(name)} ${NO_MD5} 250000 0 0 0`);

/** What a look has brought. */
class Seen implements SearchListener {
  readonly names: string[] = [];
  ended = 0;

  onHit({ holder }: SearchHit): void {
    this.names.push(holder.locator);
  }

  onSearchEnd(): void {
    this.ended++;
  }
}

function look(by: SimUser, at: string): Seen {
  const seen = new Seen();
  by.client.browse(at, seen);
  return seen;
}

/** alice shares two files. Her server does not tell whom it lists them to, so that what comes by it can be told apart: it lists nothing. */
function pair(mode: 'reference' | 'bytes', aliceCanBeDialled: boolean, bobCanBeDialled: boolean) {
  const room = new NapsterRoom({ mode });
  const server = room.server({ browseMax: 0 });
  const alice = room.user({ nick: 'alice', ...(!aliceCanBeDialled && { dataPort: 0 }) }, FILES);
  const bob = room.user({ nick: 'bob', ...(!bobCanBeDialled && { dataPort: 0 }) });
  room.world.runFor(1_000);
  return { room, server, alice, bob };
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`a user is asked himself for all that he shares (640, GETLIST), also by one whom nobody can dial (${mode})`, () => {
    for (const bobCanBeDialled of [true, false]) {
      const { room, alice, bob } = pair(mode, true, bobCanBeDialled);
      const seen = look(bob, 'ALICE');
      room.world.runFor(2_000);
      assert.deepEqual([seen.names.sort(), seen.ended, alice.client.shownLists.done], [NAMES, 1, 1]);
    }
  });

  test(`who cannot be dialled brings his list to who asks (SENDLIST) (${mode})`, () => {
    const { room, alice, bob } = pair(mode, false, true);
    const seen = look(bob, 'alice');
    room.world.runFor(2_000);
    assert.deepEqual([seen.names.sort(), seen.ended, bob.client.isFirewalled], [NAMES, 1, false]);
    assert.equal(alice.client.pushedCalls.count, 0);
  });
}

test('where neither can be dialled, or he is not to be reached where he says, or is gone, the server is asked', () => {
  const room = new NapsterRoom({ publicAddresses: true });
  room.server();
  const hidden = room.user({ nick: 'alice', dataPort: 0 }, FILES);
  const behind = room.user({ nick: 'carol' }, FILES, { nat: { kind: 'port-restricted' } });
  const bob = room.user({ nick: 'bob', dataPort: 0 });
  room.world.runFor(1_000);
  const looks = ['alice', 'carol', 'nobody'].map((nick) => look(bob, nick));
  room.world.runFor(90_000);
  assert.deepEqual(
    looks.map(({ names, ended }) => [names.sort(), ended]),
    [
      [NAMES, 1],
      [NAMES, 1],
      [[], 1],
    ],
  );
  assert.equal(hidden.client.shownLists.done + behind.client.shownLists.done, 0);
});

test('users of linked servers look at each other as those of one do', () => {
  const room = new NapsterRoom();
  const servers = room.club(2, { browseMax: 0 });
  room.world.runFor(3_000);
  const [here, there] = servers as [SimNode<NapsterIndex>, SimNode<NapsterIndex>];
  room.user({ nick: 'alice', at: here }, FILES);
  room.user({ nick: 'carol', at: here, dataPort: 0 }, FILES);
  const bob = room.user({ nick: 'bob', at: there });
  room.world.runFor(2_000);
  const looks = ['alice', 'carol'].map((nick) => look(bob, nick));
  room.world.runFor(3_000);
  for (const { names, ended } of looks) assert.deepEqual([names.sort(), ended], [NAMES, 1]);
});

test('napster.txt, section 5: what is said, byte for byte, by who is dialled for his list and by who brings it', () => {
  const { room, server, alice, peer } = underHostileServer(FILES);
  const list = `${[...LINES].reverse().join('\n')}\n\n`;
  const sorted = (text: string): string => text.split('\n').sort().join('\n');
  server.say(Type.directBrowse, 'bob');
  room.world.runFor(500);
  assert.deepEqual(server.heard.at(-1), { type: Type.directBrowseAccept, text: 'bob' });
  const asking = peer('GETLIST').protocol;
  asking.dial(alice.node.endpoint);
  const dialled = peer('1');
  server.say(Type.directBrowse, `bob ${numberOfIp(dialled.endpoint)} 6881`);
  room.world.runFor(2_000);
  assert.equal(sorted(asking.heard), sorted(`1alice\n${list}`));
  assert.equal(sorted(dialled.protocol.heard), sorted(`SENDLIST alice\n${list}`));
  assert.equal(asking.closed && dialled.protocol.closed, true);
});

test('a list is shown to those alone who were let in, once each, and to few at a time; nobody is aimed at', () => {
  const { room, server, alice, peer } = underHostileServer(FILES);
  for (let count = 0; count < 20; count++) server.say(Type.directBrowse, `bob${count}`);
  room.world.runFor(500);
  const accepted = server.heard.filter(({ type }) => type === Type.directBrowseAccept).length;
  const refused = server.heard.filter(({ type }) => type === Type.directBrowseError).length;
  assert.deepEqual([accepted, refused], [4, 16]);
  const answers = Array.from({ length: 6 }, () => {
    const { protocol } = peer('GETLIST');
    protocol.dial(alice.node.endpoint);
    room.world.runFor(1_000);
    return protocol.heard.slice(0, 6);
  });
  assert.deepEqual(answers, ['1alice', '1alice', '1alice', '1alice', '1INVAL', '1INVAL']);
  const victims = Array.from({ length: 20 }, () => peer());
  for (let round = 0; round < 30; round++) {
    for (const { endpoint } of victims) server.say(Type.directBrowse, `u${round} ${numberOfIp(endpoint)} 6881`);
    for (const place of ['0 80', '16777343 80', '4294967295 80', '16777343 99999']) server.say(Type.directBrowse, `bob ${place}`);
    room.world.runFor(1_000);
  }
  const calls = victims.reduce((sum, { protocol }) => sum + protocol.dialled, 0);
  assert.ok(calls > 0 && calls <= 8, `${calls} calls in 30 s, each of which may last 20 s`);
});

test('a list that never ends, lines without an end, and somebody else instead cost no more than the connection', () => {
  const line = `${LINES[0]}\n`;
  const scripts: readonly (readonly [script: string[], names: number])[] = [
    [['1', 'bob\n', ...Array.from({ length: 120 }, () => line.repeat(50))], 5_000],
    [['1', 'bob\n', line, 'x'.repeat(5_000)], 1],
    [['1', 'bob\r\n', `nonsense\r\n${line}`], 1],
    [['1', `mallory\n${line}\n`], 0],
    [['1', 'INVALID REQUEST'], 0],
    [[], 0],
  ];
  for (const [script, names] of scripts) {
    const { room, server, alice, peer } = underHostileServer(FILES);
    const bob = peer(...script);
    const seen = look(alice, 'bob');
    server.say(Type.directBrowseAccept, `bob ${numberOfIp(bob.endpoint)} 6881`);
    for (let seconds = 0; seconds < 65; seconds++) room.world.runFor(1_000);
    if (names === 0) server.say(Type.browseEnd, 'bob');
    room.world.runFor(1_000);
    assert.deepEqual([seen.names.length, seen.ended, bob.protocol.closed], [names, 1, true], script.join().slice(0, 40));
  }
});

test('a caller with a list that nobody waits for, and a list after the end, are nothing', () => {
  const { room, alice, server, peer } = underHostileServer(FILES);
  const caller = peer(`SENDLIST bob\n${LINES[0]}\n\n`).protocol;
  caller.dial(alice.node.endpoint);
  room.world.runFor(1_000);
  assert.equal(caller.heard, '1INVALID REQUEST');
  const seen = look(alice, 'bob');
  const brought = peer(`SENDLIST bob\n${LINES[0]}\n\n${LINES[1]}\n`).protocol;
  brought.dial(alice.node.endpoint);
  room.world.runFor(1_000);
  assert.deepEqual([seen.names, seen.ended], [[NAMES[0]], 1]);
  server.say(Type.directBrowseAccept, 'bob 16777343 80');
  room.world.runFor(500);
  assert.equal(alice.client.droppedMessages, 1);
});

test('whatever dies on the way, each look ends once, over seeds', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const room = new NapsterRoom({ seed, mode: 'bytes' });
    const server = room.server();
    const many = Array.from({ length: 1_000 }, (_, index) => sharedFile(index + 1, `song ${index}.mp3`));
    const holders = ['alice', 'carol'].map((nick, index) => room.user({ nick, ...(index === 1 && { dataPort: 0 }) }, many));
    const bob = room.user({ nick: 'bob' });
    room.world.runFor(20_000);
    const looks = holders.map(({ nick }) => look(bob, nick));
    room.world.runFor(seed * 8);
    const dying = [holders[0]?.node, holders[1]?.node, server][seed % 3] as SimNode;
    room.world.crash(dying, seed % 2 === 0 ? 'power' : 'kill');
    room.world.runFor(240_000);
    for (const { names, ended } of looks) {
      assert.equal(ended, 1, `seed ${seed}`);
      assert.equal(new Set(names).size, names.length, `seed ${seed}: nothing twice`);
    }
  }
});
