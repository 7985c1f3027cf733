/** Peers that mean no good: whatever they do, they are cut off or passed over, the download completes and what is kept stays bounded. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeU32 } from '../../src/core/bytes.ts';
import { Random } from '../../src/core/random.ts';
import { HALF_OPEN_MAX, HANDSHAKE_TIMEOUT_MS } from '../../src/transfer/bittorrent/bittorrent.ts';
import { SNUB_AFTER_MS } from '../../src/transfer/bittorrent/downloader.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { addFake, type FakeConnection, type FakePeer, type FakeScript, fakeSeed } from './fake-peer.ts';
import { checkNothingLeft } from './swarm-laws.ts';
import { MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';

const PIECES = 40;
const PIECE_BYTES = 65_536;
const LINK = { upBytesPerSecond: 4 * MBIT, downBytesPerSecond: 4 * MBIT };

interface Scene {
  readonly swarm: SwarmWorld;
  /** Comes later than the fakes. */
  readonly seed: Member;
  readonly victim: Member;
  readonly fakes: readonly FakePeer[];
}

/** A seed, a victim that downloads, and fakes that dial the victim before it knows the seed. */
function scene(script: FakeScript, count = 1, options: { magnet?: boolean; seedAfterMs?: number } = {}): Scene {
  const swarm = new SwarmWorld(torrentOf(PIECES, PIECE_BYTES), { seed: 1 });
  const victim = swarm.leecher(LINK, {}, options.magnet === true ? { metainfo: null } : {});
  const fakes = Array.from({ length: count }, () => addFake(swarm, script, [victim.node]).protocol);
  swarm.world.runFor(options.seedAfterMs ?? 100);
  const seed = swarm.seed(LINK);
  return { swarm, seed, victim, fakes };
}

function completes({ swarm, victim }: Scene, withinMs = 120_000): void {
  assert.ok(swarm.finish(withinMs), `the victim did not complete: ${JSON.stringify(victim.node.protocol.inspect())}`);
  checkNothingLeft(swarm);
}

/** Hangs up on the fake, for that reason. */
function cutOff({ swarm, victim, fakes }: Scene, reason: RegExp): void {
  swarm.world.runFor(1000);
  assert.ok(fakes.every((fake) => fake.connection.isClosed));
  assert.match(victim.watch.partings.join('\n'), reason);
}

/** Says its handshake and then something more. */
function saying(more: (connection: FakeConnection) => void): FakeScript {
  return {
    onOpen(connection) {
      connection.sayHandshake();
      more(connection);
    },
  };
}

/** A frame of so many bytes by its length prefix, of which only the first few come. */
function frame(claimedBytes: number, id: number, ...rest: number[]): Uint8Array {
  const bytes = new Uint8Array(5 + rest.length);
  writeU32(bytes, 0, claimedBytes);
  bytes[4] = id;
  bytes.set(rest, 5);
  return bytes;
}

test('garbage instead of a handshake ends the connection and nothing else', () => {
  const random = new Random(3);
  const garbage = scene({ onOpen: (connection) => connection.sayBytes(random.fill(new Uint8Array(5000))) }, 5);
  garbage.swarm.world.runFor(1000);
  assert.ok(garbage.fakes.every((fake) => fake.connection.isClosed));
  completes(garbage);
});

test('frames that are too large are refused before anything is allocated for them', () => {
  for (const [id, bytes] of [
    [PeerMessageId.bitfield, 0x7fff_ffff],
    [PeerMessageId.piece, 131_073 + 9],
    [PeerMessageId.extended, (1 << 20) + 1],
    [200, 0xffff_ffff],
  ] as const) {
    const oversized = scene(saying((connection) => connection.sayBytes(frame(bytes, id))));
    cutOff(oversized, /malformed/);
    completes(oversized);
  }
});

test('a frame that never ends holds up nobody', () => {
  completes(scene(saying((connection) => connection.sayBytes(frame(131_000, PeerMessageId.bitfield, 1, 2, 3)))));
  const broken = scene(
    saying((connection) => {
      connection.sayBytes(frame(13, PeerMessageId.request, 0, 0));
      connection.stream?.end();
    }),
  );
  cutOff(broken, /ended by peer/);
  completes(broken);
});

test('a handshake for another torrent is answered by the end', () => {
  const other = scene({ infoHash: new Uint8Array(20).fill(9) });
  other.swarm.world.runFor(1000);
  assert.ok(other.fakes[0]?.connection.isClosed);
  assert.deepEqual(other.fakes[0]?.connection.messages, []);
  completes(other);
});

for (const [what, reason, script] of [
  ['a bitfield that is too short', /bitfield of 4 bytes for 40 pieces/, { id: PeerMessageId.bitfield, bits: new Uint8Array(4) }],
  ['a bitfield that is too long', /bitfield of 6 bytes for 40 pieces/, { id: PeerMessageId.bitfield, bits: new Uint8Array(6) }],
  ['a HAVE beyond the last piece', /have for piece 40 of 40/, { id: PeerMessageId.have, piece: PIECES }],
  ['a request beyond the last piece', /request for bytes/, { id: PeerMessageId.request, piece: PIECES, begin: 0, length: 16_384 }],
  ['a request beyond the end of a piece', /request for bytes/, { id: PeerMessageId.request, piece: 0, begin: PIECE_BYTES, length: 1 }],
  ['a request that overflows', /request for bytes/, { id: PeerMessageId.request, piece: 0, begin: 0xffff_ffff, length: 0xffff_ffff }],
  ['a request for nothing', /request for bytes/, { id: PeerMessageId.request, piece: 0, begin: 0, length: 0 }],
  ['a request for a megabyte', /request for bytes/, { id: PeerMessageId.request, piece: 0, begin: 0, length: 1 << 20 }],
  [
    'an extension message that is no dictionary',
    /malformed|expected|bencode/i,
    { id: PeerMessageId.extended, extension: 0, payload: new Uint8Array([105, 120]) },
  ],
] as const) {
  test(`${what} ends the connection, and the download goes on`, () => {
    const wrong = scene(saying((connection) => connection.say(script)));
    cutOff(wrong, reason);
    completes(wrong);
  });
}

test('a change of mind about having everything ends the connection', () => {
  const late = scene(
    saying((connection) => {
      connection.say({ id: PeerMessageId.haveAll });
      connection.say({ id: PeerMessageId.haveNone });
    }),
  );
  cutOff(late, /have-none out of place/);
  completes(late);
});

test('BEP 6: who says what it has only after other things, as webtorrent does, is listened to', () => {
  const late = scene(
    saying((connection) => {
      connection.say({ id: PeerMessageId.interested });
      connection.say({ id: PeerMessageId.haveNone });
      connection.say({ id: PeerMessageId.haveAll });
    }),
  );
  late.swarm.world.runFor(5000);
  const progress = late.victim.torrent.peers().map((peer) => peer.progress);
  assert.ok(progress.length > 0 && progress.every((each) => each === 1), String(progress));
});

test('who sends a wrong piece alone is banned at once', () => {
  const poisoned = scene(fakeSeed((connection, request) => connection.sayBlock(request, 66)));
  cutOff(poisoned, /failed its hash/);
  const [fake] = poisoned.swarm.world.nodes.filter((node) => node.protocol === poisoned.fakes[0]);
  assert.ok(fake !== undefined && poisoned.victim.torrent.swarm.candidates.isBanned(fake.endpoint));
  completes(poisoned);
});

test('who unchokes and never sends is snubbed, and others send instead', () => {
  const stalled = scene(
    fakeSeed(() => {}),
    5,
  );
  completes({ ...stalled, swarm: stalled.swarm }, SNUB_AFTER_MS);
  const waiting = scene(fakeSeed(() => {}));
  waiting.swarm.world.leave(waiting.seed.node);
  waiting.swarm.world.runFor(2 * SNUB_AFTER_MS);
  assert.deepEqual(
    [...waiting.victim.torrent.swarm.connections].map((connection) => connection.snubbed),
    [true],
  );
});

test('blocks that nobody asked for are thrown away, and too many of them end the connection', () => {
  const script: FakeScript = {
    ...saying((connection) => connection.say({ id: PeerMessageId.haveAll })),
    tickMs: 10,
    onTick(connection) {
      for (let piece = 0; piece < PIECES; piece++) connection.sayBlock({ piece, begin: 0, length: 16_384 }, 66);
    },
  };
  const flood = scene(script, 1, { seedAfterMs: 30_000 });
  cutOff(flood, /sends what nobody asked for/);
  completes(flood);
});

test('a thousand connections that never say their handshake take no place for long', () => {
  const silent = scene({ onOpen() {}, connections: 1000 });
  const engine = silent.victim.node.protocol;
  let most = 0;
  for (let step = 0; step < 100; step++) {
    silent.swarm.world.runFor(50);
    most = Math.max(most, engine.connectionCount);
  }
  assert.ok(most <= 128 + HALF_OPEN_MAX, `${most} connections`);
  silent.swarm.world.runFor(HANDSHAKE_TIMEOUT_MS);
  assert.ok(engine.connectionCount <= 2, `${engine.connectionCount} connections are left`);
  completes(silent);
});

test('choking and unchoking all the time, interested and not, gains nothing', () => {
  let count = 0;
  const flapping = scene({
    ...fakeSeed(() => {}),
    tickMs: 1,
    onTick(connection) {
      const even = count++ % 2 === 0;
      connection.say({ id: even ? PeerMessageId.choke : PeerMessageId.unchoke });
      connection.say({ id: even ? PeerMessageId.interested : PeerMessageId.notInterested });
    },
  });
  completes(flapping);
  const said = flapping.fakes[0]?.connection.messages.length ?? 0;
  assert.ok(said < 5 * count, `${said} messages to ${2 * count}`);
});

test('a flood of requests waits in a queue that has an end', () => {
  const greedy = scene({
    ...saying((connection) => connection.say({ id: PeerMessageId.interested })),
    tickMs: 100,
    onTick(connection) {
      for (let count = 0; count < 5000; count++) connection.request(count % PIECES, 0, 16_384);
    },
  });
  for (let step = 0; step < 50; step++) {
    greedy.swarm.world.runFor(200);
    for (const connection of greedy.victim.torrent.swarm.connections) {
      assert.ok(connection.requests.length <= 2000, `${connection.requests.length} requests`);
      assert.ok((connection.stream?.queuedBytes ?? 0) <= 6 << 20, `${connection.stream?.queuedBytes} bytes`);
    }
  }
  completes(greedy);
});

test('who asks and does not read is hung up on', () => {
  const deaf = scene({
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.interested });
      connection.stream?.pause();
    },
    tickMs: 100,
    onTick(connection) {
      for (let count = 0; count < 20_000; count++) connection.request(count % PIECES, 0, 16_384);
    },
  });
  let most = 0;
  for (let step = 0; step < 100; step++) {
    deaf.swarm.world.runFor(200);
    for (const { stream } of deaf.victim.torrent.swarm.connections) most = Math.max(most, stream?.queuedBytes ?? 0);
  }
  assert.ok(most <= 6 << 20, `${most} bytes were queued for it`);
  cutOff(deaf, /does not read/);
  completes(deaf);
});

test('who rejects every request is passed over', () => {
  const refusing = scene(
    fakeSeed((connection, request) => connection.say({ ...request, id: PeerMessageId.rejectRequest })),
    5,
  );
  completes(refusing);
  for (const fake of refusing.fakes) {
    const asked = fake.connection.heard(PeerMessageId.request).length;
    assert.ok(asked < 2000, `it was asked ${asked} times`);
  }
});

test('a peer that takes the id of another does not shut it out', () => {
  const peerId = new Uint8Array(20).fill(0xff);
  const swarm = new SwarmWorld(torrentOf(PIECES, PIECE_BYTES), { seed: 1 });
  const victim = swarm.leecher(LINK);
  addFake(swarm, { peerId }, [victim.node]);
  addFake(swarm, { peerId }, [victim.node]);
  swarm.world.runFor(100);
  const seed = swarm.seed(LINK, { peerId });
  completes({ swarm, seed, victim, fakes: [] });
});

test('metadata that is never sent, is without end, or is wrong, is got from somebody else', () => {
  const lying: FakeScript = {
    onOpen(connection) {
      connection.sayHandshake();
      connection.sayExtensions({ metadataBytes: 64 << 20 });
    },
  };
  const liars = scene(lying, 5, { magnet: true });
  completes(liars);
});

test('HAVE messages before the metadata are not gathered without end', () => {
  const chatty = scene(
    {
      onOpen(connection) {
        connection.sayHandshake();
        for (let piece = 0; piece < 70_000; piece++) connection.say({ id: PeerMessageId.have, piece });
      },
    },
    1,
    { magnet: true, seedAfterMs: 5000 },
  );
  cutOff(chatty, /too many have messages/);
  completes(chatty);
});
