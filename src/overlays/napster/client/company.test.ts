import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NapsterRoom } from '../../../../test/napster/worlds.ts';

test('rooms: who is there is known, what is said is heard, and a server that dies takes nobody out of his rooms', () => {
  const room = new NapsterRoom();
  const [first, second] = [room.server(), room.server()];
  const alice = room.user({ nick: 'alice' });
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  for (const { client } of [alice, bob]) assert.equal(client.company.join('#Test'), true);
  assert.equal(bob.client.company.join('#test'), false, 'he is there already');
  room.world.runFor(500);
  bob.client.company.sayIn('#test', 'hello\r\nall');
  bob.client.company.tell('alice', 'hi \u001b[2J there');
  room.world.runFor(500);
  assert.deepEqual(alice.diary.of('said'), ['said #Test bob: hello  all']);
  assert.deepEqual(alice.diary.of('private'), ['private bob: hi \ufffd[2J there']);
  const channel = alice.client.company.channels.get('#test');
  assert.deepEqual([...(channel?.members.keys() ?? [])].sort(), ['alice', 'bob']);
  assert.match(channel?.topic ?? '', /^Welcome to the #Test channel/);
  room.world.crash(first);
  room.world.runFor(20_000);
  assert.equal(second.protocol.channels.count, 1);
  assert.deepEqual([channel?.isIn, channel?.members.size], [true, 2]);
  bob.client.company.part('#test');
  room.world.runFor(500);
  assert.deepEqual([...(channel?.members.keys() ?? [])], ['alice']);
});

test('who is waited for is told of, and the list of rooms is what the server has', () => {
  const room = new NapsterRoom();
  room.server();
  const alice = room.user({ nick: 'alice' });
  room.world.runFor(1_000);
  assert.equal(alice.client.company.watch('Bob'), true);
  alice.client.company.join('#one');
  room.world.runFor(500);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  assert.equal(alice.client.company.hot.get('bob'), true);
  room.world.leave(bob.node);
  room.world.runFor(1_000);
  assert.deepEqual(alice.diary.of('hot'), ['hot bob here', 'hot bob gone']);
  const rooms: string[] = [];
  const listener = {
    onChannelListed: ({ name, users }: { name: string; users: number }) => rooms.push(`${name} ${users}`),
    onChannelListEnd: () => rooms.push('end'),
  };
  assert.deepEqual([alice.client.company.list(listener), alice.client.company.list(listener)], [true, false]);
  room.world.runFor(500);
  assert.deepEqual(rooms, ['#one 1', 'end']);
  alice.client.company.unwatch('bob');
  room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  assert.equal(alice.diary.of('hot').length, 2);
});

test('a question is answered once: by the server, by its end, or by patience; the same twice at once is not asked twice', () => {
  const room = new NapsterRoom();
  const server = room.server();
  const alice = room.user({ nick: 'alice' });
  room.user({ nick: 'bob', linkSpeed: 7 });
  room.world.runFor(1_000);
  const answers: unknown[] = [];
  const note = (facts: unknown): void => void answers.push(facts);
  alice.client.questions.linkSpeed('bob', { onSpeed: note });
  alice.client.questions.linkSpeed('BOB', { onSpeed: note });
  alice.client.questions.whois('nobody', { onWhois: note });
  room.world.runFor(1_000);
  assert.deepEqual(answers, [null, 7]);
  room.world.runFor(30_000);
  assert.deepEqual(answers, [null, 7, null], 'a notice names no question');
  alice.client.questions.ping('bob', 5_000, { onPong: note });
  room.world.crash(server);
  room.world.runFor(1_000);
  assert.equal(answers.at(-1), null);
  assert.equal(answers.length, 4);
});
