import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlaybackClock } from './playback-clock.ts';

test('a player that has nothing to play while it waits for bytes stalls, and goes on from there', () => {
  const clock = new PlaybackClock(1000);
  clock.onBytes(500, 100, 0);
  assert.deepEqual([clock.firstByteAtMs, clock.dryAtMs, clock.bufferedBytes(400)], [100, 600, 200]);
  clock.onBytes(500, 800, 300);
  assert.deepEqual([clock.stalls, clock.stalledMs, clock.dryAtMs], [1, 200, 1300]);
  clock.onBytes(500, 1310, 1200);
  assert.deepEqual([clock.stalls, clock.stalledMs], [1, 200], 'nobody sees ten milliseconds');
});

test('who asks for nothing has pressed pause: only what is waited for is a stall', () => {
  const clock = new PlaybackClock(1000);
  clock.onBytes(500, 0, 0);
  clock.onBytes(500, 60_000, 59_990);
  assert.deepEqual([clock.stalls, clock.dryAtMs], [0, 60_500]);
  clock.onBytes(500, 90_000, 89_900);
  assert.deepEqual([clock.stalls, clock.stalledMs, clock.dryAtMs], [1, 100, 90_500]);
});

test('before the rate is known nothing is a stall, and afterwards all that has come counts', () => {
  const clock = new PlaybackClock(null);
  clock.onBytes(500, 0, 0);
  clock.onBytes(500, 60_000, 0);
  assert.deepEqual([clock.stalls, clock.bufferedBytes(60_000)], [0, null]);
  clock.bytesPerSecond = 10;
  assert.equal(clock.dryAtMs, 100_000);
});
