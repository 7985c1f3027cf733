/** Every experiment that comes with kith: it loads, its runs can be carried out, and they measure what its curves are drawn of. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { experimentsNamed, loadExperiment } from '../src/lab/catalogue.ts';
import { specComplaint } from '../src/lab/check-spec.ts';
import { measureAt } from '../src/lab/experiment.ts';
import { jobsOf, planOf } from '../src/lab/plan.ts';
import type { RunSpec, WorkloadSpec } from '../src/lab/run-spec.ts';
import type { Scenario } from '../src/lab/scenario.ts';
import { eventsOf } from '../src/lab/run-weight.ts';
import { scenarioOf } from '../src/lab/scenarios/index.ts';

const LOOKUPS_MAX = 200;
const SEARCHES_MAX = 20;
const REPAIR_MS_MAX = 5000;
const WARM_UP_MS_MAX = 30_000;
const NODES_MAX = 128;
const ROOT = join(import.meta.dirname, '..');
const files = experimentsNamed(join(ROOT, 'experiments'), ROOT);

test('there are experiments, each named by what it asks', () => {
  assert.ok(files.length >= 12, `${files.length} experiments`);
  for (const { name } of files) assert.match(name, /^[a-z]+(-[a-z]+)+$/);
});

for (const file of files) {
  test(`${file.name} can be run as it says, and measures what its curves show`, async () => {
    const { experiment, module } = await loadExperiment(file);
    const plan = (effort: 'quick' | 'full') =>
      jobsOf(planOf(experiment, { name: file.name, effort, seeds: 1, overrides: {}, ownScenario: module !== null }));
    for (const { spec, x, line } of [...plan('quick'), ...plan('full')]) assert.equal(specComplaint(spec), null, `at ${x} of "${line}"`);
    for (const { name } of experiment.lines) {
      const [smallest] = plan('quick')
        .filter(({ line }) => line === name)
        .sort((a, b) => eventsOf(a.spec) - eventsOf(b.spec));
      assert.ok(smallest !== undefined);
      // What an experiment brings itself is of that type by its own declaration.
      const own = module === null ? null : ((await import(module)) as { readonly scenario: Scenario });
      const { measures, events } = (own?.scenario ?? scenarioOf(smallest.spec.workload.kind))(fewer(smallest.spec), 1);
      assert.ok(events > 0);
      for (const { of } of experiment.curves) {
        const name = measureAt(of, smallest.x);
        assert.ok(name in measures, `${name} expected among ${Object.keys(measures)}`);
      }
    }
  });
}

/** As it is, but with fewer nodes and lookups and less time to heal and to warm up: which measures there are does not depend on it. */
function fewer(spec: RunSpec): RunSpec {
  const { failure } = spec;
  return {
    ...spec,
    nodes: Math.min(spec.nodes, NODES_MAX),
    failure: failure && { ...failure, repairMs: Math.min(failure.repairMs, REPAIR_MS_MAX) },
    workload: shorter(spec.workload),
  };
}

function shorter(work: WorkloadSpec): WorkloadSpec {
  if (work.kind === 'recovery') return { ...work, beforeMs: REPAIR_MS_MAX, afterMs: 2 * work.windowMs };
  if (work.kind === 'walks') return { ...work, count: Math.min(work.count, LOOKUPS_MAX) };
  if (work.kind === 'searches') {
    return {
      ...work,
      count: Math.min(work.count, SEARCHES_MAX),
      warmUpMs: Math.min(work.warmUpMs, REPAIR_MS_MAX),
      waitMs: Math.min(work.waitMs, REPAIR_MS_MAX),
    };
  }
  if (work.kind === 'poisoning') return { ...work, windowMs: Math.min(work.windowMs, WARM_UP_MS_MAX) };
  if (work.kind !== 'lookups') return work;
  const { count, warmUpMs, quietMs } = work;
  return {
    ...work,
    count: Math.min(count, LOOKUPS_MAX),
    warmUpMs: Math.min(warmUpMs, WARM_UP_MS_MAX),
    ...(quietMs !== undefined && { quietMs: Math.min(quietMs, REPAIR_MS_MAX) }),
  };
}
