/** The meter against steady, stopped and bursty flows. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { RateMeter } from './rate-meter.ts';

test('a steady flow is measured right', () => {
  const meter = new RateMeter();
  for (let now = 0; now < 20_000; now += 10) meter.add(100, now);
  assert.ok(Math.abs(meter.rate(20_000) - 10_000) < 600, `${meter.rate(20_000)}`);
  assert.equal(meter.total, 200_000);
});

test('a flow that has stopped is forgotten after five seconds', () => {
  const meter = new RateMeter();
  for (let now = 0; now < 3000; now += 10) meter.add(100, now);
  assert.ok(meter.rate(5000) > 0);
  assert.equal(meter.rate(8100), 0);
});

test('the first second already gives the rate, without the seconds before', () => {
  const meter = new RateMeter();
  for (let now = 60_000; now < 61_000; now += 10) meter.add(100, now);
  assert.ok(Math.abs(meter.rate(61_000) - 10_000) < 1100, `${meter.rate(61_000)}`);
});

test('a long pause leaves no trace of the flow before', () => {
  const meter = new RateMeter();
  meter.add(1_000_000, 0);
  meter.add(500, 100_000);
  assert.equal(meter.rate(100_100), 1000);
});
