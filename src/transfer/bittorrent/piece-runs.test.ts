/** Runs of pieces against a terrain that is plain data: which stretch is taken, and who gets what of it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitset } from '../../core/bitset.ts';
import { Random } from '../../core/random.ts';
import { type PieceRun, PieceRuns, type RunTerrain, type RunWish } from './piece-runs.ts';

/** A digit a piece: how many peers have it; a dot where it is not to be begun. */
class Terrain implements RunTerrain {
  readonly pieceCount: number;
  readonly random = new Random(1);
  readonly claimed = new Set<number>();
  readonly priorities: number[];
  private readonly map: string;

  constructor(map: string, priorities: Readonly<Record<number, number>> = {}) {
    this.map = map;
    this.pieceCount = map.length;
    this.priorities = Array.from(map, (_, piece) => priorities[piece] ?? 4);
  }
  freeAt(piece: number): number {
    return this.map[piece] === '.' || this.claimed.has(piece) ? 0 : (this.priorities[piece] as number);
  }
  holdersOf(piece: number): number {
    return Number(this.map[piece]);
  }
  claim(piece: number): void {
    this.claimed.add(piece);
  }
  unclaim(piece: number): void {
    this.claimed.delete(piece);
  }
}

const WISH: RunWish = { slot: 7, piecesMax: 100, cursor: -1, barred: null, order: 'rarest', from: 0, company: false, slack: 0 };

function claimed(map: string, wish: Partial<RunWish> = {}, priorities: Readonly<Record<number, number>> = {}): string {
  const terrain = new Terrain(map, priorities);
  const run = new PieceRuns(terrain).claim({ ...WISH, ...wish });
  return run === null ? 'nothing' : `${run.next}-${run.end}`;
}

function everything(pieceCount: number): Bitset {
  const have = new Bitset(pieceCount);
  have.fill();
  return have;
}

test('the longest gap is taken from its beginning (BEP 19)', () => {
  assert.equal(claimed('..0000.00.'), '2-6');
  assert.equal(claimed('..0000.00.', { piecesMax: 3 }), '2-5');
  assert.equal(claimed('..........'), 'nothing');
});

test('what the fewest have goes before longer gaps, and a little more counts as few in a crowd', () => {
  assert.equal(claimed('1111.00.22'), '5-7');
  assert.equal(claimed('1111.00.22', { slack: 1 }), '0-4');
});

test('a source goes on where it was, if that is as rare as anything', () => {
  assert.equal(claimed('000000.000', { cursor: 7 }), '7-10');
  assert.equal(claimed('000000.111', { cursor: 7 }), '0-6');
});

test('wanted files come in the order of their priorities, and what a source has not is left out', () => {
  assert.equal(claimed('000000', {}, { 3: 6, 4: 6 }), '3-5');
  const barred = new Bitset(6);
  barred.add(2);
  assert.equal(claimed('000000', { barred }), '3-6');
});

test('in company it begins anywhere in the gap, so that no two bring the same', () => {
  const terrain = new Terrain('0'.repeat(1000));
  const begins = new Set<number>();
  for (let count = 0; count < 20; count++) {
    const runs = new PieceRuns(terrain);
    const run = runs.claim({ ...WISH, company: true, piecesMax: 10 }) as PieceRun;
    begins.add(run.next);
    runs.release(run);
  }
  assert.ok(begins.size > 15, [...begins].join());
  assert.equal(terrain.claimed.size, 0);
});

test('in order it takes the first gap; in one go all from the first to the last, claiming only what is free', () => {
  assert.equal(claimed('.00.0000', { order: 'first' }), '1-3');
  assert.equal(claimed('.00.0000', { order: 'first', from: 2 }), '2-3');
  const terrain = new Terrain('.00.0000');
  const run = new PieceRuns(terrain).claim({ ...WISH, order: 'all' }) as PieceRun;
  assert.deepEqual([run.next, run.end, [...terrain.claimed].join('')], [1, 8, '124567']);
});

test('a peer without anything to do takes from the end of the longest run, as far as it has it', () => {
  const terrain = new Terrain('0'.repeat(20));
  const runs = new PieceRuns(terrain);
  const short = runs.claim({ ...WISH, piecesMax: 5 }) as PieceRun;
  const long = runs.claim({ ...WISH, piecesMax: 10 }) as PieceRun;
  assert.ok(runs.giveWay(everything(20)));
  assert.deepEqual([short.end, long.end], [5, 14]);
  const some = new Bitset(20);
  some.add(8);
  assert.ok(runs.giveWay(some));
  assert.deepEqual([long.end, runs.claimant(7), runs.claimant(8)], [8, 7, -1]);
  assert.equal(runs.giveWay(new Bitset(20)), false);
});

test('a run whose pieces have all been taken or come to their turn gives nothing more away', () => {
  const runs = new PieceRuns(new Terrain('000'));
  const run = runs.claim(WISH) as PieceRun;
  run.next = 3;
  assert.equal(runs.giveWay(everything(3)), false);
});
