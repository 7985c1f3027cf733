import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatGiven, formatPercent, formatTolerance, formatValue, linearTickLabels, tickLabel } from './number-text.ts';

test('our values have four digits that count, whole ones all of theirs', () => {
  const values = [2.9594, 0.0034217, 12_345.6, 16_384, 9999, 0, -1.5, 1e-5, 1.234e-7, 5e9, 1];
  assert.deepEqual(values.map(formatValue), [
    ...['2.959', '0.003422', '12,346', '16,384', '9999', '0', '−1.500', '1.000×10⁻⁵'.replace('1.000×', ''), '1.234×10⁻⁷'],
    ...['5.000×10⁹', '1'],
  ]);
});

test('what is no number is a dash', () => {
  for (const value of [null, Number.NaN, Number.POSITIVE_INFINITY]) assert.deepEqual([formatValue(value), formatGiven(value)], ['–', '–']);
});

test('published values keep the digits that were published', () => {
  assert.deepEqual([2.09, 0.0645, 0.00058, 4e-6, 5.8e-5, 23_008].map(formatGiven), [
    ...['2.09', '0.0645', '0.00058', '4×10⁻⁶', '5.8×10⁻⁵', '23,008'],
  ]);
});

test('differences are signed, and a tiny one is no difference', () => {
  assert.deepEqual([0.0123, -0.2, 0.0004, -0.0004, 123].map(formatPercent), ['+1.2%', '−20.0%', '0.0%', '0.0%', '+12,300.0%']);
});

test('a tolerance has two digits that count', () => {
  assert.deepEqual([0.08877, 0.00129, 12.5, 0].map(formatTolerance), ['0.089', '0.0013', '13', '0']);
});

test('ticks of one linear axis have the same decimals and the same prefix', () => {
  assert.deepEqual(linearTickLabels([0, 0.05, 0.1, 0.15], 0.05), ['0', '0.05', '0.10', '0.15']);
  assert.deepEqual(linearTickLabels([0, 500_000, 1_000_000], 500_000), ['0', '0.5M', '1.0M']);
  assert.deepEqual(linearTickLabels([-20, 0, 20], 20), ['−20', '0', '20']);
  assert.deepEqual(linearTickLabels([0, 2e-5, 4e-5], 2e-5), ['0', '2.0×10⁻⁵', '4.0×10⁻⁵']);
});

test('a tick of a logarithmic axis is exact', () => {
  assert.deepEqual([0.001, 1, 1024, 16_384, 100_000, 131_072, 2.5e6, 1e12, 1e-6].map(tickLabel), [
    ...['0.001', '1', '1024', '16,384', '100k', '131,072', '2.5M', '1T', '10⁻⁶'],
  ]);
});
