/** Timers against a sorted list: what is set, cleared and due, over many random steps. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Timer } from '../core/host.ts';
import { Random } from '../core/random.ts';
import { EventLoop } from './event-loop.ts';
import { TimerHeap } from './timer-heap.ts';

test('five thousand random sets and clears fire exactly what is left, by deadline, then by age', async () => {
  const seed = Date.now() % 1e6;
  const random = new Random(seed);
  const fired: number[] = [];
  const loop = new EventLoop();
  const expected = new Map<number, { atMs: number; order: number }>();
  const timers = new Map<number, Timer>();
  await new Promise<void>((resolve) => {
    const heap = new TimerHeap(loop, {
      onTimer(_kind, arg) {
        fired.push(arg);
        if (fired.length === expected.size) resolve();
      },
    });
    loop.begin();
    const startMs = loop.now();
    for (let step = 0; step < 5000; step++) {
      const delayMs = random.below(40);
      timers.set(step, heap.set(delayMs, 1, step));
      expected.set(step, { atMs: startMs + delayMs, order: step });
      const victim = random.below(step + 1);
      if (random.chance(0.4) && expected.delete(victim)) heap.clear(timers.get(victim) as Timer);
      // Clearing again must not hit whoever has the slot now.
      if (random.chance(0.1) && !expected.has(victim)) heap.clear(timers.get(victim) as Timer);
    }
    assert.equal(heap.size, expected.size, `seed ${seed}`);
    loop.end();
  });
  const sorted = [...expected].sort(([, a], [, b]) => a.atMs - b.atMs || a.order - b.order).map(([step]) => step);
  assert.deepEqual(fired, sorted, `seed ${seed}`);
});
