import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { point } from '../../../test/pastry/networks.ts';
import { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { Random } from '../../core/random.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import { Known } from '../../core/known.ts';
import { BOTH_ENDS, endOfNamed, endOfSpeaker, LARGER_END, NO_END, SMALLER_END } from './leaf-ends.ts';
import { LeafSet } from './leaf-set.ts';

const ADDRESS = new Uint8Array(6);

function contact(value: number): Contact {
  return new Contact(point(value), 0, ADDRESS);
}

function known(value: number): Known {
  return new Known(contact(value), 10);
}

/** The leaf set of a node at `self` to which all of these were told, with any room to take them. */
function setOf(self: number, size: number, values: readonly number[]): LeafSet {
  const leaves = new LeafSet(contact(self), size);
  for (const value of values) leaves.add(known(value), BOTH_ENDS);
  return leaves;
}

const valuesOf = (side: readonly Known[]): number[] => side.map((leaf) => leaf.contact.w0 >>> 0);
const wordsOf = (ids: readonly Id160[]): number[] => ids.map((id) => id.w0 >>> 0);

describe('Middleware 2001, section 2.2: the leaf set', () => {
  test('has the nearest on each side, nearest first, in whatever order they come, and round the end of all numbers', () => {
    const random = new Random(1, 1);
    for (let turn = 0; turn < 200; turn++) {
      const leaves = setOf(0x1000_0000, 4, random.shuffle([0xf000_0000, 0x2000_0000, 0xe000_0000, 0x3000_0000, 0x8000_0000, 0x0800_0000]));
      assert.deepEqual(
        [valuesOf(leaves.larger), valuesOf(leaves.smaller)],
        [
          [0x2000_0000, 0x3000_0000],
          [0x0800_0000, 0xf000_0000],
        ],
      );
    }
  });

  test('of a network smaller than the set has everybody on both sides, and then covers every key', () => {
    const leaves = setOf(10, 8, [20, 30]);
    assert.deepEqual(
      [valuesOf(leaves.larger), valuesOf(leaves.smaller)],
      [
        [20, 30],
        [30, 20],
      ],
    );
    assert.ok(leaves.knowsAll && leaves.covers(point(0x8000_0000)));
    assert.equal(leaves.count, 2);
  });

  test('covers from its farthest smaller to its farthest larger leaf, both included', () => {
    const leaves = setOf(100, 4, [110, 120, 90, 80, 70, 130]);
    const covered = [79, 80, 100, 120, 121].map((value) => leaves.covers(point(value)));
    assert.deepEqual(covered, [false, true, true, true, false]);
  });

  test('takes nobody behind the last of a side that has room unless that is known to follow it', () => {
    const leaves = setOf(100, 4, [110, 120, 90, 80]);
    leaves.remove(point(120));
    assert.ok(!leaves.wants(point(0x7000_0000)) && !leaves.covers(point(115)));
    assert.ok(leaves.wants(point(105)), 'between two leaves anybody may be');
    assert.ok(leaves.wants(point(130), LARGER_END) && !leaves.wants(point(130), SMALLER_END));
  });

  test('names the numerically nearest of all that it has, itself included, as sorting them would', () => {
    const random = new Random(2, 2);
    for (let turn = 0; turn < 300; turn++) {
      const all = Array.from({ length: 1 + random.below(12) }, () => random.u32());
      const leaves = setOf(random.u32(), 8, all);
      const key = point(random.u32());
      const ids = [...leaves.all().map((leaf) => leaf.contact), contactOfSelf(leaves)];
      const sorted = ids.sort((a, b) => compareNearness(a, b, key));
      const count = 1 + random.below(6);
      assert.deepEqual(wordsOf(leaves.nearest(key, count)), wordsOf(sorted.slice(0, count)));
    }
  });
});

test('section 2: names as holders of a key only those than whom nobody unknown can be nearer', () => {
  const leaves = setOf(100, 4, [110, 120, 90, 80, 130, 70]);
  const holders = (key: number): number[] => wordsOf(leaves.holders(point(key), 3));
  assert.deepEqual(holders(101), [100, 110, 90]);
  // Somebody at 121 would be nearer to 118 than 110 is.
  assert.deepEqual(holders(118), [120]);
});

function contactOfSelf(leaves: LeafSet): Contact {
  return leaves.nearest(point(0), 40).find((each) => leaves.get(each) === null) as Contact;
}

describe('who follows without a gap', () => {
  const said = { larger: [point(60), point(70)], smaller: [point(40), point(30)] };

  test('is behind us what a neighbour says is behind it, on the side where we are not', () => {
    // We are at 55, the neighbour at 50: its larger ones are ours, its smaller ones too.
    const ends = [point(60), point(70)].map((id) => endOfNamed(point(55), point(50), id, true, said));
    assert.deepEqual(ends, [LARGER_END, LARGER_END]);
    assert.deepEqual(endOfNamed(point(55), point(50), point(40), false, said), SMALLER_END);
    assert.deepEqual(endOfSpeaker(point(55), point(50), said), SMALLER_END);
  });

  test('is between us and it who is named on our side', () => {
    assert.deepEqual(endOfNamed(point(65), point(50), point(60), true, said), SMALLER_END);
    assert.deepEqual(endOfNamed(point(35), point(50), point(40), false, said), LARGER_END);
  });

  test('is nobody whose way leads round the whole ring, and anybody where all are known', () => {
    assert.deepEqual(endOfNamed(point(45), point(50), point(47), true, said), NO_END);
    assert.deepEqual(endOfNamed(point(45), point(50), point(60), true, { larger: [point(60)], smaller: [point(60)] }), BOTH_ENDS);
    assert.deepEqual(endOfSpeaker(point(45), point(50), { larger: [], smaller: [] }), BOTH_ENDS);
  });
});
