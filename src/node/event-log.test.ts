import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventLog } from './event-log.ts';

function told(count: number): EventLog {
  const log = new EventLog();
  for (let number = 1; number <= count; number++) log.tell({ type: 'warning', message: String(number) });
  return log;
}

test('events are numbered from 1, and who has seen some gets the others', () => {
  const events = told(3).after(1);
  assert.deepEqual(
    events.map((event) => [event.sequence, event.type === 'warning' ? event.message : '']),
    [
      [2, '2'],
      [3, '3'],
    ],
  );
  assert.deepEqual(told(3).after(3), []);
});

test('who was away for too long is told how many are lost', () => {
  const [first, ...rest] = told(2_000).after(10);
  assert.deepEqual([first?.type, first?.type === 'lost' && first.count, rest.length], ['lost', 2_000 - 10 - 512, 512]);
  assert.equal(first?.sequence, (rest[0]?.sequence ?? 0) - 1);
});

test('a number from before a restart gets all that there is', () => {
  assert.equal(told(2).after(500).length, 2);
});

test('a listener wakes by an event, by its time, and by its signal', async () => {
  const log = new EventLog();
  const woken = log.next(0, undefined);
  log.tell({ type: 'warning', message: 'x' });
  await woken;
  await log.next(1, undefined);
  await log.next(0, AbortSignal.abort());
  assert.equal(log.sequence, 1);
});
