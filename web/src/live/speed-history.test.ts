import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPEED_SECONDS_MAX, SpeedHistory } from './speed-history.ts';

test('it remembers five minutes, and its rows are the means of stretches, oldest first', () => {
  const speeds = new SpeedHistory();
  assert.deepEqual([speeds.peak, speeds.rows(10)], [0, []]);
  for (let second = 0; second < SPEED_SECONDS_MAX + 50; second++) speeds.add(second, 1);
  assert.deepEqual([speeds.down.length, speeds.down[0], speeds.peak], [SPEED_SECONDS_MAX, 50, SPEED_SECONDS_MAX + 49]);
  const rows = speeds.rows(10);
  assert.deepEqual([rows.length, rows[0]], [10, { secondsAgo: SPEED_SECONDS_MAX, down: 64.5, up: 1 }]);
  assert.equal(rows.at(-1)?.secondsAgo, 30);
});
