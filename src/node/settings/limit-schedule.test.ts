/** Schedules of limits: what their text means minute by minute, what is refused, and that the engine is told of changes alone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitSchedule, LimitScheduleError, minuteOfWeek, WEEK_MINUTES } from './limit-schedule.ts';
import { Limits } from './limits.ts';

const DAY = 24 * 60;

function at(day: number, hours: number, minutes = 0): number {
  return day * DAY + hours * 60 + minutes;
}

test('an entry holds from its first minute to the one before its last, on its days', () => {
  const schedule = new LimitSchedule('mon-fri 08:00-18:00 up=200k down=1MB');
  assert.deepEqual(schedule.at(at(0, 8)), { uploadRateMax: 200_000, downloadRateMax: 1_000_000, paused: false });
  assert.deepEqual([schedule.at(at(4, 17, 59)).uploadRateMax, schedule.at(at(4, 18)).uploadRateMax], [200_000, null]);
  assert.deepEqual([schedule.at(at(0, 7, 59)).uploadRateMax, schedule.at(at(5, 12)).uploadRateMax], [null, null]);
});

test('what begins in the evening ends the next morning, on Sunday too', () => {
  const schedule = new LimitSchedule('sat-sun 22:00-06:00 pause');
  assert.deepEqual(
    [at(5, 21, 59), at(5, 22), at(6, 5, 59), at(6, 6), at(6, 23), at(0, 5, 59), at(0, 6)].map((minute) => schedule.at(minute).paused),
    [false, true, true, false, true, true, false],
  );
});

test('days and times may be left out, days may go round the week, and the first entry that fits holds', () => {
  const schedule = new LimitSchedule(' FRI-Mon 12:00-24:00 up=0 ; wed pause; down=5k;; ');
  assert.deepEqual(
    [4, 5, 6, 0].map((day) => schedule.at(at(day, 12)).uploadRateMax),
    [0, 0, 0, 0],
  );
  assert.deepEqual(schedule.at(at(2, 3)), { uploadRateMax: null, downloadRateMax: null, paused: true });
  assert.deepEqual([schedule.at(at(1, 0)).downloadRateMax, schedule.at(at(4, 12)).downloadRateMax], [5_000, null]);
});

test('the next change is found from every minute of the week', () => {
  const schedule = new LimitSchedule('mon 00:00-00:01 pause; thu 10:00-11:00 up=1k');
  for (let minute = 0; minute < WEEK_MINUTES; minute += 7) {
    const minutes = schedule.minutesUntilChange(minute) as number;
    for (let step = 0; step < minutes; step++) assert.equal(schedule.at(minute + step), schedule.at(minute));
    assert.notEqual(schedule.at(minute + minutes), schedule.at(minute));
  }
  assert.equal(new LimitSchedule('').minutesUntilChange(5), null);
  assert.equal(new LimitSchedule('daily up=1k').minutesUntilChange(5), null);
});

for (const [text, message] of [
  ['monday up=1k', /expected days like mon-fri.*got 'monday'/],
  ['mon-tue-wed up=1k', /expected days/],
  ['mon 8-18 up=1k', /expected times like 08:00-18:00.*got '8-18'/],
  ['08:60-09:00 up=1k', /expected times/],
  ['25:00-26:00 up=1k', /expected times/],
  ['08:00-08:00 up=1k', /expected times/],
  ['mon 08:00-09:00', /got none of them/],
  ['mon up=fast', /got 'up=fast'/],
  ['mon left=1k', /got 'left=1k'/],
  ['mon pause up=1k', /expected pause alone/],
  ['pause;'.repeat(101), /at most 100 entries/],
] as const) {
  test(`'${text.slice(0, 30)}' is refused, and the message says what was expected`, () => {
    assert.throws(
      () => new LimitSchedule(text),
      (error) => error instanceof LimitScheduleError && message.test(error.message),
    );
  });
}

test('the minute of the week is that of local time, from Monday on', () => {
  assert.equal(minuteOfWeek(new Date(2026, 10, 23, 0, 0)), 0);
  assert.equal(minuteOfWeek(new Date(2026, 10, 29, 23, 59)), WEEK_MINUTES - 1);
});

test('the engine hears of what changes, and of nothing else', (t) => {
  const told: unknown[] = [];
  const engine = { setLimits: (up: number, down: number) => told.push([up, down]), setResting: (resting: boolean) => told.push(resting) };
  let now = new Date(2026, 10, 23, 7, 0);
  const schedule = new LimitSchedule('mon 08:00-18:00 up=10k; mon 18:00-19:00 pause');
  const limits = new Limits(engine, { uploadRateMax: 0, downloadRateMax: 7 }, schedule, () => now);
  t.after(() => limits.close());
  assert.deepEqual([told, limits.current.scheduled], [[], false]);
  for (const [hour, expected] of [
    [8, [[10_000, 7]]],
    [9, []],
    [18, [[0, 7], true]],
    [19, [false]],
  ] as const) {
    now = new Date(2026, 10, 23, hour, 0);
    limits.look();
    assert.deepEqual(told.splice(0), expected, `at ${hour}`);
  }
  limits.set(5, 5);
  assert.deepEqual(told.splice(0), [[5, 5]]);
  now = new Date(2026, 10, 23, 8, 0);
  limits.set(6, 6);
  assert.deepEqual(
    [told.splice(0), limits.current],
    [[[10_000, 6]], { uploadRateMax: 10_000, downloadRateMax: 6, paused: false, scheduled: true }],
  );
  limits.setSchedule(null);
  assert.deepEqual(told.splice(0), [[6, 6]]);
});
