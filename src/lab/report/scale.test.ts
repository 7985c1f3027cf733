import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type AxisSpace, isDrawable, scaleOf } from './scale.ts';

const UPRIGHT: AxisSpace = { from: 300, to: 0, roomOf: () => 40, atValues: false, rounded: true };
const ACROSS: AxisSpace = { from: 0, to: 600, roomOf: (label) => 10 + 8 * label.length, atValues: true, rounded: false };

function labels(...args: Parameters<typeof scaleOf>): string[] {
  return scaleOf(...args).ticks.map((tick) => tick.label);
}

test('an upright axis begins at 0 when the values are near enough, and ends on a tick', () => {
  assert.deepEqual(labels('linear', [1.7, 6.9], UPRIGHT), ['0', '1', '2', '3', '4', '5', '6', '7']);
  assert.deepEqual(labels('linear', [96, 104], UPRIGHT), ['96', '98', '100', '102', '104']);
});

test('an axis across has a tick at each value that was run, when there is room', () => {
  assert.deepEqual(labels('log', [8, 16, 64, 128, 4096, 16_384], ACROSS), ['8', '16', '64', '128', '4096', '16,384']);
  assert.deepEqual(labels('linear', [1, 2, 5, 10, 20], ACROSS), ['1', '2', '5', '10', '20']);
});

test('with too many values for that, sizes that are powers of two have ticks at such sizes', () => {
  const sizes = Array.from({ length: 21 }, (_, exponent) => 2 ** exponent);
  assert.deepEqual(labels('log', sizes, { ...ACROSS, to: 300 }), ['1', '64', '4096', '262,144']);
});

test('a logarithmic axis puts the same factor the same way apart', () => {
  const scale = scaleOf('log', [1, 1000], UPRIGHT);
  assert.deepEqual(
    [1, 10, 100, 1000].map((value) => Math.round(scale.at(value))),
    [300, 200, 100, 0],
  );
  assert.deepEqual(
    scale.ticks.map((tick) => tick.label),
    ['1', '3', '10', '30', '100', '300', '1000'],
  );
});

test('zero on a logarithmic axis lies in a lane of its own, apart from the smallest value', () => {
  const scale = scaleOf('log', [0, 7, 477], UPRIGHT);
  assert.equal(scale.ticks[0]?.label, '0');
  assert.ok(scale.at(0) > (scale.laneEnd as number) && scale.at(0) <= 300, `zero at ${scale.at(0)}`);
  assert.ok(scale.at(5) <= (scale.laneEnd as number));
  assert.equal(scaleOf('log', [7, 477], UPRIGHT).laneEnd, null);
  assert.equal(scaleOf('log', [-2, 7], UPRIGHT).ticks[0]?.label, '≤ 0');
});

test('no values, one value and one value alone at zero all give an axis', () => {
  for (const values of [[], [0], [5], [-3], [Number.NaN], [1e90], [1e15, 1e15 + 0.125]]) {
    for (const kind of ['linear', 'log'] as const) {
      for (const space of [UPRIGHT, ACROSS]) {
        const { at, ticks } = scaleOf(kind, values, space);
        for (const value of values.filter(isDrawable)) assert.ok(at(value) >= 0 && at(value) <= 600, `${kind} ${values}: ${at(value)}`);
        assert.ok(ticks.length <= 12, `${kind} ${values}: ${ticks.length} ticks`);
      }
    }
  }
});

test('whatever the values, they lie on the axis, larger ones further on, and ticks are few and in order', () => {
  const value = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 30 }),
      fc.constantFrom('linear', 'log'),
      fc.constantFrom(UPRIGHT, ACROSS),
      (values, kind, space) => {
        const scale = scaleOf(kind, values, space);
        const [least, most] = [Math.min(space.from, space.to), Math.max(space.from, space.to)];
        const places = values
          .filter(isDrawable)
          .toSorted((a, b) => a - b)
          .map((each) => scale.at(each));
        for (const place of places) assert.ok(place >= least - 0.01 && place <= most + 0.01, `${place}`);
        const forward = space.to > space.from ? 1 : -1;
        for (const [index, place] of places.entries()) {
          if (index > 0) assert.ok((place - (places[index - 1] as number)) * forward >= -0.001);
        }
        assert.ok(scale.ticks.length <= 40);
        for (const { at } of scale.ticks) assert.ok(at >= least - 0.01 && at <= most + 0.01, `a tick at ${at}`);
      },
    ),
  );
});
