import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimNode } from '../../../sim/sim-node.ts';
import { Diary, NapsterRoom, sharedFile, type SimUser } from '../../../../test/napster/worlds.ts';
import type { NapsterIndex } from '../index.ts';

const NAME = 'c:\\music\\walrus.mp3';
const walrus = sharedFile(1, 'walrus.mp3', { bytes: 5_000_000 });

function linksOf(servers: readonly SimNode<NapsterIndex>[]): number[] {
  return servers.map(({ protocol }) => protocol.links.count);
}

/** A club of three, with a user at each. */
function club(mode: 'reference' | 'bytes' = 'reference') {
  const room = new NapsterRoom({ mode });
  const servers = room.club(3);
  room.world.runFor(3_000);
  const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((nick, index) =>
    room.user({ nick, at: servers[index] as SimNode<NapsterIndex>, dataPort: nick === 'carol' ? 0 : null }, nick === 'bob' ? [] : [walrus]),
  ) as [SimUser, SimUser, SimUser];
  room.world.runFor(2_000);
  return { room, servers, alice, bob, carol };
}

for (const mode of ['reference', 'bytes'] as const) {
  test(`servers that were told of one each are linked to all, and a search at one finds what users of all share (${mode})`, () => {
    const { servers, bob, alice } = club(mode);
    assert.deepEqual(linksOf(servers), [2, 2, 2]);
    assert.deepEqual(bob.search('walrus').held, [`alice ${NAME}`, `carol ${NAME}`]);
    assert.deepEqual(bob.search('walrus', { isLocal: true }).held, []);
    assert.equal(bob.search('walrus', { limit: 1 }).hits.length, 1);
    assert.deepEqual(alice.search('walrus', { isLocal: true }).held, [`alice ${NAME}`]);
    assert.equal(alice.search('nothing').ended, true);
  });
}

test('users of different servers talk, look at each other, and get files, also where the holder has to bring them', () => {
  const { room, alice, bob, carol } = club();
  const learnt: string[] = [];
  bob.client.company.watch('alice');
  bob.client.company.tell('alice', 'hi  there');
  bob.client.questions.whois('alice', { onWhois: (facts) => learnt.push(`whois ${facts?.nick} ${facts?.files}`) });
  bob.client.questions.linkSpeed('carol', { onSpeed: (link) => learnt.push(`speed ${link}`) });
  bob.client.questions.ping('carol', 2_000, { onPong: (ms) => learnt.push(`pong ${ms === null ? 'none' : 'came'}`) });
  bob.client.questions.browse('alice', { onBrowsed: ({ name }) => learnt.push(name), onBrowseEnd: () => learnt.push('end') });
  room.world.runFor(2_000);
  assert.deepEqual(alice.diary.of('private'), ['private bob: hi  there']);
  assert.deepEqual(learnt.sort(), [NAME, 'end', 'pong came', 'speed 0', 'whois alice 1'].sort());
  for (const nick of ['alice', 'carol']) {
    const got = bob.get([{ nick, name: NAME }], { bytes: 5_000_000 });
    room.world.runFor(10_000);
    assert.equal(got.state, 'done', nick);
  }
  const missing = bob.get([{ nick: 'alice', name: 'not there' }]);
  room.world.leave(alice.node);
  room.world.runFor(300_000);
  assert.deepEqual(missing.details, ['he has it no more, or is gone']);
  assert.deepEqual(bob.diary.of('hot'), ['hot alice here', 'hot alice gone']);
  assert.equal(carol.client.isOnline, true);
});

test('a nick that somebody has at any server of the club is nobody else’s; the numbers are those of all', () => {
  const { room, servers } = club();
  const other = room.user({ nick: 'ALICE', at: servers[1] as SimNode<NapsterIndex> });
  room.world.runFor(70_000);
  assert.equal(other.client.isOnline, false);
  assert.ok(other.diary.of('offline: That nickname is taken').length > 0);
  assert.deepEqual(
    servers.map(({ protocol }) => protocol.statsText()),
    ['3 2 0', '3 2 0', '3 2 0'],
  );
});

test('two who had the same nick when their servers were linked: the one who came first stays, whichever server has the lesser id', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const room = new NapsterRoom({ seed });
    const [first, second] = room.club(2) as [SimNode<NapsterIndex>, SimNode<NapsterIndex>];
    const early = room.user({ nick: 'alice', at: second });
    const late = room.user({ nick: 'Alice', at: null });
    room.world.partition([first, late.node], [second, early.node]);
    room.world.runFor(5_000);
    late.client.addServer(first.endpoint);
    room.world.runFor(5_000);
    assert.deepEqual([early.client.isOnline, late.client.isOnline], [true, true]);
    room.world.heal();
    room.world.runFor(120_000);
    assert.deepEqual([early.client.isOnline, late.client.isOnline], [true, false], `seed ${seed}`);
    assert.ok(late.diary.of('offline: Somebody else has that nick').length > 0, `seed ${seed}: ${late.diary.lines.join('; ')}`);
    assert.deepEqual(early.diary.of('offline'), []);
  }
});

test('servers that name each other, themselves and one twice have one link each: nothing can go round', () => {
  const room = new NapsterRoom();
  const links: Uint8Array[] = [];
  for (let count = 0; count < 3; count++) room.server({ linkSecret: 'walrus', links });
  for (const { endpoint } of room.servers) links.push(endpoint);
  // The list was empty when they were made: as processes that start anew they know it.
  for (const server of room.servers) {
    room.world.crash(server);
    room.world.restart(server);
  }
  room.world.runFor(60_000);
  assert.deepEqual(linksOf(room.servers), [2, 2, 2]);
  const before = room.world.counters.events;
  room.world.runFor(60_000);
  assert.ok(room.world.counters.events - before < 1_000, 'an idle club is quiet');
});

test('a server that does not know the word is not linked, whoever of both dials; nor is one that says what it likes', () => {
  const room = new NapsterRoom();
  const right = room.server({ linkSecret: 'walrus' });
  room.server({ linkSecret: 'wrong', links: [right.endpoint] });
  room.server({ links: [right.endpoint] });
  const closed = room.server({ linkSecret: '', links: [] });
  room.server({ linkSecret: 'walrus', links: [closed.endpoint] });
  room.world.runFor(60_000);
  assert.deepEqual(linksOf(room.servers), [0, 0, 0, 0, 0]);
  const alice = room.user({ nick: 'alice', at: right });
  room.world.runFor(2_000);
  assert.ok(alice.diary instanceof Diary && alice.client.isOnline);
});

test('a linked server that is silent holds no search up for long, and its users are gone when it is dead', () => {
  const { room, servers, bob } = club();
  room.world.crash(servers[0] as SimNode<NapsterIndex>, 'power');
  const began = room.world.now;
  assert.deepEqual(bob.search('walrus').held, [`carol ${NAME}`]);
  assert.ok(room.world.now - began < 7_000);
  room.world.runFor(60_000);
  assert.equal(servers[1]?.protocol.anyUserOf('alice'), null);
  assert.deepEqual(linksOf(servers.slice(1)), [1, 1]);
});
