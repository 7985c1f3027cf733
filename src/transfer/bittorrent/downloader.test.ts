import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFake, type FakePeer, type FakeScript, fakeSeed } from '../../../test/bittorrent/fake-peer.ts';
import { type Member, SwarmWorld, torrentOf } from '../../lab/swarm-world.ts';
import { GENUINE } from '../../sim/index.ts';
import type { OutstandingRequest, PeerConnection } from './peer-connection.ts';
import { type BlockMessage, PeerMessageId } from './peer-messages.ts';

const BLOCK = 16_384;
const START_TIMEOUT_MS = 20_000;
/** The last piece is short. */
const BLOCKS = 15;

interface Scene {
  readonly swarm: SwarmWorld;
  readonly leecher: Member;
  readonly fakes: readonly FakePeer[];
}

/** A leecher of 4 pieces of 4 blocks, and fakes that dial it. */
function leecherWith(...scripts: FakeScript[]): Scene {
  const swarm = new SwarmWorld(torrentOf(4, 4 * BLOCK), { seed: 1 });
  const leecher = swarm.leecher();
  const fakes = scripts.map((script) => addFake(swarm, script, [leecher.node]).protocol);
  return { swarm, leecher, fakes };
}

function asked(fake: FakePeer | undefined): BlockMessage[] {
  return fake?.connection.heard(PeerMessageId.request) ?? [];
}

function names(requests: readonly { piece: number; begin: number }[]): string[] {
  return requests.map(({ piece, begin }) => `${piece}:${begin / BLOCK}`).sort();
}

function downloadedBytes(member: Member): number {
  return member.torrent.status().downloadedBytes;
}

const silent = fakeSeed(() => {});
const honest = fakeSeed((connection, request) => connection.sayBlock(request));

test('every block is asked for once when it comes', () => {
  const { swarm, leecher, fakes } = leecherWith(honest);
  assert.ok(swarm.finish(5000));
  assert.equal(new Set(names(asked(fakes[0]))).size, BLOCKS);
  assert.equal(asked(fakes[0]).length, BLOCKS);
  assert.equal(leecher.torrent.status().wastedBytes, 0);
});

test('no peer is asked for more blocks than it says that it queues (BEP 10)', () => {
  const { swarm, fakes } = leecherWith({
    ...silent,
    onOpen(connection) {
      connection.sayHandshake();
      connection.sayExtensions({ requestsMax: 3 });
      connection.say({ id: PeerMessageId.haveAll });
      connection.say({ id: PeerMessageId.unchoke });
    },
  });
  swarm.world.runFor(5000);
  assert.equal(asked(fakes[0]).length, 3);
});

test('requests that nobody answers are cancelled in time, and then one block at a time is asked for', () => {
  const { swarm, leecher, fakes } = leecherWith(silent);
  swarm.world.runFor(START_TIMEOUT_MS - 1000);
  const before = asked(fakes[0]).length;
  assert.ok(before > 1);
  swarm.world.runFor(3000);
  assert.equal(fakes[0]?.connection.heard(PeerMessageId.cancel).length, before);
  assert.equal(asked(fakes[0]).length, before + 1);
  const [connection] = [...leecher.torrent.swarm.connections];
  assert.equal(connection?.outstanding.length, 1);
});

test('a peer that answers again after a pause is asked for more again', () => {
  let awake = false;
  const { swarm } = leecherWith(fakeSeed((connection, request) => awake && connection.sayBlock(request)));
  swarm.world.runFor(START_TIMEOUT_MS + 1000);
  awake = true;
  assert.ok(swarm.finish(2 * START_TIMEOUT_MS), 'not done');
});

test('what was asked of a piece that an old client has lost is void, and asked of others at once (BEP 54)', () => {
  const { swarm, leecher, fakes } = leecherWith({
    plain: true,
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.bitfield, bits: Uint8Array.of(0xf0) });
      connection.say({ id: PeerMessageId.unchoke });
    },
  });
  swarm.world.runFor(1000);
  const [connection] = [...leecher.torrent.swarm.connections] as [PeerConnection];
  const { piece } = connection.outstanding[0] as OutstandingRequest;
  leecher.torrent.onPeerLost(connection, piece);
  assert.ok(connection.outstanding.every((request) => request.piece !== piece));
  addFake(swarm, honest, [leecher.node]);
  swarm.world.runFor(2000);
  assert.ok(leecher.torrent.exchange?.store.have.has(piece), 'it was not asked of the other');
  assert.equal(asked(fakes[0]).filter((request) => request.piece === piece).length, 4);
});

test('a choke makes all requests to an old client void, and the next unchoke brings them back', () => {
  const { swarm, leecher, fakes } = leecherWith({
    plain: true,
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.bitfield, bits: Uint8Array.of(0xf0) });
      connection.say({ id: PeerMessageId.unchoke });
    },
  });
  swarm.world.runFor(1000);
  const before = names(asked(fakes[0]));
  fakes[0]?.connection.say({ id: PeerMessageId.choke });
  swarm.world.runFor(1000);
  assert.equal(leecher.torrent.exchange?.downloader.picker.requesterCount, 0);
  fakes[0]?.connection.say({ id: PeerMessageId.unchoke });
  swarm.world.runFor(1000);
  const again = asked(fakes[0]).slice(before.length);
  assert.equal(again.length, before.length);
  assert.equal(new Set(names(again)).size, again.length);
});

test('after a choke by a client that rejects, only the rejects make requests void (BEP 6)', () => {
  const { swarm, leecher, fakes } = leecherWith(silent);
  swarm.world.runFor(1000);
  const connection = (fakes[0] as FakePeer).connection;
  const count = asked(fakes[0]).length;
  connection.say({ id: PeerMessageId.choke });
  swarm.world.runFor(100);
  const [peer] = [...leecher.torrent.swarm.connections];
  assert.equal(peer?.outstanding.length, count);
  for (const request of asked(fakes[0])) connection.say({ ...request, id: PeerMessageId.rejectRequest });
  swarm.world.runFor(100);
  assert.equal(peer?.outstanding.length, 0);
  assert.equal(leecher.torrent.exchange?.downloader.picker.requesterCount, 0);
});

test('pieces that are allowed while choked are asked for while choked, and no others (BEP 6)', () => {
  const { swarm, fakes } = leecherWith({
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.haveAll });
      connection.say({ id: PeerMessageId.allowedFast, piece: 2 });
      connection.say({ id: PeerMessageId.allowedFast, piece: 4_000_000 });
    },
  });
  swarm.world.runFor(1000);
  assert.deepEqual(names(asked(fakes[0])), ['2:0', '2:1', '2:2', '2:3']);
});

test('a suggested piece is asked for first (BEP 6)', () => {
  for (const piece of [0, 1, 2, 3]) {
    const { swarm, fakes } = leecherWith({
      onOpen(connection) {
        connection.sayHandshake();
        connection.say({ id: PeerMessageId.haveAll });
        connection.say({ id: PeerMessageId.suggestPiece, piece });
        connection.say({ id: PeerMessageId.suggestPiece, piece: 4_000_000 });
        connection.say({ id: PeerMessageId.unchoke });
      },
    });
    swarm.world.runFor(1000);
    assert.equal(asked(fakes[0])[0]?.piece, piece);
  }
});

test('at the end blocks are asked of a second peer, and the first answer cancels the other request', () => {
  const { swarm, leecher, fakes } = leecherWith(silent);
  swarm.world.runFor(1000);
  // It lacks the last piece, so that nobody hangs up.
  const helping: FakeScript = {
    ...honest,
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.bitfield, bits: Uint8Array.of(0xe0) });
      connection.say({ id: PeerMessageId.unchoke });
    },
  };
  addFake(swarm, helping, [leecher.node]);
  swarm.world.runFor(5000);
  assert.equal(leecher.torrent.status().piecesHave, 3);
  const copied = asked(fakes[0]).filter((request) => request.piece < 3);
  assert.deepEqual(names(fakes[0]?.connection.heard(PeerMessageId.cancel) ?? []), names(copied));
});

test('a block that breaks off is got again from somebody else, from its beginning', () => {
  let begun = 0;
  const { swarm, leecher, fakes } = leecherWith(
    fakeSeed((connection, { piece, begin }) => {
      // The head of a block and a thousand bytes of it; zeros are genuine.
      if (begun++ > 0) return;
      const bytes = new Uint8Array(13 + 1000);
      bytes.set([0, 0, 0x40, 9, 7, 0, 0, 0, piece, 0, 0, begin >> 8, begin & 0xff]);
      connection.sayBytes(bytes);
    }),
  );
  swarm.world.runFor(1000);
  assert.ok(begun > 0 && downloadedBytes(leecher) === 1000);
  fakes[0]?.connection.stream?.reset();
  addFake(swarm, honest, [leecher.node]);
  assert.ok(swarm.finish(START_TIMEOUT_MS));
  assert.equal(leecher.watch.order.length, 4);
});

test('a late block is taken by nobody and held against nobody', () => {
  const late: BlockMessage[] = [];
  const { swarm, leecher, fakes } = leecherWith(fakeSeed((_, request) => late.push(request)));
  swarm.world.runFor(START_TIMEOUT_MS + 2000);
  for (const request of late) fakes[0]?.connection.sayBlock(request);
  swarm.world.runFor(1000);
  assert.equal(fakes[0]?.connection.isClosed, false);
  assert.ok(leecher.torrent.status().wastedBytes > 0);
});

test('who took part in a piece that failed its hash has the flag F, innocent or not', () => {
  /** Takes two requests at a time, so that pieces of four blocks have two senders. */
  const sharing = (mark: number): FakeScript => ({
    ...fakeSeed((connection, request) => connection.sayBlock(request, mark)),
    onOpen(connection) {
      connection.sayHandshake();
      connection.sayExtensions({ requestsMax: 2 });
      connection.say({ id: PeerMessageId.haveAll });
      connection.say({ id: PeerMessageId.unchoke });
    },
  });
  const { swarm, leecher } = leecherWith(sharing(GENUINE), sharing(66));
  const flagged = (): number => leecher.torrent.peers().filter(({ flags }) => flags.includes('F')).length;
  assert.ok(
    swarm.world.runUntil(() => flagged() === 2, 5000),
    JSON.stringify(leecher.torrent.peers()),
  );
});
