import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeOptions } from './system-options.ts';

const DEFAULTS = { successors: 8, fingers: true, order: 'rarest' };
const complete = (given: Record<string, number | boolean | string>) => (): unknown => completeOptions('chord', DEFAULTS, given);

test('what is given replaces the default, the rest stays', () => {
  assert.deepEqual(complete({ successors: 4 })(), { successors: 4, fingers: true, order: 'rarest' });
});

test('an option that is not known is refused with the one that was meant, or with all there are', () => {
  assert.throws(complete({ sucessors: 4 }), { name: 'RangeError', message: 'chord has no option "sucessors": did you mean successors?' });
  assert.throws(complete({ colour: 4 }), /chord has no option "colour", only successors, fingers, order/);
  assert.throws(complete({ toString: 4 }), /no option "toString"/);
});

test('an option of another type is refused, and every mistake is named at once', () => {
  assert.throws(
    complete({ successors: '4', fingers: 1 }),
    /successors of chord is a number such as 8, got "4"; fingers of chord is a bool/,
  );
  assert.throws(complete({ successors: Number.NaN }), /successors of chord is a finite number, got NaN/);
});
