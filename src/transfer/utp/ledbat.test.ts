/** The window of LEDBAT, delays and timeouts, as plain numbers. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DelayHistory } from './delay-history.ts';
import { Ledbat, TARGET_MS } from './ledbat.ts';
import { RoundTrip } from './round-trip.ts';

const PACKET = 1000;
const RTT_MS = 50;

/** Acknowledges a window's worth, round trip by round trip. */
function rounds(ledbat: Ledbat, count: number, queueingMs: number, fromMs = 0): number[] {
  const windows: number[] = [];
  for (let round = 0; round < count; round++) {
    for (let left = ledbat.windowBytes; left > 0; left -= PACKET)
      ledbat.acknowledged(Math.min(left, PACKET), queueingMs, true, RTT_MS, fromMs + round * RTT_MS);
    windows.push(ledbat.windowBytes);
  }
  return windows;
}

test('the window begins with four packets and at most doubles in a round trip, as TCP does', () => {
  const ledbat = new Ledbat(PACKET);
  let before = ledbat.windowBytes;
  assert.equal(before, 4 * PACKET);
  for (const window of rounds(ledbat, 8, 0)) {
    assert.ok(window <= 2 * before, `${before} to ${window}`);
    before = window;
  }
});

test('after the first growth it widens by one packet a round trip, and not at all when it is not used up', () => {
  const ledbat = new Ledbat(PACKET);
  ledbat.lost();
  const before = ledbat.windowBytes;
  const [after] = rounds(ledbat, 1, 0) as [number];
  assert.ok(after > before && after <= before + PACKET);
  ledbat.acknowledged(PACKET, 0, false, RTT_MS, 1000);
  assert.equal(ledbat.windowBytes, after);
});

test('the more packets wait beyond 100 ms, the faster the window shrinks, by half a round trip at most', () => {
  const windowAt = (queueingMs: number): number => {
    const ledbat = new Ledbat(PACKET);
    rounds(ledbat, 5, 0);
    ledbat.lost();
    const before = ledbat.windowBytes;
    ledbat.acknowledged(before, queueingMs, true, RTT_MS, 1000);
    return ledbat.windowBytes / before;
  };
  assert.ok(windowAt(TARGET_MS) > 1);
  assert.ok(windowAt(1.2 * TARGET_MS) < 0.9);
  assert.equal(windowAt(2 * TARGET_MS), 0.5);
  assert.equal(windowAt(20 * TARGET_MS), 0.5);
});

test('a loss halves the window, a timeout leaves one packet', () => {
  const ledbat = new Ledbat(PACKET);
  rounds(ledbat, 5, 0);
  const before = ledbat.windowBytes;
  ledbat.lost();
  assert.equal(ledbat.windowBytes, before / 2);
  ledbat.timedOut();
  assert.equal(ledbat.windowBytes, PACKET);
});

test('where a queue stands the line is let go of, and taken back after two round trips', () => {
  const ledbat = new Ledbat(PACKET);
  rounds(ledbat, 5, 0);
  ledbat.lost();
  const before = ledbat.windowBytes;
  const windows = rounds(ledbat, 60, 80, 1000);
  assert.ok(Math.min(...windows) === 2 * PACKET, `${windows}`);
  assert.ok((windows.at(-1) as number) >= before);
  const undisturbed = new Ledbat(PACKET);
  rounds(undisturbed, 5, 0);
  undisturbed.lost();
  assert.ok(Math.min(...rounds(undisturbed, 60, 5, 1000)) >= before, 'no queue, nothing to let go of');
});

test('delays are compared with the smallest of ten minutes, across the wrap of the clock', () => {
  const delays = new DelayHistory();
  const wrap = 2 ** 32;
  assert.equal(delays.queueingMs, null);
  delays.add(wrap - 5000, 0);
  for (let count = 0; count < 4; count++) delays.add(15_000, 1000);
  assert.equal(delays.queueingMs, 20);
  for (let minute = 1; minute <= 11; minute++) for (let count = 0; count < 4; count++) delays.add(25_000, minute * 60_000);
  assert.equal(delays.queueingMs, 0, 'the path is longer now, or a clock has drifted');
});

test('one packet that is held up is no queue', () => {
  const delays = new DelayHistory();
  for (const delayUs of [1000, 1000, 90_000, 1000]) delays.add(delayUs, 0);
  assert.equal(delays.queueingMs, 0);
});

test('the timeout is that of BEP 29: a second at first, half a second at least, doubled by each in a row', () => {
  const roundTrip = new RoundTrip();
  assert.equal(roundTrip.timeoutMs, 1000);
  for (let count = 0; count < 50; count++) roundTrip.sample(20);
  assert.equal(roundTrip.timeoutMs, 500);
  roundTrip.timedOut();
  roundTrip.timedOut();
  assert.equal(roundTrip.timeoutMs, 2000);
  roundTrip.progressed();
  for (let count = 0; count < 50; count++) roundTrip.sample(count % 2 === 0 ? 100 : 900);
  const timeoutMs: number = roundTrip.timeoutMs;
  assert.ok(timeoutMs > 1500 && timeoutMs < 3000, `${timeoutMs} ms`);
});
