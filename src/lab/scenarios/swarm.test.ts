import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statisticOf } from '../measures.ts';
import { natOptionsOf } from '../nat-shares.ts';
import { NO_NATS, RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';
import { swarm } from './swarm.ts';

const SPEC: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'bittorrent',
  nodes: 8,
  workload: { kind: 'swarm', pieces: 16, pieceBytes: 32_768, upBytesPerSecond: 125_000, downBytesPerSecond: 1_000_000 },
};

test('every leecher is done in the end, not before its link allows, and the seed has sent a copy at least', () => {
  const { measures } = swarm(SPEC, 1);
  assert.deepEqual(measures['unfinished'], { values: [0], counts: [8] });
  const { values = [] } = measures['finishS'] ?? {};
  // Half a MiB at a MB a second, and out of the seed at an eighth of that.
  assert.ok((values[0] ?? 0) > 4, `${values[0]} s`);
  assert.ok(statisticOf(measures['copiesSentBySeed'] ?? { values: [], counts: [] }, 'mean') >= 1);
});

test('the order of pieces is an option, and the same spec and seed give the same outcome', () => {
  const ordered: RunSpec = { ...SPEC, options: { pieceOrder: 'sequential' } };
  assert.deepEqual(swarm(ordered, 2), swarm(ordered, 2));
  assert.notEqual(swarm(ordered, 2).trace, swarm(SPEC, 2).trace);
});

test('what a swarm cannot be is refused', () => {
  const run = (part: Partial<RunSpec>) => () => swarm({ ...SPEC, ...part }, 1);
  assert.throws(run({ options: { pieceOrder: 'rearest' } }), /a pieceOrder of rarest, random, sequential expected, got "rearest"/);
  assert.throws(run({ options: { pieceorder: 'rarest' } }), /bittorrent has no option "pieceorder": did you mean pieceOrder\?/);
  assert.throws(run({ system: 'chord' }), /a swarm of bittorrent expected, got chord/);
  assert.throws(run({ churn: { kind: 'poisson', perSecond: 1, leaves: 'crash' } }), /a workload of swarm goes without churn, got poisson/);
});

test('who is behind a NAT is drawn from the seed alone, in the shares that the spec says', () => {
  const nat = { ...NO_NATS, 'full-cone': 0.2, symmetric: 0.3, mapped: 0.1 };
  const places = Array.from({ length: 2000 }, (_, number) => natOptionsOf(nat, number, 1));
  const count = (is: (place: (typeof places)[0]) => boolean): number => places.filter(is).length;
  assert.ok(Math.abs(count(({ nat: box }) => box?.kind === 'full-cone') - 400) < 60);
  assert.ok(Math.abs(count(({ nat: box }) => box?.kind === 'symmetric') - 600) < 60);
  assert.ok(Math.abs(count(({ mapped }) => mapped === true) - 200) < 60);
  assert.deepEqual(natOptionsOf(nat, 7, 1), places[7]);
});

test('a swarm of which most are behind NATs is done all the same', () => {
  const nat = { ...NO_NATS, 'port-restricted': 0.5, symmetric: 0.3 };
  const behind: RunSpec = { ...SPEC, nat };
  const { measures, trace } = swarm(behind, 1);
  assert.deepEqual(measures['unfinished'], { values: [0], counts: [8] });
  assert.equal(trace, swarm(behind, 1).trace);
  assert.notEqual(trace, swarm({ ...SPEC, nat: NO_NATS }, 1).trace);
});
