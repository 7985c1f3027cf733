/** What is wrong with a RunSpec is found and said; what is right passes; and nothing that is put into one makes the check itself fail. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { specComplaint } from './check-spec.ts';
import { type ChurnSpec, type NetworkSpec, NO_NATS, type RunSpec, type TimeSpec, type TraceEvent, type WorkloadSpec } from './run-spec.ts';
import { RUN_DEFAULTS } from './run-spec.ts';

const SEED = Number(process.env['KITH_SEED'] ?? 1);
const GOOD: RunSpec = {
  ...RUN_DEFAULTS,
  system: 'chord',
  nodes: 1000,
  workload: { kind: 'lookups', count: 10_000, perSecond: 1, warmUpMs: 0, style: 'iterative' },
};
const CAN: NetworkSpec = {
  kind: 'transit-stub',
  transitDomains: 4,
  transitPerDomain: 4,
  stubsPerTransit: 4,
  nodesPerStub: 8,
  transitMs: 100,
  transitStubMs: 10,
  stubMs: 1,
};
const HOUR: TimeSpec = { kind: 'exponential', meanMs: 3_600_000 };

function network(spec: NetworkSpec): string | null {
  return specComplaint({ ...GOOD, network: spec });
}

function trace(...events: readonly TraceEvent[]): string | null {
  return specComplaint({ ...GOOD, nodes: 5, churn: { kind: 'trace', events } });
}

test('every kind of network, churn, time and workload passes when it is in range', () => {
  const networks: readonly NetworkSpec[] = [
    { kind: 'constant', ms: 0 },
    { kind: 'uniform', minMs: 20, maxMs: 20 },
    { kind: 'exponential', meanMs: 50 },
    { kind: 'plane', baseMs: 0, acrossMs: 140 },
    CAN,
    { kind: 'king', sites: 1740 },
  ];
  const times: readonly TimeSpec[] = [
    HOUR,
    { kind: 'fixed', ms: 1 },
    { kind: 'weibull', shape: 0.34, scaleMs: 1e6 },
    { kind: 'pareto', shape: 1, minMs: 1.8e6 },
  ];
  const churns: readonly ChurnSpec[] = [
    { kind: 'poisson', perSecond: 0.05, leaves: 'crash' },
    ...times.map((life): ChurnSpec => ({ kind: 'sessions', life, away: HOUR, leaves: 'leave' })),
    { kind: 'trace', events: [] },
  ];
  const workloads: readonly WorkloadSpec[] = [
    { kind: 'walks', count: 1000 },
    { kind: 'keys', keys: 100_000 },
    { kind: 'lookups', count: 10, perSecond: 1, warmUpMs: 0, style: 'recursive', quietMs: 1000 },
    { kind: 'recovery', perSecond: 10, beforeMs: 1000, afterMs: 9000, windowMs: 1000, style: 'iterative' },
    { kind: 'joins', joins: 10, keys: 0 },
    { kind: 'swarm', pieces: 64, pieceBytes: 262_144, upBytesPerSecond: 125_000, downBytesPerSecond: 0 },
    { kind: 'values', keys: 100, gets: 1000, perSecond: 0.5, warmUpMs: 60_000 },
  ];
  const specs = [
    GOOD,
    { ...GOOD, options: { successors: 8, proximity: true, style: 'pns' }, failure: { share: 0.5, repairMs: 0 }, start: 'grown' as const },
    { ...GOOD, nat: { ...NO_NATS, 'full-cone': 0.7, symmetric: 0.2, mapped: 0.1 } },
    ...networks.map((each) => ({ ...GOOD, network: each })),
    ...churns.map((churn) => ({ ...GOOD, churn })),
    ...workloads.map((workload) => ({ ...GOOD, workload })),
  ];
  for (const spec of specs) assert.equal(specComplaint(spec), null, JSON.stringify(spec));
});

test('a value out of its range is named with the range', () => {
  const cases: readonly (readonly [Partial<RunSpec>, RegExp])[] = [
    [{ system: '' }, /^system: a word expected, got ""$/],
    [{ nodes: 0 }, /^nodes: a whole number from 1 to 1000000 expected, got 0$/],
    [{ nodes: 2.5 }, /^nodes: .* got 2\.5$/],
    [{ nodes: 1_000_001 }, /^nodes: /],
    [{ joinEveryMs: Number.NaN }, /^joinEveryMs: .* got NaN$/],
    [{ loss: 1.01 }, /^loss: a number from 0 to 1 expected, got 1\.01$/],
    [{ failure: { share: -0.1, repairMs: 0 } }, /^failure\.share: /],
    [{ failure: { share: 1, repairMs: 0 } }, /^failure\.share: less than 1 expected/],
    [{ failure: { share: 0.5, repairMs: Number.POSITIVE_INFINITY } }, /^failure\.repairMs: .* got Infinity$/],
    [{ nat: { ...NO_NATS, symmetric: 1.5 } }, /^nat\.symmetric: a number from 0 to 1 expected, got 1\.5$/],
    [{ nat: { ...NO_NATS, symmetric: 0.6, mapped: 0.6 } }, /^nat: shares of at most 1 together expected, got 1\.2$/],
    [{ options: { successors: Number.NaN } }, /^options\.successors: a finite number, true, false or a word expected, got NaN$/],
    [{ churn: { kind: 'poisson', perSecond: -1, leaves: 'crash' } }, /^churn\.perSecond: /],
    [{ churn: { kind: 'sessions', life: { kind: 'fixed', ms: 0 }, away: HOUR, leaves: 'crash' } }, /^churn\.life\.ms: a number from 1 /],
    [
      { churn: { kind: 'sessions', life: HOUR, away: { kind: 'pareto', shape: 0.01, minMs: 5 }, leaves: 'crash' } },
      /^churn\.away\.shape: a number from 0\.1 to 100 expected, got 0\.01$/,
    ],
    [{ workload: { kind: 'keys', keys: -1 } }, /^workload\.keys: /],
    [{ workload: { kind: 'lookups', count: 0, perSecond: 0, warmUpMs: 0, style: 'iterative' } }, /^workload\.count: /],
  ];
  for (const [change, complaint] of cases) assert.match(specComplaint({ ...GOOD, ...change }) ?? 'nothing', complaint);
});

test('a network that contradicts itself or would take all memory is refused', () => {
  assert.match(network({ kind: 'uniform', minMs: 30, maxMs: 20 }) ?? '', /minMs of at most maxMs expected, got 30 and 20/);
  assert.match(network({ kind: 'king', sites: 50 }) ?? '', /^network\.sites: a whole number from 128 to 4096 expected, got 50$/);
  assert.match(network({ ...CAN, transitDomains: 100, transitPerDomain: 100 }) ?? '', /at most 1024 transit routers expected, got 10000/);
  assert.match(network({ ...CAN, stubsPerTransit: 100_000 }) ?? '', /at most 1048576 stub routers expected, got 12800000/);
  assert.match(network({ ...CAN, stubsPerTransit: 256, nodesPerStub: 256 }) ?? '', /tables take at most 67108864 bytes, got 268435456/);
});

test('a trace is in order, and only who is there goes', () => {
  assert.equal(trace({ atMs: 0, node: 4, what: 'crash' }, { atMs: 0, node: 4, what: 'join' }, { atMs: 9, node: 7, what: 'join' }), null);
  assert.match(
    trace({ atMs: 5, node: 1, what: 'crash' }, { atMs: 4, node: 2, what: 'crash' }) ?? '',
    /events\[1\]: events in order expected/,
  );
  assert.match(trace({ atMs: 5, node: 4, what: 'join' }) ?? '', /events\[0\]: crash or leave expected of node 4, got join/);
  assert.match(trace({ atMs: 5, node: 5, what: 'leave' }) ?? '', /events\[0\]: join expected of node 5, got leave/);
  const twice = trace({ atMs: 1, node: 2, what: 'crash' }, { atMs: 2, node: 2, what: 'leave' });
  assert.match(twice ?? '', /events\[1\]: join expected of node 2, got leave/);
  assert.match(trace({ atMs: -1, node: 2, what: 'crash' }) ?? '', /events\[0\]\.atMs: /);
});

test('what no compiler has seen is named too: unknown kinds and fields, missing ones, other types', () => {
  const cases: readonly (readonly [string, unknown, RegExp])[] = [
    ['network', { kind: 'kings', sites: 1740 }, /^network\.kind: one of constant, uniform, .* expected, got "kings"$/],
    ['network', { kind: 'toString' }, /^network\.kind: /],
    ['network', { kind: 'plane', baseMs: 1, acrosMs: 2 }, /^network: plane has no acrosMs; acrossMs is probably meant$/],
    ['network', { kind: 'plane', baseMs: 1 }, /^network: acrossMs expected for plane, got nothing$/],
    ['network', null, /^network: an object with a kind expected, got null$/],
    ['churn', { kind: 'none', perSecond: 4 }, /^churn: none has no fields, got perSecond$/],
    ['churn', { kind: 'trace', events: 'all' }, /^churn\.events: a list expected$/],
    ['churn', { kind: 'trace', events: [null] }, /^churn\.events\[0\]: an object expected$/],
    ['churn', { kind: 'sessions', life: 5, away: 5, leaves: 'crash' }, /^churn\.life: an object with a kind expected, got 5$/],
    ['start', 'perfect', /^start: ideal or grown expected, got "perfect"$/],
    ['nodes', '100', /^nodes: .* got "100"$/],
    ['failure', undefined, /^failure: null or an object expected$/],
    ['nat', null, /^nat: shares or nothing expected$/],
    ['nat', { conical: 1 }, /^nat: shares of full-cone, .*, mapped expected, got conical$/],
    ['nat', { symmetric: 1 }, /^nat\.full-cone: a share expected, got nothing$/],
    ['options', [], /^options: an object expected$/],
  ];
  for (const [field, value, complaint] of cases) assert.match(specComplaint(withValue(GOOD, [field], value)) ?? 'nothing', complaint);
});

test('whatever stands in place of a field or within one, it passes or gets one sentence, and nothing is thrown', () => {
  const spec: RunSpec = {
    ...GOOD,
    failure: { share: 0.1, repairMs: 5 },
    nat: NO_NATS,
    churn: { kind: 'trace', events: [{ atMs: 1, node: 2, what: 'crash' }] },
  };
  const paths = [
    ...Object.keys(spec).map((field) => [field]),
    ['network', 'kind'],
    ['network', 'ms'],
    ['churn', 'events'],
    ['failure', 'share'],
    ['nat', 'symmetric'],
  ];
  const property = fc.property(fc.constantFrom(...paths), fc.anything({ withNullPrototype: true }), (path, value) => {
    const complaint = specComplaint(withValue(spec, path, value));
    assert.ok(complaint === null || complaint.length > 5);
  });
  fc.assert(property, { seed: SEED, numRuns: 5000 });
});

/** A spec as a file would give it: what the compiler knows of its type does not count. */
function withValue(spec: RunSpec, [field, inner]: readonly string[], value: unknown): RunSpec {
  const fields = new Map<string, unknown>(Object.entries(spec));
  const known = fields.get(field as string);
  fields.set(field as string, inner === undefined ? value : { ...(known as object), [inner]: value });
  return Object.fromEntries(fields) as unknown as RunSpec;
}
