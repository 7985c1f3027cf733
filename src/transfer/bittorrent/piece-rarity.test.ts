import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Bitset } from '../../core/bitset.ts';
import { Random } from '../../core/random.ts';
import { PieceRarity } from './piece-rarity.ts';

const PIECES = 3000;

function someOf(random: Random, share: number, from = 0): Bitset {
  const have = new Bitset(PIECES);
  for (let piece = from; piece < PIECES; piece++) if (random.chance(share)) have.add(piece);
  return have;
}

test('among thousands of pieces every peer is given its rarest first, however the counts came about', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const random = new Random(seed);
      const priorities = new Uint8Array(PIECES).map(() => random.below(8));
      const rarity = new PieceRarity(PIECES, priorities, random);
      const counts = new Array<number>(PIECES).fill(0);
      const fresh = new Set([...priorities.keys()].filter((piece) => priorities[piece] !== 0));
      const peers: Bitset[] = [];
      for (let step = 0; step < 12; step++) {
        // Peers with few pieces move them one by one, those with many have the order made anew.
        const have = someOf(random, random.chance(0.5) ? 0.01 : 0.6, random.chance(0.3) ? PIECES / 2 : 0);
        peers.push(have);
        rarity.addPeer(have);
        for (let piece = 0; piece < PIECES; piece++) if (have.has(piece)) counts[piece] = (counts[piece] as number) + 1;
        for (let time = 0; time < 50; time++) {
          const piece = random.below(PIECES);
          rarity.increase(piece);
          counts[piece] = (counts[piece] as number) + 1;
        }
        const peer = peers[random.below(peers.length)] as Bitset;
        const priority = 1 + random.below(7);
        const mine = [...fresh].filter((piece) => priorities[piece] === priority && peer.has(piece));
        const scan = rarity.scan(priority, peer);
        for (let taken = 0; taken < 20; taken++) {
          const piece = scan.next();
          const left = mine.filter((each) => fresh.has(each)).map((each) => counts[each] as number);
          if (piece < 0) {
            assert.deepEqual(left, []);
            break;
          }
          assert.ok(fresh.has(piece) && peer.has(piece) && priorities[piece] === priority);
          assert.equal(counts[piece], Math.min(...left));
          rarity.remove(piece);
          fresh.delete(piece);
        }
      }
    }),
    { numRuns: 15 },
  );
});

test('a change by one lands at a random place among its equals', () => {
  const first = new Map<number, number>();
  for (let seed = 0; seed < 1000; seed++) {
    const rarity = new PieceRarity(10, new Uint8Array(10).fill(4), new Random(seed));
    const all = new Bitset(10);
    all.fill();
    rarity.scan(4, all).next();
    for (let piece = 0; piece < 10; piece++) rarity.increase(piece);
    const piece = rarity.scan(4, all).next();
    first.set(piece, (first.get(piece) ?? 0) + 1);
  }
  for (let piece = 0; piece < 10; piece++) {
    const times = first.get(piece) ?? 0;
    assert.ok(times > 60 && times < 150, `piece ${piece} stood first ${times} times of 1000`);
  }
});
