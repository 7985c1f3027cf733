import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontierLines, raceLines, racers, withNodes, withRounds } from './racers.ts';
import { RUN_DEFAULTS, type RunSpec } from './run-spec.ts';
import { completeOptions } from './system-options.ts';
import { OVERLAY_SYSTEMS, overlaySystemOf } from './systems/index.ts';

const BASE: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  nodes: 400,
  workload: { kind: 'lookups', count: 1, perSecond: 1, warmUpMs: 0, style: 'iterative' },
};

test('every overlay that there is takes part, with options that it has, under a name of its own', () => {
  assert.deepEqual(
    [...new Set(racers().map(({ system }) => system))],
    OVERLAY_SYSTEMS.map(({ name }) => name),
  );
  for (const lines of [raceLines(), frontierLines()]) {
    assert.equal(new Set(lines.map(({ name }) => name)).size, lines.length);
    for (const { set } of lines) {
      const { system, options } = withNodes(set(withRounds(BASE, 60_000)), 100);
      const { roundMs: _roundMs, ...others } = options;
      assert.doesNotThrow(() => completeOptions(system, overlaySystemOf(system).defaults, others));
    }
  }
});

test('on the frontier each system makes of the time between rounds what it calls upkeep', () => {
  for (const { name, set } of frontierLines()) {
    const { system, options } = set(withRounds(BASE, 60_000));
    assert.doesNotThrow(() => completeOptions(system, overlaySystemOf(system).defaults, options), name);
    assert.notDeepEqual(options, set(withRounds(BASE, 120_000)).options, name);
  }
});
