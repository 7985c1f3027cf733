/** Ranges of what has arrived, against a plain array of flags. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addRange } from './piece-buffers.ts';

test('ranges added in any order are the bytes they cover: ascending, and never touching', () => {
  const range = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), (ranges) => {
      const filled: number[] = [];
      const flags = new Array<boolean>(80).fill(false);
      for (const [start, length] of ranges) {
        addRange(filled, start, start + length);
        flags.fill(true, start, start + length);
      }
      const expected: number[] = [];
      for (let at = 0; at < flags.length; at++) if (flags[at] !== (flags[at - 1] ?? false)) expected.push(at);
      assert.deepEqual(filled, expected);
    }),
  );
});
