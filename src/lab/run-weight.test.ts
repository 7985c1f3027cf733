import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_CHURN, RUN_DEFAULTS, type RunSpec } from './run-spec.ts';
import { eventsOf, guessBytes } from './run-weight.ts';

const LOOKUPS = { kind: 'lookups', count: 1000, perSecond: 10, warmUpMs: 1000, style: 'iterative' } as const;
const SPEC: RunSpec = { ...RUN_DEFAULTS, system: 'chord', nodes: 64, workload: LOOKUPS };

test('more nodes, more lookups, a longer run, growing and churn are each more work', () => {
  const heavier: readonly Partial<RunSpec>[] = [
    { nodes: 128 },
    { workload: { ...LOOKUPS, count: 2000 } },
    { workload: { ...LOOKUPS, warmUpMs: 100_000 } },
    { start: 'grown' },
    { churn: { kind: 'poisson', perSecond: 1, leaves: 'crash' } },
    { churn: { kind: 'sessions', life: { kind: 'exponential', meanMs: 60_000 }, away: { kind: 'fixed', ms: 1 }, leaves: 'crash' } },
    { failure: { share: 0.1, repairMs: 30_000 } },
  ];
  for (const more of heavier) assert.ok(eventsOf({ ...SPEC, ...more }) > eventsOf(SPEC), JSON.stringify(more));
});

test('every workload has some work, even one that asks for nothing', () => {
  const nothing: readonly RunSpec['workload'][] = [
    { ...LOOKUPS, count: 0, perSecond: 0 },
    { kind: 'walks', count: 0 },
    { kind: 'keys', keys: 0 },
    { kind: 'joins', joins: 0, keys: 0 },
    { kind: 'values', keys: 0, gets: 0, perSecond: 0, warmUpMs: 0 },
    { kind: 'swarm', pieces: 0, pieceBytes: 0, upBytesPerSecond: 0, downBytesPerSecond: 0 },
  ];
  for (const workload of nothing) assert.ok(eventsOf({ ...SPEC, churn: NO_CHURN, workload }) >= 1, workload.kind);
});

test('a million nodes fit into sixteen gigabytes', () => {
  const bytes = guessBytes({ ...SPEC, nodes: 1_000_000 });
  assert.ok(bytes > 4e9 && bytes < 16e9, `${bytes}`);
});
