import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitset } from '../../core/bitset.ts';
import { Random } from '../../core/random.ts';
import { BLOCK_BYTES, type BlockRequest, PieceGeometry } from './block.ts';
import { ENDGAME_AGE_MS, ENDGAME_COPIES_MAX } from './endgame.ts';
import { type Haste, NO_HASTE } from './haste.ts';
import { PiecePicker, RANDOM_FIRST_PIECES } from './piece-picker.ts';
import { PickerOracle } from '../../../test/bittorrent/picker-oracle.ts';

/** Blocks of 16 KiB, `blocks` to a piece. */
function picker(pieces: number, blocks: number, seed = 1): PiecePicker {
  return new PiecePicker(new PieceGeometry(pieces * blocks * BLOCK_BYTES, blocks * BLOCK_BYTES), new Random(seed));
}

function bits(length: number, ...pieces: number[]): Bitset {
  const have = new Bitset(length);
  for (const piece of pieces) have.add(piece);
  return have;
}

function full(length: number): Bitset {
  const have = new Bitset(length);
  have.fill();
  return have;
}

function pick(from: PiecePicker, slot: number, have: Bitset, count: number, now = 0, haste: Partial<Haste> = {}): BlockRequest[] {
  const out: BlockRequest[] = [];
  from.pick(slot, have, count, out, now, { ...NO_HASTE, ...haste });
  return out;
}

function piecesOf(requests: readonly BlockRequest[]): number[] {
  return [...new Set(requests.map((request) => request.piece))];
}

/** Has the first pieces, so that random first is over. */
function warm(pieces: number, blocks: number, seed = 1): PiecePicker {
  const warmed = picker(pieces, blocks, seed);
  for (let piece = 0; piece < RANDOM_FIRST_PIECES; piece++) warmed.pieceVerified(piece);
  return warmed;
}

test('whatever peers do, the picker agrees with a naive model', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), fc.boolean(), (seed, sequential) => new PickerOracle(seed, sequential).run(300)),
    { numRuns: 150 },
  );
});

test('rarest first: of all that a peer has, the piece that fewest have comes first', () => {
  const few = warm(40, 1);
  for (let piece = 4; piece < 40; piece++) for (let peer = 0; peer < 40 - piece; peer++) few.peerHave(piece);
  const order = pick(few, 0, full(40), 36).map((request) => request.piece);
  assert.deepEqual(
    order,
    Array.from({ length: 36 }, (_, index) => 39 - index),
  );
});

test('equally rare pieces are chosen at random, so that leechers of one seed rarely choose the same', () => {
  const chosen = new Map<number, number>();
  for (let seed = 0; seed < 2000; seed++) {
    const own = warm(24, 4, seed);
    own.addSeed();
    const [piece] = piecesOf(pick(own, 0, full(24), 4));
    chosen.set(piece as number, (chosen.get(piece as number) ?? 0) + 1);
  }
  assert.equal(chosen.size, 20);
  for (const [piece, times] of chosen) assert.ok(times > 55 && times < 155, `piece ${piece} was chosen ${times} times, expected about 100`);
});

test('the first pieces are random and not the rarest', () => {
  let rarest = 0;
  for (let seed = 0; seed < 200; seed++) {
    const fresh = picker(50, 1, seed);
    for (let piece = 1; piece < 50; piece++) fresh.peerHave(piece);
    if ((pick(fresh, 0, full(50), 1)[0] as BlockRequest).piece === 0) rarest++;
  }
  assert.ok(rarest < 20, `the rarest of 50 pieces was chosen first ${rarest} times of 200`);
});

test('a peer finishes its own piece before it begins another, and a second peer begins one of its own', () => {
  const own = warm(20, 16);
  const first = pick(own, 0, full(20), 4);
  const second = pick(own, 1, full(20), 4);
  assert.notDeepEqual(piecesOf(first), piecesOf(second));
  assert.deepEqual(piecesOf([...first, ...pick(own, 0, full(20), 12)]), piecesOf(first));
});

test('slow peers share pieces, a fast one takes whole ones', () => {
  const own = warm(100, 256);
  const slow = new Set<number>();
  for (let slot = 0; slot < 24; slot++) for (const piece of piecesOf(pick(own, slot, full(100), 2))) slow.add(piece);
  assert.ok(slow.size <= 4, `24 slow peers work on ${slow.size} pieces`);
  const fast = piecesOf(pick(own, 99, full(100), 512));
  assert.deepEqual(
    fast.filter((piece) => slow.has(piece)),
    [],
  );
  assert.equal(fast.length, 2);
});

test('a piece whose peer has gone is finished before a new one is begun', () => {
  const own = warm(20, 16);
  const [abandoned] = piecesOf(pick(own, 0, full(20), 8));
  own.blockReceived(0, abandoned as number, 0);
  own.peerGone(0);
  assert.deepEqual(piecesOf(pick(own, 1, full(20), 15)), [abandoned]);
});

test('priorities go before rarity, and what is not wanted is never asked for', () => {
  const own = warm(10, 1);
  for (let piece = 0; piece < 9; piece++) own.peerHave(piece);
  own.setPriority(7, 7);
  own.setPriority(8, 0);
  own.setPriority(5, 1);
  const order = pick(own, 0, full(10), 10).map((request) => request.piece);
  assert.equal(order[0], 7);
  assert.equal(order[1], 9);
  assert.equal(order.at(-1), 5);
  assert.ok(!order.includes(8));
});

/** Piece 25 is needed at 1000, piece 20 at 3000. */
function hurried(): PiecePicker {
  const own = warm(30, 2);
  own.setDeadlines([
    { piece: 20, atMs: 3000 },
    { piece: 25, atMs: 1000 },
  ]);
  return own;
}

test('deadlines go before everything, earliest first', () => {
  const own = hurried();
  assert.equal(own.unservedBy(2000, null), 25);
  assert.deepEqual(piecesOf(pick(own, 0, full(30), 4, 0)), [25, 20]);
  assert.equal(own.unservedBy(9000, null), -1);
  own.pieceVerified(25);
  own.setDeadlines([{ piece: 25, atMs: 0 }]);
  assert.equal(own.hasDeadlines, false, 'what is here is not needed any more');
});

test('what slow peers hold is asked for twice once it is late, and nothing of quick ones is', () => {
  const own = hurried();
  pick(own, 0, full(30), 2, 0);
  assert.ok(!piecesOf(pick(own, 1, full(30), 2, 900, { laggards: new Set([0]) })).includes(25), 'it is not late yet');
  assert.ok(!piecesOf(pick(own, 2, full(30), 2, 2000)).includes(25), 'who holds it is as quick');
  assert.deepEqual(piecesOf(pick(own, 3, full(30), 2, 2000, { laggards: new Set([0]) })), [25]);
});

test('a peer that would be too late leaves a piece to much quicker ones that have it, and takes what is needed later', () => {
  const slow = { delayMs: 800, rivals: [full(30)] };
  assert.deepEqual(piecesOf(pick(hurried(), 0, full(30), 2, 0, slow)), [20]);
  assert.deepEqual(piecesOf(pick(hurried(), 0, full(30), 2, 0, { ...slow, rivals: [bits(30, 20)] })), [25], 'no other has it');
  assert.deepEqual(piecesOf(pick(hurried(), 0, full(30), 2, 0, { ...slow, delayMs: 400 })), [25], 'it is soon enough');
});

test('what a web seed is about to bring is left to it, until it is late or slow', () => {
  const own = hurried();
  assert.ok(own.claimRun({ slot: 9, piecesMax: 30, hurriedMax: 1, cursor: -1, barred: null }, false));
  assert.deepEqual(piecesOf(pick(own, 0, full(30), 2, 1500)), [20]);
  assert.deepEqual(piecesOf(pick(own, 1, full(30), 1, 1500, { laggards: new Set([9]) })), [25]);
  assert.deepEqual(piecesOf(pick(own, 2, full(30), 1, 2000)), [25]);
});

test('sequential mode takes pieces in order', () => {
  const own = picker(60, 2);
  own.order = 'sequential';
  assert.deepEqual(piecesOf(pick(own, 0, full(60), 20)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(piecesOf(pick(own, 1, bits(60, 30, 12), 2)), [12]);
});

test('endgame: when all is asked for, an idle peer is given the oldest blocks of others, and their copies are cancelled', () => {
  const own = warm(6, 2);
  own.addSeed();
  pick(own, 0, full(6), 4, 0);
  assert.deepEqual(pick(own, 1, full(6), 4, ENDGAME_AGE_MS - 1), []);
  assert.equal(pick(own, 1, full(6), 4, ENDGAME_AGE_MS).length, 4);
  assert.deepEqual(pick(own, 1, full(6), 4, 9_000), [], 'who has work gets no copies');
  assert.equal(pick(own, 2, full(6), 4, 9_000).length, 4);
  assert.deepEqual(pick(own, 3, full(6), 4, 99_000), [], `${ENDGAME_COPIES_MAX} peers are asked for a block`);
  const outcome = own.blockReceived(1, 4, 0);
  assert.deepEqual([outcome.fresh, outcome.pieceDone, new Set(outcome.others)], [true, false, new Set([0, 2])]);
  assert.equal(own.blockReceived(0, 4, 0).fresh, false);
});

test('no endgame while a block that somebody has is free', () => {
  const own = warm(6, 2);
  own.addPeer(bits(6, 5));
  pick(own, 0, bits(6, 4), 4, 0);
  assert.deepEqual(pick(own, 1, bits(6, 4), 4, 60_000), []);
  own.removePeer(bits(6, 5));
  assert.equal(pick(own, 1, bits(6, 4), 4, 60_000).length, 2);
});

test('a piece that has failed is fetched from one peer at a time', () => {
  const own = warm(5, 4);
  for (const { piece, block } of [...pick(own, 0, full(5), 2), ...pick(own, 1, full(5), 2)]) own.blockReceived(0, piece, block);
  own.pieceFailed(4);
  assert.equal(pick(own, 0, full(5), 1).length, 1);
  assert.deepEqual(pick(own, 1, full(5), 4), []);
  assert.equal(pick(own, 0, full(5), 4).length, 3);
});

test('a piece being verified is neither picked nor lost, and its senders are known', () => {
  const own = warm(5, 2);
  for (const { piece, block } of pick(own, 7, full(5), 2)) own.blockReceived(7, piece, block);
  assert.deepEqual(pick(own, 8, full(5), 2, 60_000), []);
  assert.equal(own.finished, false);
  assert.deepEqual([own.blockSource(4, 0), own.blockSource(4, 1)], [7, 7]);
  own.peerGone(7);
  assert.deepEqual([own.blockSource(4, 0), own.isMissing(4, 0)], [7, false]);
  own.pieceVerified(4);
  assert.equal(own.finished, true);
});

test('a suggested piece is taken whole, and the answer tells when it is used up', () => {
  const own = warm(8, 4);
  const out: BlockRequest[] = [];
  assert.equal(own.pickPiece(0, 6, 3, out, 0), false);
  assert.equal(own.pickPiece(0, 6, 3, out, 0), true);
  assert.deepEqual(
    out.map((request) => request.block),
    [0, 1, 2, 3],
  );
  assert.equal(own.pickPiece(0, 6, 3, out, 0), true);
  assert.equal(own.pickPiece(0, 1, 3, out, 0), true);
  assert.equal(out.length, 4);
});

test('a piece that a recheck has lost is fetched again', () => {
  const own = picker(3, 1);
  for (let piece = 0; piece < 3; piece++) own.pieceVerified(piece);
  assert.equal(own.finished, true);
  own.pieceLost(1);
  assert.deepEqual(pick(own, 0, full(3), 5), [{ piece: 1, block: 0 }]);
});

test('availability tells the distribution and the copies of the whole', () => {
  const own = picker(4, 1);
  own.addSeed();
  own.addPeer(bits(4, 0, 1));
  own.peerHave(0);
  assert.deepEqual(own.availability(), { histogram: [0, 2, 1, 1], distributedCopies: 1.5 });
  assert.deepEqual(
    [0, 1, 2].map((piece) => own.availabilityOf(piece)),
    [3, 2, 1],
  );
});
