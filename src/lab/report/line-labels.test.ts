import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LABEL_HEIGHT, pushedApart } from './line-labels.ts';

test('labels that have room stay where their lines end', () => {
  assert.deepEqual(pushedApart([20, 60, 100], 0, 200), [20, 60, 100]);
});

test('labels keep their order, a line of text apart, within the plot', () => {
  const ends = fc.array(fc.double({ min: -10, max: 310, noNaN: true }), { minLength: 1, maxLength: Math.floor(300 / LABEL_HEIGHT) });
  fc.assert(
    fc.property(ends, (wanted) => {
      const places = pushedApart(
        wanted.toSorted((a, b) => a - b),
        0,
        300,
      );
      assert.ok((places[0] as number) >= -0.001 && (places.at(-1) as number) <= 300.001, `${places}`);
      for (const [index, place] of places.entries()) {
        if (index > 0) assert.ok(place - (places[index - 1] as number) >= LABEL_HEIGHT - 0.001, `${places}`);
      }
    }),
  );
});
