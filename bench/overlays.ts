/**
 * What a structured overlay costs in the simulator, with the full state of the real protocol in every node: time to link a network, time
 * and events of its lookups, memory; and a network that grows by the protocol and churns for an hour. Each run is a process of its own.
 *
 *   node bench/overlays.ts [--system chord|kademlia|pastry|kelips|tapestry|can] [--nodes 1000,10000,100000,1000000] [--lookups 0] [--at-once 200] [--json FILE]
 *   node bench/overlays.ts --system kelips --nodes 100000 --upkeep 10         # and so many virtual seconds with rounds of upkeep
 *   node bench/overlays.ts --system pastry --nodes 100000 --failure 0.01 --repair 600     # that part falls silent at once, and at most so many seconds to repair
 *   node bench/overlays.ts --churn [--nodes 100000] [--hours 1]          # Chord; half an hour
 *
 * Lookups: as many as there are nodes, and at least 100,000, when none are given. PeerSim does 100,000 in networks whose nodes carry no real
 * protocol; what it takes on this kind of machine is in `docs/benchmarks.md`.
 *
 * What must hold is checked when all is over: tables, zones, views as the overlay's `complaint` wants them; every start leads a key to its one owner, by
 * the nodes' own tables; and the upkeep of Kelips is the same in every second, whatever has happened.
 */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ID_BYTES } from '../src/core/id.ts';
import { Random } from '../src/core/random.ts';
import { OverlayRun } from '../src/lab/overlay-run.ts';
import { RUN_DEFAULTS, type RunSpec } from '../src/lab/run-spec.ts';
import { overlaySystemOf } from '../src/lab/systems/index.ts';
import { markdownTable, show } from './statistics.ts';

const LOOKUPS_MIN = 100_000;
/** Virtual time that one batch may take, and that a network which no longer changes may take to come to order. */
const BATCH_MS_MAX = 600_000;
const SETTLE_MS_MAX = 1_800_000;
const HOUR_MS = 3_600_000;
/** So often, in virtual time, it is looked whether what fell silent is repaired. */
const LOOK_MS = 10_000;
/** Keys that are followed to their owners in the end, each from so many nodes. */
const FOLLOWED_KEYS = 500;
const STARTS_PER_KEY = 8;
/** Nodes whose entries are looked through for the dead. */
const LOOKED_AT = 1_000;
/** A rate counts as constant when two are that near to each other. */
const CONSTANT_WITHIN = 0.05;
/** Of the heap of one run, for a million nodes. */
const HEAP_MB_MAX = 7000;
const NEW_SPACE_MB = 64;
const MINUTES_MAX = 120;

/** Half of all nodes are gone after an hour (Saroiu et al. 2002), and each is replaced. */
const MEDIAN_SESSION_MS = HOUR_MS;
/** Between two rounds of stabilization, in a network with churn. */
const ROUND_MS = 60_000;
/** While the network grows, a round sees it grow by so much, and by one node at the least: it doubles in six minutes. */
const GROWTH_PER_ROUND = 0.125;

const { values: options } = parseArgs({
  options: {
    system: { type: 'string', default: 'chord' },
    nodes: { type: 'string' },
    lookups: { type: 'string', default: '0' },
    'at-once': { type: 'string', default: '200' },
    churn: { type: 'boolean', default: false },
    hours: { type: 'string', default: '1' },
    upkeep: { type: 'string', default: '0' },
    failure: { type: 'string', default: '0' },
    repair: { type: 'string', default: '600' },
    json: { type: 'string' },
    one: { type: 'boolean', default: false },
  },
});

/** More would only spread their state over more memory, unless a network whose dead are waited for goes on with its rounds meanwhile; the result is the same. */
const LOOKUPS_AT_ONCE = Number(options['at-once']);
const UPKEEP_S = Number(options.upkeep);
const FAILURE = Number(options.failure);
const REPAIR_S = Number(options.repair);

interface Cost {
  readonly nodes: number;
  /** Until the network stands. */
  readonly beginS: number;
  readonly lookups: number;
  readonly lookupsS: number;
  readonly hops: number;
  readonly failed: number;
  readonly events: number;
  /** User and system time of all threads, the collector's too. */
  readonly cpuS: number;
  readonly heapBytesPerNode: number;
  readonly peakMb: number;
  readonly trace: string;
  /** Virtual seconds until those that were left had repaired what the silent had left behind; null: not in the time that they had. */
  readonly repairedS: number | null;
  /** Of all entries the share that names the dead, at once and in the end. */
  readonly deadAtOnce: number;
  readonly deadAtLast: number;
  /** CPU seconds that a virtual minute of upkeep takes, and bytes that a node sends in a second of it, at rest and in the end; 0: not asked for. */
  readonly upkeepS: number;
  readonly upkeepBytes: readonly number[];
  /** Of a run with churn. */
  readonly virtualS: number;
  readonly joins: number;
  readonly departures: number;
  /** What is wrong in the end with zones, leaf sets, tables or views; null: nothing. */
  readonly complaint: string | null;
}

if (options.one) process.stdout.write(JSON.stringify(options.churn ? churning(Number(options.nodes)) : resting(Number(options.nodes))));
else report();

function report(): void {
  const sizes = (options.nodes ?? (options.churn ? '100000' : '1000,10000,100000,1000000')).split(',');
  const costs = sizes.map((nodes) => inProcess(nodes));
  const head = [
    'nodes',
    'stands after, s',
    'lookups',
    'they take, s',
    'µs a lookup',
    'hops',
    'failed',
    'events per CPU second',
    'heap bytes a node',
    'peak MB',
    ...(UPKEEP_S > 0 ? ['CPU s a virtual minute of upkeep', 'upkeep, bytes a node and second'] : []),
    ...(FAILURE > 0 ? ['repaired after, virtual s', 'entries that name the dead, at once and in the end'] : []),
  ];
  const rows = costs.map((cost) => [
    cost.nodes.toLocaleString('en'),
    show(cost.beginS, 1),
    cost.lookups.toLocaleString('en'),
    show(cost.lookupsS, 1),
    show((cost.lookupsS / cost.lookups) * 1e6),
    show(cost.hops, 2),
    String(cost.failed),
    show(cost.events / cost.cpuS),
    show(cost.heapBytesPerNode),
    show(cost.peakMb),
    ...(UPKEEP_S > 0 ? [show(cost.upkeepS), cost.upkeepBytes.map((bytes) => show(bytes)).join(', ')] : []),
    ...(FAILURE > 0
      ? [cost.repairedS === null ? `not in ${REPAIR_S}` : show(cost.repairedS), `${percent(cost.deadAtOnce)}, ${percent(cost.deadAtLast)}`]
      : []),
  ]);
  process.stdout.write(`${options.system}, Node ${process.versions.node}\n\n${markdownTable(head, rows)}\n`);
  for (const { nodes, virtualS, joins, departures, complaint, cpuS, events, trace } of costs) {
    if (!options.churn) {
      process.stdout.write(`\n${nodes.toLocaleString('en')} nodes, when all is over, trace ${trace}: ${complaint ?? 'in order'}\n`);
      continue;
    }
    process.stdout.write(
      `\n${show(virtualS)} s of virtual time, ${joins} joins, ${departures} departures, ${events.toLocaleString('en')} events, ${show(cpuS)} CPU s, trace ${trace}; ` +
        `when it had come to rest: ${complaint ?? 'in order'}\n`,
    );
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ v: 1, system: options.system, costs }, null, 2)}\n`);
}

function inProcess(nodes: string): Cost {
  const flags = [`--max-old-space-size=${HEAP_MB_MAX}`, `--max-semi-space-size=${NEW_SPACE_MB}`, '--expose-gc'];
  const own = [
    fileURLToPath(import.meta.url),
    '--one',
    '--system',
    options.system,
    '--nodes',
    nodes,
    '--lookups',
    options.lookups,
    '--at-once',
    options['at-once'],
    '--upkeep',
    options.upkeep,
    '--failure',
    options.failure,
    '--repair',
    options.repair,
  ];
  const more = options.churn ? ['--churn', '--hours', options.hours] : [];
  const said = execFileSync(process.execPath, [...flags, ...own, ...more], {
    encoding: 'utf8',
    timeout: MINUTES_MAX * 60_000,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(said) as Cost; // It is this very file that wrote it.
}

/** A network that nothing changes, linked as it would be in the end. */
function resting(nodes: number): Cost {
  // Kademlia's nodes have no rounds.
  const hasRounds = 'roundMs' in overlaySystemOf(options.system).defaults;
  const rounds = UPKEEP_S > 0 || FAILURE > 0 || !hasRounds ? {} : { roundMs: 0 };
  const failure = FAILURE > 0 ? { share: FAILURE, repairMs: 0 } : null;
  const run = new OverlayRun({ ...specOf(nodes), failure, options: { ...optionsOf(nodes), ...rounds } }, 1);
  const beganMs = performance.now();
  run.begin();
  const stoodMs = performance.now();
  const heapBytesPerNode = heapBytes() / nodes;
  say(run, `${nodes} nodes stand, ${show(heapBytesPerNode)} bytes of heap each`);
  const atRest = upkeepOf(run);
  const complaintAtRest = FAILURE > 0 ? run.network.complaint() : null;
  if (FAILURE > 0) say(run, `at rest: ${complaintAtRest ?? 'in order'}`);
  run.fail();
  const deadAtOnce = deadShare(run);
  const repairedS = FAILURE > 0 ? repaired(run) : 0;
  say(
    run,
    `upkeep at rest: ${JSON.stringify(atRest)}; repaired after ${repairedS} s; entries that name the dead: ${percent(deadAtOnce)}, ${percent(deadShare(run))}`,
  );
  const before = process.cpuUsage();
  const eventsBefore = run.world.counters.events;
  const count = Number(options.lookups) || Math.max(LOOKUPS_MIN, nodes);
  const began = performance.now();
  const lookups = lookUp(run, count);
  const lookupsS = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  const events = run.world.counters.events - eventsBefore;
  say(run, `${count} lookups: ${JSON.stringify(lookups)}, ${events} events in ${show((user + system) / 1e6, 1)} CPU s`);
  const inTheEnd = FAILURE > 0 ? upkeepOf(run) : atRest;
  const upkeepBytes = FAILURE > 0 ? [atRest.bytes, inTheEnd.bytes] : [atRest.bytes];
  return {
    nodes,
    beginS: (stoodMs - beganMs) / 1000,
    lookups: count,
    lookupsS,
    ...lookups,
    events,
    cpuS: (user + system) / 1e6,
    repairedS,
    deadAtOnce,
    deadAtLast: deadShare(run),
    upkeepS: atRest.cpuS,
    upkeepBytes,
    heapBytesPerNode,
    peakMb: process.resourceUsage().maxRSS / 1000,
    trace: run.world.traceHash(),
    virtualS: run.world.now / 1000,
    joins: 0,
    departures: 0,
    complaint:
      [run.network.complaint(), ownersComplaint(run), rateComplaint(upkeepBytes)].filter((said) => said !== null).join('; ') || null,
  };
}

/** A network that joins node by node, then loses and replaces half of its nodes in an hour, and comes to rest. */
function churning(nodes: number): Cost {
  const away = { kind: 'fixed', ms: 0 } as const;
  const life = { kind: 'exponential', meanMs: MEDIAN_SESSION_MS / Math.LN2 } as const;
  const run = new OverlayRun(
    { ...specOf(nodes), options: { ...optionsOf(nodes), roundMs: ROUND_MS }, churn: { kind: 'sessions', life, away, leaves: 'crash' } },
    1,
  );
  const beganMs = performance.now();
  for (let count = 1; count <= nodes; count++) {
    run.network.join();
    run.runFor(ROUND_MS / Math.max(1, GROWTH_PER_ROUND * count));
  }
  const stoodMs = performance.now();
  const { world, churn, network } = run;
  const endsAtMs = world.now + Number(options.hours) * HOUR_MS;
  churn.start(endsAtMs);
  run.runTo(endsAtMs);
  const count = Number(options.lookups) || 10_000;
  const began = performance.now();
  const lookups = lookUp(run, count);
  const lookupsS = (performance.now() - began) / 1000;
  const settledByMs = world.now + SETTLE_MS_MAX;
  while (network.complaint() !== null && world.now < settledByMs) run.runFor(ROUND_MS);
  const { user, system } = process.cpuUsage();
  return {
    nodes: network.live.length,
    beginS: (stoodMs - beganMs) / 1000,
    lookups: count,
    lookupsS,
    ...lookups,
    events: world.counters.events,
    cpuS: (user + system) / 1e6,
    heapBytesPerNode: heapBytes() / network.live.length,
    peakMb: process.resourceUsage().maxRSS / 1000,
    trace: world.traceHash(),
    repairedS: 0,
    deadAtOnce: 0,
    deadAtLast: 0,
    upkeepS: 0,
    upkeepBytes: [],
    virtualS: world.now / 1000,
    joins: churn.joins,
    departures: churn.crashes,
    complaint: network.complaint(),
  };
}

function lookUp(run: OverlayRun, count: number): { readonly hops: number; readonly failed: number } {
  const [origins, keys] = [new Random(1, 1), new Random(1, 2)];
  let [done, hops, failed] = [0, 0, 0];
  for (let begun = 0; begun < count; ) {
    const batch = Math.min(LOOKUPS_AT_ONCE, count - begun);
    for (let index = 0; index < batch; index++) {
      const key = keys.fill(new Uint8Array(ID_BYTES));
      run.network.lookup(run.drawMember(origins), key, 'iterative', (outcome) => {
        done++;
        hops += outcome.hops;
        if (outcome.owner !== run.network.ownerOf(key)) failed++;
      });
    }
    begun += batch;
    run.runUntil(() => done === begun, BATCH_MS_MAX);
  }
  return { hops: hops / done, failed: failed + count - done };
}

/** Virtual seconds until nothing is wrong any more; null: more than there were. */
function repaired(run: OverlayRun): number | null {
  for (let waitedMs = 0; waitedMs < REPAIR_S * 1000; waitedMs += LOOK_MS) {
    run.runFor(LOOK_MS);
    if (run.network.complaint() === null) return (waitedMs + LOOK_MS) / 1000;
  }
  return null;
}

/** CPU seconds for a virtual minute, and bytes a node and second. */
function upkeepOf(run: OverlayRun): { readonly cpuS: number; readonly bytes: number } {
  if (UPKEEP_S === 0) return { cpuS: 0, bytes: 0 };
  const before = process.cpuUsage();
  const bytesBefore = run.bytesSent;
  run.runFor(UPKEEP_S * 1000);
  const { user, system } = process.cpuUsage(before);
  return {
    cpuS: ((user + system) / 1e6) * (60 / UPKEEP_S),
    bytes: (run.bytesSent - bytesBefore) / run.network.live.length / UPKEEP_S,
  };
}

/** Of the entries of some nodes, the share that names nodes which live no more. */
function deadShare(run: OverlayRun): number {
  if (FAILURE === 0) return 0;
  const { network } = run;
  const living = new Set(network.live);
  const random = new Random(2, 1);
  let [entries, dead] = [0, 0];
  for (let looked = 0; looked < LOOKED_AT; looked++) {
    for (const { neighbours } of network.look(run.drawMember(random))) {
      entries += neighbours.length;
      for (const { node } of neighbours) if (!living.has(node)) dead++;
    }
  }
  return dead / entries;
}

/** By the nodes' own tables, and with no time in between, every start has to lead to the one owner. */
function ownersComplaint(run: OverlayRun): string | null {
  const { network } = run;
  const [origins, keys] = [new Random(3, 1), new Random(3, 2)];
  for (let followed = 0; followed < FOLLOWED_KEYS; followed++) {
    const key = keys.fill(new Uint8Array(ID_BYTES));
    const owner = network.ownerOf(key);
    for (let start = 0; start < STARTS_PER_KEY; start++) {
      const from = run.drawMember(origins);
      const end = network.walk(from, key).at(-1)?.node;
      if (end !== owner) return `from node ${from} key ${followed} leads to node ${end}, and its owner is ${owner}`;
    }
  }
  return null;
}

/** Kelips promises a constant rate, whatever goes on. */
function rateComplaint(bytes: readonly number[]): string | null {
  const [least, most] = [Math.min(...bytes), Math.max(...bytes)];
  if (options.system !== 'kelips' || most <= least * (1 + CONSTANT_WITHIN)) return null;
  return `upkeep of the same rate expected, got ${show(least)} to ${show(most)} bytes a node and second`;
}

/** Kelips has √N groups. */
function optionsOf(nodes: number): RunSpec['options'] {
  if (options.system !== 'kelips') return {};
  return { groups: Math.round(Math.sqrt(nodes)), contacts: 2, replicas: 1, readQuorum: 1, writeQuorum: 1 };
}

function specOf(nodes: number): RunSpec {
  return {
    ...RUN_DEFAULTS,
    system: options.system,
    nodes,
    network: { kind: 'uniform', minMs: 10, maxMs: 100 },
    workload: { kind: 'lookups', count: 1, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** How far a run of minutes has come. */
function say({ world }: OverlayRun, what: string): void {
  const { user, system } = process.cpuUsage();
  process.stderr.write(`at ${show(world.now / 1000)} s of virtual time, after ${show((user + system) / 1e6)} CPU s: ${what}\n`);
}

function percent(share: number): string {
  return `${show(100 * share, 2)}%`;
}
