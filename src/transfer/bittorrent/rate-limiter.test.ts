/** Budgets kept, shared and changed. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { RateLimiter } from './rate-limiter.ts';

/** Takes blocks as soon as the limiter lets them go; bytes sent until `endMs`. */
function sentUntil(limiter: RateLimiter, endMs: number, blockBytes = 16_384): number {
  let now = 0;
  let sent = 0;
  for (let turns = 0; turns < 1_000_000; turns++) {
    if (limiter.available(now) >= blockBytes) {
      limiter.take(blockBytes, now);
      sent += blockBytes;
    } else now += Math.max(0.01, limiter.msUntil(blockBytes, now));
    if (now >= endMs) return sent;
  }
  return sent;
}

test('over ten seconds no more than the rate and one burst go', () => {
  const sent = sentUntil(new RateLimiter(1_000_000, null), 10_000);
  assert.ok(sent <= 10_000_000 + 200_000 && sent >= 9_900_000, `${sent}`);
});

test('a rate below a block a second still lets blocks through', () => {
  const sent = sentUntil(new RateLimiter(4096, null), 40_000);
  assert.ok(sent >= 8 * 16_384 && sent <= 12 * 16_384, `${sent}`);
});

test('without a limit everything may go', () => {
  const limiter = new RateLimiter(0, new RateLimiter(0, null));
  assert.equal(limiter.limited, false);
  assert.equal(limiter.available(5), Number.POSITIVE_INFINITY);
  assert.equal(limiter.msUntil(1 << 30, 5), 0);
});

test('two children never exceed their parent, nor one its own limit', () => {
  const parent = new RateLimiter(1_000_000, null);
  const slow = new RateLimiter(100_000, parent);
  const free = new RateLimiter(0, parent);
  let [slowBytes, freeBytes] = [0, 0];
  for (let now = 0; now < 10_000; now++) {
    for (const child of [slow, free]) {
      if (child.available(now) < 1000) continue;
      child.take(1000, now);
      if (child === slow) slowBytes += 1000;
      else freeBytes += 1000;
    }
  }
  assert.ok(slowBytes + freeBytes <= 10_200_000, `${slowBytes + freeBytes}`);
  assert.ok(slowBytes <= 1_032_768 && slowBytes > 900_000, `${slowBytes}`);
});

test('a limit that is lowered holds at once', () => {
  const limiter = new RateLimiter(10_000_000, null);
  limiter.available(0);
  limiter.setRate(100_000, 1);
  assert.ok(limiter.available(1) <= 32_768);
});
