/** The promises on timers and the clock. */

import assert from 'node:assert/strict';
import { NO_TIMER } from '../../src/core/host.ts';
import type { Promised } from './harness.ts';
import type { Script } from './script.ts';

export function timerPromises(promise: Promised): void {
  promise('timers fire in the order of their delays, equal ones in the order in which they were set', 1, async (network, [a]) => {
    const script = a as Script;
    script.act((host) => {
      host.setTimer(30, 3, 30);
      host.setTimer(10, 1, 10.5);
      host.setTimer(20, 2, 1);
      host.setTimer(20, 2, 2);
      host.setTimer(20, 2, 3);
    });
    await network.until(() => script.fired.length === 5, 'five timers');
    assert.deepEqual(script.fired, ['1:10.5', '2:1', '2:2', '2:3', '3:30']);
  });

  promise('a timer never fires early, nor from inside setTimer', 1, async (network, [a]) => {
    const script = a as Script;
    let inside = false;
    script.act((host) => {
      inside = true;
      for (const delay of [0, 0.3, 1, 7.7, 25]) {
        const setAt = host.now();
        script.onFire.push(() => {
          assert.ok(!inside);
          // The order is that of the delays, so this callback belongs to this timer.
          assert.ok(host.now() >= setAt + delay, `${delay} ms: set at ${setAt}, fired at ${host.now()}`);
        });
        host.setTimer(delay, 1, delay);
      }
      inside = false;
    });
    await network.until(() => script.fired.length === 5, 'five timers');
  });

  promise('a cleared timer does not fire, and clearing what is not running is ignored', 1, async (network, [a]) => {
    const script = a as Script;
    let first = NO_TIMER;
    script.act((host) => {
      const cleared = host.setTimer(5, 1, 1);
      first = host.setTimer(5, 2, 2);
      host.clearTimer(cleared);
      host.clearTimer(cleared);
      host.clearTimer(NO_TIMER);
      assert.notEqual(first, NO_TIMER);
    });
    await network.until(() => script.fired.length === 1, 'the other timer');
    script.act((host) => {
      // Its place may have been given to a new timer by now.
      host.setTimer(5, 3, 3);
      host.clearTimer(first);
    });
    await network.until(() => script.fired.length === 2, 'the new timer');
    await network.pass(20);
    assert.deepEqual(script.fired, ['2:2', '3:3']);
  });

  promise('now is constant within an event and never runs backwards', 1, async (network, [a]) => {
    const script = a as Script;
    const seen: number[] = [];
    for (let round = 0; round < 3; round++) {
      script.act((host) => {
        const before = host.now();
        const spinUntil = performance.now() + 3;
        while (performance.now() < spinUntil);
        assert.equal(host.now(), before);
        seen.push(before);
      });
      await network.pass(2);
    }
    await network.until(() => seen.length === 3, 'three events');
    assert.deepEqual(
      seen,
      seen.toSorted((x, y) => x - y),
    );
  });
}
