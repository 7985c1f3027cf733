import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Finds, NapsterRoom, sharedFile, type SimUser } from '../../../../test/napster/worlds.ts';

const NAME = 'c:\\music\\walrus.mp3';
const BYTES = 5_000_000;
const walrus = sharedFile(1, 'walrus.mp3', { bytes: BYTES });
const SLOW = { upBytesPerSecond: 500_000, downBytesPerSecond: 500_000 };

function from(...users: readonly SimUser[]): { nick: string; name: string }[] {
  return users.map(({ nick }) => ({ nick, name: NAME }));
}

test('a holder that nobody can dial brings the file to who asks, and of what is there already nothing comes again', () => {
  const room = new NapsterRoom({ links: SLOW });
  room.server();
  const alice = room.user({ nick: 'alice', dataPort: 0 }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const first = bob.get(from(alice), { bytes: BYTES, key: 'walrus' });
  room.world.runFor(5_000);
  const had = first.bytes;
  first.stop();
  room.world.runFor(1_000);
  const second = bob.get(from(alice), { bytes: BYTES, key: 'walrus' });
  room.world.runFor(20_000);
  assert.ok(had > 1_000_000 && had < BYTES, `${had} bytes`);
  assert.deepEqual([second.state, second.bytes], ['done', BYTES]);
  assert.ok((second.brought[0] ?? 0) <= BYTES - had, 'nothing comes twice');
  assert.equal(bob.client.isFirewalled, false);
});

test('who cannot be dialled gets files from those who can, and none from those who cannot', () => {
  const room = new NapsterRoom();
  room.server();
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const carol = room.user({ nick: 'carol', dataPort: 0 }, [walrus]);
  const bob = room.user({ nick: 'bob', dataPort: 0 });
  room.world.runFor(1_000);
  const open = bob.get(from(alice), { bytes: BYTES });
  const closed = bob.get(from(carol), { bytes: BYTES });
  room.world.runFor(300_000);
  assert.equal(open.state, 'done');
  assert.deepEqual([closed.bytes, closed.details], [0, ['neither of both can be dialled']]);
});

test('a holder behind a NAT who believes that he can be dialled is told (626), brings the file, and after three such believes it', () => {
  const room = new NapsterRoom({ publicAddresses: true });
  const server = room.server();
  const alice = room.user({ nick: 'alice' }, [walrus], { nat: { kind: 'port-restricted' } });
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  for (let round = 1; round <= 3; round++) {
    const got = bob.get(from(alice), { bytes: BYTES });
    room.world.runFor(60_000);
    assert.equal(got.state, 'done');
  }
  assert.deepEqual([alice.client.isFirewalled, server.protocol.userOf('alice')?.dataPort], [true, 0]);
});

test('a holder whose places are taken says so, others bring the file meanwhile, and he is asked again for as long as it takes', () => {
  const room = new NapsterRoom({ links: SLOW });
  room.server();
  const long = sharedFile(2, 'long.mp3', { bytes: 300_000_000 });
  const alice = room.user({ nick: 'alice', uploadSlots: 1 }, [walrus, long]);
  const carol = room.user({ nick: 'carol', uploadSlots: 1 }, [walrus], { upBytesPerSecond: 100_000 });
  const [bob, dave, erin] = ['bob', 'dave', 'erin'].map((nick) => room.user({ nick })) as [SimUser, SimUser, SimUser];
  room.world.runFor(1_000);
  const first = bob.get([{ nick: 'alice', name: 'c:\\music\\long.mp3' }], { bytes: long.bytes });
  room.world.runFor(1_000);
  const second = dave.get(from(alice, carol), { bytes: BYTES });
  const third = erin.get(from(alice), { bytes: BYTES });
  room.world.runFor(60_000);
  assert.deepEqual([second.state, second.brought], ['done', [0, BYTES]]);
  assert.deepEqual([third.bytes, third.details], [0, ['all places are taken']]);
  room.world.runFor(700_000);
  assert.deepEqual([first.state, third.state], ['done', 'done']);
});

test('a file comes from all of its holders at once, and when the process of one dies the others bring what is missing', () => {
  const room = new NapsterRoom({ links: { ...SLOW, downBytesPerSecond: 5_000_000 } });
  room.server();
  const holders = ['ann', 'ben', 'cleo'].map((nick) => room.user({ nick }, [walrus]));
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(2_000);
  const beginMs = room.world.now;
  const got = bob.get(from(...holders), { bytes: BYTES });
  room.world.runFor(2_000);
  room.world.crash((holders[1] as SimUser).node);
  assert.equal(
    room.world.runUntil(() => got.state === 'done', 60_000),
    true,
  );
  assert.ok(room.world.now - beginMs < 9_000, `${room.world.now - beginMs} ms: one alone takes 10 s`);
  assert.ok(
    got.brought.every((bytes) => bytes > 200_000),
    got.brought.join(),
  );
});

test('a server that dies stops searches, but no transfer; users go to the next server and find each other there', () => {
  const room = new NapsterRoom({ links: SLOW });
  const [first, second] = [room.server(), room.server()];
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  assert.equal(first.protocol.users, 2);
  const got = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(3_000);
  const before = got.bytes;
  const lost = new Finds();
  bob.client.search({ words: ['walrus'], limit: 10, hashes: null }, lost);
  room.world.crash(first);
  room.world.runFor(50);
  assert.deepEqual([lost.ended, lost.hits.length, bob.diary.of('offline').length], [true, 0, 1]);
  room.world.runFor(15_000);
  assert.ok(before > 0 && before < BYTES);
  assert.deepEqual([got.state, got.bytes], ['done', BYTES]);
  assert.deepEqual([second.protocol.users, second.protocol.files.count], [2, 1]);
  assert.deepEqual(bob.search('walrus').held, [`alice ${NAME}`]);
});

test('a transfer that breaks while there is no server goes on with the holder who had let us in', () => {
  const room = new NapsterRoom({ links: SLOW });
  const server = room.server();
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const got = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(3_000);
  room.world.crash(server, 'power');
  room.world.partition([alice.node], [bob.node]);
  room.world.runFor(70_000);
  const had = got.bytes;
  assert.ok(had > 0 && had < BYTES && got.state === 'open');
  room.world.heal();
  room.world.runFor(90_000);
  assert.deepEqual([got.state, got.bytes], ['done', BYTES]);
});

test('a downloader whose machine dies goes on where he was when he is back, though the holder still believes in his first connection', () => {
  const room = new NapsterRoom({ links: SLOW });
  room.server();
  const alice = room.user({ nick: 'alice', uploadSlots: 1, uploadsPerUserMax: 1 }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const first = bob.get(from(alice), { bytes: BYTES, key: 'walrus' });
  room.world.runFor(4_000);
  const had = first.bytes;
  room.world.partition([bob.node], [alice.node, ...room.servers]);
  room.world.crash(bob.node);
  room.world.runFor(500);
  assert.equal(alice.client.uploads.count, 1);
  room.world.restart(bob.node);
  room.world.heal();
  assert.equal(
    room.world.runUntil(() => bob.client.isOnline, 120_000),
    true,
  );
  room.world.runFor(1_000);
  const second = bob.get(from(alice), { bytes: BYTES, key: 'walrus' });
  room.world.runFor(60_000);
  assert.ok(had > 0 && had < BYTES);
  assert.deepEqual([second.state, second.bytes, alice.client.uploads.count], ['done', BYTES, 0]);
  assert.ok((second.brought[0] ?? 0) <= BYTES - had, 'nothing comes twice');
});

test('a server is told while files come (218, 219), and says so of who gets them', () => {
  const room = new NapsterRoom({ links: SLOW });
  const server = room.server();
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  bob.get(from(alice), { bytes: BYTES });
  const numbers = (): unknown[] => [server.protocol.userOf('bob')?.downloads, server.protocol.userOf('alice')?.uploads];
  room.world.runFor(3_000);
  assert.deepEqual(numbers(), [1, 1]);
  room.world.runFor(20_000);
  assert.deepEqual(numbers(), [0, 0]);
});

test('what is shared follows the collection, and the server is not told of it twice', () => {
  const room = new NapsterRoom({ mode: 'bytes' });
  const server = room.server();
  const many = Array.from({ length: 1_000 }, (_, index) => sharedFile(index + 1, `song number${index}.mp3`, { folder: `a/b${index % 7}` }));
  const alice = room.user({ nick: 'alice' }, many);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(20_000);
  assert.equal(server.protocol.files.count, 1_000);
  const sent = alice.node.bytesUp;
  assert.ok(sent < 150_000, `${sent} bytes for a thousand files`);
  room.world.runFor(20_000);
  assert.ok(alice.node.bytesUp - sent < 100, 'nothing more is told');
  alice.files.remove(1);
  alice.files.add(sharedFile(2_000, 'fresh "quoted" song.mp3'));
  alice.files.add(sharedFile(2, 'song renamed.mp3'));
  room.world.runFor(3_000);
  assert.equal(server.protocol.files.count, 1_000);
  assert.deepEqual(bob.search('number0').held, []);
  assert.deepEqual(bob.search('fresh quoted').held, ['alice c:\\music\\fresh  quoted  song.mp3']);
  assert.deepEqual([bob.search('number1').held.length, bob.search('renamed').held.length], [0, 1]);
  const got = bob.get([{ nick: 'alice', name: 'c:\\music\\fresh  quoted  song.mp3' }]);
  room.world.runFor(5_000);
  assert.equal(got.state, 'done');
});
