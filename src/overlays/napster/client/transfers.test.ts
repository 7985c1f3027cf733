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

test('a holder that nobody can dial brings the file to who asks', () => {
  const room = new NapsterRoom();
  room.server();
  const alice = room.user({ nick: 'alice', dataPort: 0 }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const { basket } = bob.get(from(alice), { bytes: BYTES, offset: 1_000_000 });
  room.world.runFor(10_000);
  assert.deepEqual([basket.state, basket.bytes], ['done', BYTES]);
  assert.equal(alice.client.uploads.sentBytes, BYTES - 1_000_000);
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
  assert.equal(open.basket.state, 'done');
  assert.deepEqual([closed.basket.state, closed.basket.why], ['failed', 'neither of both can be dialled']);
});

test('a holder behind a NAT who believes that he can be dialled is told (626), brings the file, and after three such believes it', () => {
  const room = new NapsterRoom({ publicAddresses: true });
  const server = room.server();
  const alice = room.user({ nick: 'alice' }, [walrus], { nat: { kind: 'port-restricted' } });
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  for (let round = 1; round <= 3; round++) {
    const { basket } = bob.get(from(alice), { bytes: BYTES });
    room.world.runFor(60_000);
    assert.equal(basket.state, 'done');
  }
  assert.deepEqual([alice.client.isFirewalled, server.protocol.userOf('alice')?.dataPort], [true, 0]);
});

test('a holder whose places are taken says so, and the next one is asked', () => {
  const room = new NapsterRoom({ links: SLOW });
  room.server();
  const alice = room.user({ nick: 'alice', uploadSlots: 1 }, [walrus]);
  const carol = room.user({ nick: 'carol', uploadSlots: 1 }, [walrus], { upBytesPerSecond: 100_000 });
  const bob = room.user({ nick: 'bob' });
  const dave = room.user({ nick: 'dave' });
  const erin = room.user({ nick: 'erin' });
  room.world.runFor(1_000);
  const first = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(1_000);
  const second = dave.get(from(alice, carol), { bytes: BYTES });
  const third = erin.get(from(alice), { bytes: BYTES });
  room.world.runFor(8_000);
  assert.deepEqual([second.download.nick, third.download.state], ['carol', 'waiting']);
  room.world.runFor(90_000);
  assert.deepEqual(
    [first, second, third].map(({ basket }) => basket.state),
    ['done', 'done', 'done'],
  );
  assert.equal(alice.client.uploads.done, 2);
});

test('of several holders the nearest is asked first, and when his process dies the next goes on where he stopped', () => {
  const ways = new Map([
    [1, 150],
    [2, 10],
    [3, 80],
  ]);
  const latency = { kind: 'formula', ms: (a: number, b: number) => (ways.get(a) ?? 10) + (ways.get(b) ?? 10) } as const;
  const room = new NapsterRoom({ latency, links: SLOW });
  room.server();
  const holders = ['far', 'near', 'middle'].map((nick) => room.user({ nick }, [walrus]));
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(2_000);
  const { basket, download } = bob.get(from(...holders), { bytes: BYTES });
  room.world.runFor(4_000);
  assert.equal(download.nick, 'near');
  const had = basket.bytes;
  assert.ok(had > 0 && had < BYTES);
  room.world.crash((holders[1] as SimUser).node);
  room.world.runFor(4_000);
  assert.equal(download.nick, 'middle');
  room.world.runFor(30_000);
  assert.deepEqual([basket.state, basket.bytes], ['done', BYTES]);
  assert.ok((holders[2] as SimUser).client.uploads.sentBytes <= BYTES - had);
});

test('a server that dies stops searches, but no transfer; users go to the next server and find each other there', () => {
  const room = new NapsterRoom({ links: SLOW });
  const [first, second] = [room.server(), room.server()];
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  assert.equal(first.protocol.users, 2);
  const { basket } = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(3_000);
  const before = basket.bytes;
  const lost = new Finds();
  bob.client.search({ words: ['walrus'], limit: 10, hashes: null }, lost);
  room.world.crash(first);
  room.world.runFor(50);
  assert.deepEqual([lost.ended, lost.hits.length, bob.diary.of('offline').length], [true, 0, 1]);
  room.world.runFor(15_000);
  assert.ok(before > 0 && before < BYTES);
  assert.deepEqual([basket.state, basket.bytes], ['done', BYTES]);
  assert.deepEqual([second.protocol.users, second.protocol.files.count], [2, 1]);
  assert.deepEqual(bob.search('walrus').held, [`alice ${NAME}`]);
});

test('a transfer that breaks while there is no server goes on with the holder who had let us in', () => {
  const room = new NapsterRoom({ links: SLOW });
  const server = room.server();
  const alice = room.user({ nick: 'alice' }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const { basket } = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(3_000);
  room.world.crash(server, 'power');
  room.world.partition([alice.node], [bob.node]);
  room.world.runFor(70_000);
  const had = basket.bytes;
  assert.ok(had > 0 && had < BYTES && basket.state === 'open');
  room.world.heal();
  room.world.runFor(90_000);
  assert.deepEqual([basket.state, basket.bytes], ['done', BYTES]);
});

test('a downloader whose machine dies goes on where he was when he is back, though the holder still believes in his first connection', () => {
  const room = new NapsterRoom({ links: SLOW });
  room.server();
  const alice = room.user({ nick: 'alice', uploadSlots: 1, uploadsPerUserMax: 1 }, [walrus]);
  const bob = room.user({ nick: 'bob' });
  room.world.runFor(1_000);
  const { basket: first } = bob.get(from(alice), { bytes: BYTES });
  room.world.runFor(4_000);
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
  const { basket: second } = bob.get(from(alice), { bytes: BYTES, offset: first.bytes });
  room.world.runFor(60_000);
  assert.ok(first.bytes > 0 && first.bytes < BYTES);
  assert.deepEqual([second.state, second.bytes, alice.client.uploads.count], ['done', BYTES, 0]);
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
  const { basket } = bob.get([{ nick: 'alice', name: 'c:\\music\\fresh  quoted  song.mp3' }]);
  room.world.runFor(5_000);
  assert.equal(basket.state, 'done');
});
