/** The window against modelled peers: fast and near, fast and far, slow. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { RequestWindow } from './request-window.ts';

/** A peer that serves `blocksPerMs`, one after the other, over a path of `rttMs`; the window after `runMs`, and what came per ms. */
function serve(blocksPerMs: number, rttMs: number, runMs: number, window = new RequestWindow()): { window: number; rate: number } {
  window.setMax(2000);
  const arrivals: { at: number; asked: number }[] = [];
  let freeAt = 0;
  let outstanding = 0;
  let blocks = 0;
  let late = 0;
  for (let now = 0; now < runMs; now += 0.25) {
    while (arrivals.length > 0 && (arrivals[0] as { at: number }).at <= now) {
      window.onBlock(now - (arrivals.shift() as { asked: number }).asked, now);
      outstanding--;
      blocks++;
      if (now > runMs / 2) late++;
    }
    while (outstanding < window.blocks()) {
      freeAt = Math.max(freeAt, now + rttMs / 2) + 1 / blocksPerMs;
      arrivals.push({ at: freeAt + rttMs / 2, asked: now });
      outstanding++;
    }
  }
  return { window: window.blocks(), rate: late / (runMs / 2) };
}

test('ten megabytes a second over 100 ms are saturated within seconds', () => {
  const { rate } = serve(0.61, 100, 6000);
  assert.ok(rate > 0.58, `${rate}`);
});

test('600 MB/s on loopback are saturated within 200 ms', () => {
  const { rate, window } = serve(36.6, 0.5, 400);
  assert.ok(rate > 35, `${rate} blocks/ms with a window of ${window}`);
});

test('a peer of a swarm that sends 2.5 MB/s holds about a tenth of a second of blocks', () => {
  const { window } = serve(0.153, 1, 5000);
  assert.ok(window >= 4 && window <= 32, `${window}`);
});

test('a peer of 20 kB/s holds no more than four seconds of blocks', () => {
  const { window } = serve(0.00122, 50, 60_000);
  assert.ok(window >= 2 && window <= 4, `${window}`);
});

test('a peer that says how much it queues is never asked for more', () => {
  const window = new RequestWindow();
  window.setMax(5);
  assert.equal(window.blocks(), 5);
});

test('patience grows with the delay of the peer and has an end', () => {
  const window = new RequestWindow();
  assert.equal(window.timeoutMs(), 20_000);
  for (let at = 0; at < 50; at++) window.onBlock(10, at * 10);
  assert.equal(window.timeoutMs(), 3000);
  for (let at = 0; at < 50; at++) window.onBlock(40_000, 1000 + at * 10_000);
  assert.equal(window.timeoutMs(), 60_000);
});
