import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from './host.ts';
import { PARTING_MAX, PartingStreams } from './parting-streams.ts';

/** What has been done to it. */
function stream(log: string[], name: string): Stream {
  // Parting does nothing else with a stream.
  return { end: () => void log.push(`end ${name}`), reset: () => void log.push(`reset ${name}`) } as unknown as Stream;
}

test('a stream is ended at once, and reset when a whole tick has gone by', () => {
  const log: string[] = [];
  const parting = new PartingStreams();
  parting.end(stream(log, 'a'));
  parting.tick();
  parting.end(stream(log, 'b'));
  assert.deepEqual(log, ['end a', 'end b']);
  parting.tick();
  assert.deepEqual(log.slice(2), ['reset a']);
  parting.stop();
  assert.deepEqual(log.slice(3), ['reset b']);
});

test('of too many the first has no time', () => {
  const log: string[] = [];
  const parting = new PartingStreams();
  for (let index = 0; index <= PARTING_MAX; index++) parting.end(stream(log, String(index)));
  assert.deepEqual(
    log.filter((line) => line.startsWith('reset')),
    ['reset 0'],
  );
});
