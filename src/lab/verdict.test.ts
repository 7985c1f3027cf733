import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, Expectation, ExpectedPoint } from './experiment.ts';
import type { Agreement, ClaimResult, Comparison, CurveResult } from './result.ts';
import { bandOfMean } from './statistics.ts';
import { claimsOf, comparisonsOf, verdictOf } from './verdict.ts';

const SOURCE = { paper: 'Chord, SIGCOMM 2001', where: 'figure 10', trust: 'as published' };

function curveOf(...seedsOfPoints: readonly (readonly number[])[]): CurveResult {
  return { curve: 'mean', line: '', points: seedsOfPoints.map((perSeed, x) => ({ x, ...bandOfMean(perSeed), perSeed })) };
}

function expected(points: readonly ExpectedPoint[], relative: number, absolute = 0): { expect: readonly Expectation[] } {
  return { expect: [{ curve: 'mean', line: '', points, tolerance: { relative, absolute } }] };
}

/** How one measured point stands to a published one. */
function agreement(perSeed: readonly number[], published: readonly [number, number?, number?], relative: number, absolute = 0): Agreement {
  const [y, low, high] = published;
  const point: ExpectedPoint = low === undefined || high === undefined ? [0, y] : [0, y, low, high];
  return (comparisonsOf(expected([point], relative, absolute), [curveOf(perSeed)])[0] as Comparison).agreement;
}

test('a mean within the tolerance agrees, up to its very edge', () => {
  assert.equal(agreement([1100], [1000], 0.1), 'agrees');
  assert.equal(agreement([900], [1000], 0.1), 'agrees');
  assert.equal(agreement([0], [0], 0.1), 'agrees');
  assert.equal(agreement([-11], [-10], 0.1), 'agrees');
});

test('the larger of both tolerances counts', () => {
  assert.equal(agreement([12], [10], 0.01, 2), 'agrees');
  assert.equal(agreement([12], [10], 0.2, 0.5), 'agrees');
});

test('a published value within our band agrees, however far the mean is', () => {
  assert.equal(agreement([5, 10, 30], [10], 0), 'agrees');
});

test('bands that overlap agree', () => {
  assert.equal(agreement([18, 20, 22], [10, 5, 18.5], 0), 'agrees');
  assert.equal(agreement([18, 20, 22], [10, 5, 15], 0), 'disagrees');
});

test('a band that reaches into the tolerance, while the mean does not, is inconclusive', () => {
  assert.equal(agreement([10.5, 13, 15.5], [10], 0.1), 'inconclusive');
  assert.equal(agreement([12, 13, 14], [10], 0.1), 'disagrees');
});

test('with one seed a miss by less than two tolerances is inconclusive, and by two it disagrees', () => {
  assert.equal(agreement([11.9], [10], 0.1), 'inconclusive');
  assert.equal(agreement([8.1], [10], 0.1), 'inconclusive');
  assert.equal(agreement([12], [10], 0.1), 'disagrees');
  assert.equal(agreement([10.1], [10], 0), 'disagrees');
  assert.equal(agreement([11.9, 11.9], [10], 0.1), 'disagrees');
});

test('where nothing was measured nobody can tell', () => {
  assert.equal(agreement([Number.NaN], [10], 0.1), 'inconclusive');
});

test('a point that was not run is no comparison', () => {
  assert.deepEqual(comparisonsOf(expected([[7, 1]], 0), [curveOf([1])]), []);
});

const HOLDS: Claim = { text: 'It grows.', holds: ({ at, xs }) => at('mean', 0) < at('mean', xs.length - 1) };

test('a claim that reads what was measured holds or not', () => {
  assert.deepEqual(claimsOf({ claims: [HOLDS] }, [curveOf([1], [2])], [0, 1]), [{ text: 'It grows.', holds: true }]);
  assert.deepEqual(claimsOf({ claims: [HOLDS] }, [curveOf([2], [1])], [0, 1]), [{ text: 'It grows.', holds: false }]);
});

test('a claim that fails on a point that is not there cannot be told', () => {
  assert.equal(claimsOf({ claims: [HOLDS] }, [curveOf([1])], [0, 1])[0]?.holds, null);
  assert.equal(claimsOf({ claims: [{ ...HOLDS, holds: ({ at }) => Number.isNaN(at('none', 0)) }] }, [], [0])[0]?.holds, true);
});

interface Standing {
  readonly points: readonly Agreement[];
  readonly claims?: readonly (boolean | null)[];
  readonly pointsMin?: number;
  readonly declared?: number;
  readonly effort?: 'full' | 'quick';
}

function verdict({ points, claims = [], pointsMin, declared = points.length, effort = 'full' }: Standing) {
  const { expect } = expected(
    Array.from({ length: declared }, (_, x) => [x, 1] as const),
    0,
  );
  const declaration = { source: SOURCE, expect, pointsMin: pointsMin ?? null, claims: claims.map(() => HOLDS) };
  const comparisons = points.map((agreement) => ({ agreement }) as Comparison);
  return verdictOf(
    declaration,
    effort,
    comparisons,
    claims.map((holds): ClaimResult => ({ text: '', holds })),
  );
}

test('the whole agrees when all points do, and says with what', () => {
  assert.deepEqual(verdict({ points: ['agrees', 'agrees'] }), {
    agreement: 'agrees',
    sentence: 'agrees with Chord, SIGCOMM 2001, figure 10, at 2 of 2 points',
    pointsAgreeing: 2,
    points: 2,
  });
});

test('as many points as are enough make the whole agree, and one fewer does not', () => {
  assert.equal(verdict({ points: ['agrees', 'agrees', 'disagrees'], pointsMin: 2 }).agreement, 'agrees');
  assert.equal(verdict({ points: ['agrees', 'disagrees', 'disagrees'], pointsMin: 2 }).agreement, 'disagrees');
  assert.equal(verdict({ points: ['agrees', 'agrees', 'disagrees'] }).agreement, 'disagrees');
});

test('the quick form asks for the same part of fewer points', () => {
  const quick = { pointsMin: 8, declared: 10, effort: 'quick' } as const;
  assert.equal(verdict({ ...quick, points: ['agrees', 'agrees', 'agrees', 'agrees', 'disagrees'] }).agreement, 'agrees');
  assert.equal(verdict({ ...quick, points: ['agrees', 'agrees', 'agrees', 'disagrees', 'disagrees'] }).agreement, 'disagrees');
});

test('points that cannot be told make the whole inconclusive where they would decide it', () => {
  assert.equal(verdict({ points: ['agrees', 'inconclusive'] }).agreement, 'inconclusive');
  assert.equal(verdict({ points: ['agrees', 'inconclusive'], pointsMin: 1 }).agreement, 'agrees');
  assert.equal(verdict({ points: ['disagrees', 'inconclusive'] }).agreement, 'disagrees');
});

test('a refuted claim refutes the whole', () => {
  const { agreement, sentence } = verdict({ points: ['agrees'], claims: [true, false] });
  assert.deepEqual(
    [agreement, sentence],
    ['disagrees', 'disagrees with Chord, SIGCOMM 2001, figure 10: agrees only at 1 of 1 points and in 1 of 2 claims'],
  );
});

test('a claim that cannot be told leaves the full form open, and the quick form does not ask it', () => {
  assert.equal(verdict({ points: ['agrees'], claims: [null] }).agreement, 'inconclusive');
  assert.equal(verdict({ points: ['agrees'], claims: [null], effort: 'quick' }).agreement, 'agrees');
});

test('claims alone are enough for a verdict', () => {
  assert.deepEqual(verdict({ points: [], claims: [true, true] }), {
    agreement: 'agrees',
    sentence: 'agrees with Chord, SIGCOMM 2001, figure 10, in 2 of 2 claims',
    pointsAgreeing: 0,
    points: 0,
  });
});

test('expected points of which none was run are inconclusive; without any expectation it is only measured', () => {
  assert.equal(verdict({ points: [], declared: 3, effort: 'quick' }).agreement, 'inconclusive');
  assert.equal(verdict({ points: [] }).agreement, 'measured');
});
