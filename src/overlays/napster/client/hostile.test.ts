import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimNode } from '../../../sim/sim-node.ts';
import { underHostileServer } from '../../../../test/napster/hostiles.ts';
import { Finds, sharedFile } from '../../../../test/napster/worlds.ts';
import { numberOfIp, quoted } from '../frames.ts';
import { Type } from '../message-types.ts';

const NAME = 'c:\\music\\walrus.mp3';
const walrus = sharedFile(1, 'walrus.mp3');

test('a server that tells what nobody asked for, or what was not asked for, is not believed', () => {
  const { room, server, alice } = underHostileServer([walrus]);
  const result = (name: string, nick = 'bob', bytes = 5): string => `${quoted(name)} 0 ${bytes} 128 44100 60 ${nick} 16777343 5`;
  server.say(Type.result, result('unasked.mp3'));
  server.say(Type.resultsEnd);
  server.say(Type.downloadReady, `bob 16777343 6699 "unasked.mp3" 0 5`);
  server.say(Type.browsed, `bob "unasked.mp3" 0 5 128 44100 60`);
  server.say(Type.whoisIs, `bob "User" 1 "" "Active" 1 0 0 5 "x"`);
  server.say(Type.pong, 'bob');
  server.say(12_345, 'what');
  room.world.runFor(500);
  const finds = new Finds();
  alice.client.search({ words: ['walrus'], limit: 3, hashes: null, bytesMax: 10 }, finds);
  room.world.runFor(500);
  const names = ['walrus a', 'walrus b', 'orange', 'walrus\u001b[2J c', 'walrus d', 'walrus e'];
  server.say(Type.result, result('walrus a'));
  for (const name of names) server.say(Type.result, result(name));
  server.say(Type.result, result('walrus', 'bad nick" '));
  server.say(Type.result, result('walrus', 'bob', 99));
  server.say(Type.result, 'walrus');
  server.say(Type.resultsEnd);
  server.say(Type.resultsEnd);
  room.world.runFor(500);
  assert.deepEqual([finds.ended, finds.hits.map(({ name }) => name)], [true, ['walrus a', 'walrus b', 'walrus\ufffd[2J c']]);
  // Seven that nobody waited for; one told twice, one with other words, two too many; three that are none; and an end too many.
  assert.equal(alice.client.droppedMessages, 7 + 4 + 3 + 1);
  assert.ok(alice.client.isOnline);
});

test('a server cannot aim its users at strangers: few are dialled at once, few in a minute, and none that is nowhere or further inside', () => {
  const { room, server, alice, peer } = underHostileServer([walrus]);
  const victims = Array.from({ length: 20 }, () => peer());
  for (const { endpoint } of victims) server.say(Type.pushReady, `bob ${numberOfIp(endpoint)} 6881 ${quoted(NAME)} 0 5`);
  for (const place of ['0 80', '16777343 80', '4294967295 80', '16777343 0', '99999999999 80']) {
    server.say(Type.pushReady, `bob ${place} ${quoted(NAME)} 0 5`);
  }
  server.say(Type.pushReady, `bob ${numberOfIp((victims[0] as SimNode).endpoint)} 6881 "not shared.mp3" 0 5`);
  room.world.runFor(2_000);
  const dialled = (): number => victims.reduce((sum, { protocol }) => sum + protocol.dialled, 0);
  assert.ok(dialled() > 0 && dialled() <= 8, `${dialled()} at once`);
  for (let round = 0; round < 20; round++) {
    for (const { endpoint } of victims) server.say(Type.pushReady, `u${round} ${numberOfIp(endpoint)} 6881 ${quoted(NAME)} 0 5`);
    room.world.runFor(2_500);
  }
  assert.ok(dialled() <= 120, `${dialled()} in a minute`);
  assert.ok(alice.client.isOnline);
});

test('a server that never ends a search, or says nothing at all any more, is left for the next', () => {
  const { room, server, alice } = underHostileServer([walrus]);
  const good = room.server();
  alice.client.addServer(good.endpoint);
  const finds = alice.search('walrus');
  assert.deepEqual([finds.ended, alice.diary.of('offline')], [true, ['offline: the server does not answer a search']]);
  room.world.runFor(5_000);
  assert.equal(good.protocol.users, 1);
  assert.equal(server.heard.filter(({ type }) => type === Type.search).length, 1);
});

test('what a holder says instead of the file is told as why it failed, and costs nothing', () => {
  const scripts: readonly (readonly [script: string[], why: RegExp, triesMax: number])[] = [
    // Who breaks the rules, or has not got it, is asked no more; who is late, or silent, a few times.
    [['1', 'FILE NOT SHARED'], /^file not shared$/, 1],
    [['1', '26', '0000'], /a file of 250000 bytes is expected, got 26/, 1],
    [['HTTP/1.1 400'], /a 1 is expected, got 72/, 1],
    [['1', `INVALID ${'x'.repeat(5_000)}`], /at most 1024 bytes of refusal/, 1],
    [['1', 'INVALID REQUEST'], /^invalid request$/, 6],
    [['1'], /^stalled$/, 6],
    [[], /^stalled$/, 6],
  ];
  for (const [script, why, triesMax] of scripts) {
    const { room, server, alice, peer } = underHostileServer([walrus]);
    const holder = peer(...script);
    const got = alice.get([{ nick: 'bob', name: 'x.mp3' }]);
    const isDropped = (): boolean => [...got.download.holders].every(({ state }) => state === 'dropped');
    let answered = 0;
    for (let seconds = 0; seconds < 1_200 && !isDropped(); seconds++) {
      room.world.runFor(1_000);
      const asked = server.heard.filter(({ type }) => type === Type.download).length;
      for (; answered < asked; answered++) server.say(Type.downloadReady, `bob ${numberOfIp(holder.endpoint)} 6881 "x.mp3" 0 5`);
    }
    assert.equal(answered, triesMax, script.join().slice(0, 40));
    assert.match(got.details.join(), why);
    assert.deepEqual([got.bytes, got.brought], [0, [0]]);
    assert.ok(holder.protocol.heard === '' || holder.protocol.heard.startsWith('GETalice "x.mp3" 0'), holder.protocol.heard);
  }
});

test('who comes without having been let in, or says what is no ask, gets nothing; what comes in pieces is understood', () => {
  const { room, server, alice, peer } = underHostileServer([walrus]);
  server.say(Type.uploadRequest, `bob ${quoted(NAME)}`);
  room.world.runFor(500);
  const ask = (...pieces: string[]): string => {
    const { protocol } = peer();
    protocol.dial(alice.node.endpoint);
    room.world.runFor(200);
    for (const piece of pieces) {
      protocol.say(piece);
      room.world.runFor(100);
    }
    room.world.runFor(30_000);
    return protocol.heard;
  };
  assert.equal(ask(`GETmallory ${quoted(NAME)} 0`), '1INVALID REQUEST');
  assert.equal(ask(`GETbob "other.mp3" 0`), '1FILE NOT SHARED');
  assert.equal(ask(`GETbob ${quoted(NAME)} 250001`), '1INVALID REQUEST');
  assert.equal(ask(`SENDbob ${quoted(NAME)} 250000`), '1INVALID REQUEST');
  assert.equal(ask('POST / HTTP/1.1'), '1INVALID REQUEST');
  assert.equal(ask('GETLIST'), '1INVALID REQUEST');
  assert.equal(ask(`GET${'x'.repeat(5_000)}`), '1');
  assert.equal(ask(), '1INVALID REQUEST');
  // What was let in is let in for two minutes.
  assert.equal(ask(`GETbob ${quoted(NAME)} 0`), '1INVALID REQUEST');
  server.say(Type.uploadRequest, `bob ${quoted(NAME)}`);
  room.world.runFor(500);
  const rest = ask('GE', 'Tbob "c:\\mus', 'ic\\walrus.mp3" 2', '499', '90');
  assert.deepEqual([rest.slice(0, 7), rest.length], ['1250000', 17]);
  assert.ok(alice.client.isOnline);
});

test('so many may come, and no more from one place: who only holds the line is let go', () => {
  const { room, alice, peer } = underHostileServer([walrus]);
  const { protocol } = peer();
  for (let count = 0; count < 50; count++) protocol.dial(alice.node.endpoint);
  room.world.runFor(500);
  assert.equal(protocol.heard.length, 8, 'greetings to one place');
  room.world.runFor(30_000);
  assert.equal(protocol.closed, true);
});
