/** The event wheel against a naive oracle: a list that is sorted anew for every event. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../core/random.ts';
import { EventWheel } from './event-wheel.ts';
import { forSeeds } from './seeds.ts';

interface Expected {
  readonly time: number;
  readonly sequence: number;
  readonly handle: number;
}

test('events come in the order of their ticks, and equal ones in the order in which they were put in', () => {
  forSeeds(40, (seed) => {
    const random = new Random(seed);
    const wheel = new EventWheel();
    let expected: Expected[] = [];
    let sequence = 0;
    // Spans around the borders of both levels, and far beyond.
    const spans = [1, 3, 100, 16_384, 40_000, 1 << 28, 2 ** 31, 2 ** 40];
    for (let step = 0; step < 400; step++) {
      const action = random.below(10);
      if (action < 5) {
        const time = wheel.now + Math.floor(random.unit() * (spans[random.below(spans.length)] as number));
        const handle = wheel.insert(time, 1 + (sequence % 200), sequence, sequence * 1.5, sequence);
        expected.push({ time, sequence, handle });
        sequence++;
      } else if (action < 6 && expected.length > 0) {
        const [gone] = expected.splice(random.below(expected.length), 1) as [Expected];
        assert.equal(wheel.cancel(gone.handle), true);
        assert.equal(wheel.cancel(gone.handle), false);
      } else {
        expected = expected.sort((a, b) => a.time - b.time || a.sequence - b.sequence);
        const limit = wheel.now + Math.floor(random.unit() * (spans[random.below(spans.length)] as number));
        const due = expected[0];
        if (due === undefined || due.time > limit) {
          assert.equal(wheel.next(limit), false);
          assert.equal(wheel.now, limit);
        } else {
          assert.equal(wheel.next(limit), true);
          assert.deepEqual(
            [wheel.now, wheel.kind, wheel.extra, wheel.arg, wheel.payload],
            [due.time, 1 + (due.sequence % 200), due.sequence, due.sequence * 1.5, due.sequence],
          );
          expected.shift();
        }
      }
      assert.equal(wheel.pending, expected.length);
    }
  });
});

test('a handle of a slot that was used again cancels nothing', () => {
  const wheel = new EventWheel();
  const first = wheel.insert(5, 1, 0, 0, null);
  wheel.cancel(first);
  wheel.insert(6, 2, 0, 0, null);
  assert.equal(wheel.cancel(first), false);
  assert.equal(wheel.next(10), true);
  assert.equal(wheel.kind, 2);
});

test('an event in the past is refused', () => {
  const wheel = new EventWheel();
  wheel.next(100);
  assert.throws(() => wheel.insert(99, 1, 0, 0, null), /tick 100 or later expected, got 99/);
});
