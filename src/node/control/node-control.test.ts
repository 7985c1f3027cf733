import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../failure.ts';
import { nodeControl } from './node-control.ts';
import type { NodeOperations } from '../node-operations.ts';

const patient = new AbortController().signal;

/** Answers everything with what it was asked: a name and its arguments. */
const echo = new Proxy({} as NodeOperations, {
  get: (_target, name) => (name === 'then' ? undefined : (...asked: unknown[]) => Promise.resolve({ name, asked })),
});

test('a question reaches its operation with what was asked, and with nothing that was not', async () => {
  const handler = nodeControl(Promise.resolve(echo));
  const asked = { command: 'add', link: 'x', folder: '/f', only: [1, 2], paused: true, seedRatio: null, strange: 1 };
  assert.deepEqual(await handler(asked, patient), {
    name: 'add',
    asked: [{ link: 'x' }, { seedRatio: null, folder: '/f', only: [1, 2], paused: true }],
  });
  assert.deepEqual(await handler({ command: 'prioritize', infoHash: 'a', files: [0], priority: 'high' }, patient), {
    transfer: { name: 'prioritize', asked: ['a', [0], 'high'] },
  });
});

test('whatever is asked is answered, or refused as usage', async () => {
  const handler = nodeControl(Promise.resolve(echo));
  const names = [
    'add',
    'share',
    'change',
    'prioritize',
    'reorder',
    'set',
    'remove',
    'move',
    'info',
    'constructor',
    '__proto__',
    'toString',
  ];
  const fields = ['link', 'paths', 'infoHash', 'files', 'priority', 'to', 'key', 'value', 'labels', 'only', 'seedRatio', 'version', 'data'];
  const questions = fc.record({
    command: fc.oneof(fc.constantFrom(...names), fc.jsonValue()),
    fields: fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()),
  });
  await fc.assert(
    fc.asyncProperty(questions, async ({ command, fields: given }) => {
      try {
        await handler({ ...given, command }, patient);
      } catch (error) {
        assert.ok(error instanceof Failure && error.kind === 'usage', String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('a node that could not be opened tells whoever asks why', async () => {
  const handler = nodeControl(Promise.reject(new Failure('denied', 'No.', '', '')));
  await assert.rejects(handler({ command: 'list' }, patient), (error: Failure) => error.kind === 'denied');
});
