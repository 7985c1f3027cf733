/**
 * What is wrong with a RunSpec, before anything runs: a spec may come from a command line or a result folder, where no compiler has seen it.
 * Which options a system has, and what a scenario can carry out, they say themselves. Owns no state.
 */

import { type FieldRule, fieldsComplaint, isObject, number, optional, said, whole, word } from './field-rules.ts';
import { KING_SITES_MAX, KING_SITES_MIN } from './king.ts';
import { type ChurnSpec, type NetworkSpec, NO_NATS, type RunSpec, type TimeSpec, type TraceEvent, type WorkloadSpec } from './run-spec.ts';
import { ROUTERS_PER_STUB_MAX, STUB_ROUTERS_MAX, STUB_TABLE_BYTES_MAX, TRANSIT_ROUTERS_MAX, type TransitStubSpec } from './transit-stub.ts';

export const NODES_MAX = 1_000_000;
const TRACE_EVENTS_MAX = 1_000_000;
/** A minute one way: what takes longer is no network. */
const LATENCY_MS_MAX = 60_000;
/** Twelve days of virtual time. */
const DURATION_MS_MAX = 1e9;
const COUNT_MAX = 100_000_000;
const PER_SECOND_MAX = 1_000_000;
const BYTES_PER_SECOND_MAX = 1e12;
const PIECE_BYTES_MAX = 1 << 30;
/** Times of flatter distributions than the one are beyond all clocks, of steeper ones than the other all the same. */
const SHAPE_MIN = 0.1;
const SHAPE_MAX = 100;

/** Shares that are 1 on paper may sum up to a little more. */
const ROUNDING = 1e-9;

const LATENCY = number(0, LATENCY_MS_MAX);
const DURATION = number(0, DURATION_MS_MAX);
const COUNT = whole(0, COUNT_MAX);
const RATE = number(0, PER_SECOND_MAX);
const LINK = number(0, BYTES_PER_SECOND_MAX);
const LEAVES = word('crash', 'leave');
/** Where the next one has to come some time. */
const RATE_MIN = 1e-6;
const FILES_PER_USER_MAX = 10_000;
/** Checked by itself. */
const NESTED: FieldRule = (name, value) => (value === undefined ? `${name}: something expected, got nothing` : null);

type Rules<Spec extends { readonly kind: string }> = {
  readonly [Kind in Spec['kind']]: { readonly [Field in Exclude<keyof Extract<Spec, { kind: Kind }>, 'kind'>]: FieldRule };
};

const NETWORKS: Rules<NetworkSpec> = {
  constant: { ms: LATENCY },
  uniform: { minMs: LATENCY, maxMs: LATENCY },
  exponential: { meanMs: LATENCY },
  plane: { baseMs: LATENCY, acrossMs: LATENCY },
  'transit-stub': {
    transitDomains: whole(1, TRANSIT_ROUTERS_MAX),
    transitPerDomain: whole(1, TRANSIT_ROUTERS_MAX),
    stubsPerTransit: whole(1, STUB_ROUTERS_MAX),
    nodesPerStub: whole(1, ROUTERS_PER_STUB_MAX),
    transitMs: LATENCY,
    transitStubMs: LATENCY,
    stubMs: LATENCY,
  },
  king: { sites: whole(KING_SITES_MIN, KING_SITES_MAX) },
};

const CHURNS: Rules<ChurnSpec> = {
  none: {},
  poisson: { perSecond: RATE, leaves: LEAVES },
  sessions: { life: NESTED, away: NESTED, leaves: LEAVES },
  trace: { events: NESTED },
};

/** From a millisecond on: lives of no length would keep the clock where it is. */
const TIME = number(1, DURATION_MS_MAX);
const SHAPE = number(SHAPE_MIN, SHAPE_MAX);
const TIMES: Rules<TimeSpec> = {
  fixed: { ms: TIME },
  exponential: { meanMs: TIME },
  weibull: { shape: SHAPE, scaleMs: TIME },
  pareto: { shape: SHAPE, minMs: TIME },
};

const WORKLOADS: Rules<WorkloadSpec> = {
  lookups: { count: whole(1, COUNT_MAX), perSecond: RATE, warmUpMs: DURATION, style: word(), quietMs: optional(DURATION) },
  recovery: { perSecond: RATE, beforeMs: DURATION, afterMs: DURATION, windowMs: number(1000, DURATION_MS_MAX), style: word() },
  walks: { count: whole(1, COUNT_MAX) },
  keys: { keys: COUNT },
  joins: { joins: whole(0, NODES_MAX), keys: COUNT },
  swarm: { pieces: whole(1, COUNT_MAX), pieceBytes: whole(1, PIECE_BYTES_MAX), upBytesPerSecond: LINK, downBytesPerSecond: LINK },
  values: { keys: whole(1, COUNT_MAX), gets: COUNT, perSecond: RATE, warmUpMs: DURATION },
  poisoning: {
    content: contentComplaint,
    perSecond: number(RATE_MIN, PER_SECOND_MAX),
    warmUpMs: DURATION,
    windows: whole(1, COUNT_MAX),
    windowMs: number(1000, DURATION_MS_MAX),
    decoys: number(0, 1),
    decoyFiles: whole(0, FILES_PER_USER_MAX),
    altered: number(0, 1),
    noticed: number(0, 1),
    listMs: DURATION,
    checksTrees: yesOrNo,
  },
  searches: { content: contentComplaint, count: whole(1, COUNT_MAX), perSecond: RATE, warmUpMs: DURATION, waitMs: DURATION },
};

function yesOrNo(name: string, value: unknown): string | null {
  return typeof value === 'boolean' ? null : `${name}: true or false expected, got ${said(value)}`;
}

/** One sentence for people, or null when the spec can be run. */
export function specComplaint(spec: RunSpec): string | null {
  const { churn, network } = spec;
  return (
    word()('system', spec.system) ??
    optionsComplaint(spec) ??
    whole(1, NODES_MAX)('nodes', spec.nodes) ??
    word('ideal', 'grown')('start', spec.start) ??
    DURATION('joinEveryMs', spec.joinEveryMs) ??
    fieldsComplaint('network', network, NETWORKS) ??
    networkComplaint(network) ??
    number(0, 1)('loss', spec.loss) ??
    natComplaint(spec) ??
    failureComplaint(spec) ??
    fieldsComplaint('churn', churn, CHURNS) ??
    churnComplaint(churn, spec.nodes) ??
    fieldsComplaint('workload', spec.workload, WORKLOADS)
  );
}

function optionsComplaint({ options }: RunSpec): string | null {
  if (!isObject(options)) return 'options: an object expected';
  for (const [name, value] of Object.entries(options)) {
    const fits = typeof value === 'boolean' || typeof value === 'string' || Number.isFinite(value);
    if (!fits) return `options.${name}: a finite number, true, false or a word expected, got ${said(value)}`;
  }
  return null;
}

function networkComplaint(network: NetworkSpec): string | null {
  if (network.kind === 'uniform' && network.minMs > network.maxMs) {
    return `network: minMs of at most maxMs expected, got ${network.minMs} and ${network.maxMs}`;
  }
  return network.kind === 'transit-stub' ? topologyComplaint(network) : null;
}

function topologyComplaint({ transitDomains, transitPerDomain, stubsPerTransit, nodesPerStub }: TransitStubSpec): string | null {
  const transit = transitDomains * transitPerDomain;
  const stubs = transit * stubsPerTransit;
  if (transit > TRANSIT_ROUTERS_MAX) return `network: at most ${TRANSIT_ROUTERS_MAX} transit routers expected, got ${transit}`;
  if (stubs * nodesPerStub > STUB_ROUTERS_MAX) {
    return `network: at most ${STUB_ROUTERS_MAX} stub routers expected, got ${stubs * nodesPerStub}`;
  }
  const tableBytes = stubs * nodesPerStub * nodesPerStub;
  if (tableBytes <= STUB_TABLE_BYTES_MAX) return null;
  return `network: fewer or smaller stub domains expected, whose tables take at most ${STUB_TABLE_BYTES_MAX} bytes, got ${tableBytes}`;
}

function natComplaint({ nat }: RunSpec): string | null {
  if (nat === undefined) return null;
  if (!isObject(nat)) return 'nat: shares or nothing expected';
  const kinds = Object.keys(NO_NATS);
  for (const [kind, share] of Object.entries(nat)) {
    const problem = kinds.includes(kind) ? number(0, 1)(`nat.${kind}`, share) : `nat: shares of ${kinds.join(', ')} expected, got ${kind}`;
    if (problem !== null) return problem;
  }
  const missing = kinds.find((kind) => !Object.hasOwn(nat, kind));
  if (missing !== undefined) return `nat.${missing}: a share expected, got nothing`;
  const sum = Object.values(nat).reduce((total, share) => total + share, 0);
  return sum > 1 + ROUNDING ? `nat: shares of at most 1 together expected, got ${sum}` : null;
}

function failureComplaint({ failure }: RunSpec): string | null {
  if (failure === null) return null;
  if (!isObject(failure)) return 'failure: null or an object expected';
  const { best } = failure;
  if (best !== undefined && typeof best !== 'boolean') return `failure.best: true, false or nothing expected, got ${said(best)}`;
  const range = number(0, 1)('failure.share', failure.share) ?? DURATION('failure.repairMs', failure.repairMs);
  if (range !== null) return range;
  return failure.share === 1 ? 'failure.share: less than 1 expected, so that somebody is left to ask, got 1' : null;
}

function churnComplaint(churn: ChurnSpec, nodes: number): string | null {
  if (churn.kind === 'sessions')
    return fieldsComplaint('churn.life', churn.life, TIMES) ?? fieldsComplaint('churn.away', churn.away, TIMES);
  return churn.kind === 'trace' ? traceComplaint(churn.events, nodes) : null;
}

/** Events are in order, and only who is there goes, only who is not there comes. */
function traceComplaint(events: readonly TraceEvent[], nodes: number): string | null {
  if (!Array.isArray(events)) return 'churn.events: a list expected';
  if (events.length > TRACE_EVENTS_MAX) return `churn.events: at most ${TRACE_EVENTS_MAX} expected, got ${events.length}`;
  /** Who is not where it was at the beginning. */
  const moved = new Set<number>();
  let lastMs = 0;
  for (const [index, event] of events.entries()) {
    const where = `churn.events[${index}]`;
    if (!isObject(event)) return `${where}: an object expected`;
    const { atMs, node, what } = event;
    const problem =
      number(0, DURATION_MS_MAX)(`${where}.atMs`, atMs) ??
      whole(0, NODES_MAX - 1)(`${where}.node`, node) ??
      word('join', 'crash', 'leave')(`${where}.what`, what);
    if (problem !== null) return problem;
    if (atMs < lastMs) return `${where}: events in order expected, got ${atMs} ms after ${lastMs} ms`;
    lastMs = atMs;
    const isThere = node < nodes !== moved.has(node);
    if (isThere === (what === 'join')) return `${where}: ${isThere ? 'crash or leave' : 'join'} expected of node ${node}, got ${what}`;
    if (!moved.delete(node)) moved.add(node);
  }
  return null;
}

/** Shares and weights are drawn by title: more than that many take too long to draw from. */
const TITLES_MAX = 10_000_000;
const ZIPF_MAX = 10;

function contentComplaint(name: string, value: unknown): string | null {
  if (!isObject(value)) return `${name}: an object expected, got ${said(value)}`;
  const { titles, zipf, filesPerUser, spread } = value as Record<string, unknown>;
  return (
    whole(1, TITLES_MAX)(`${name}.titles`, titles) ??
    number(0, ZIPF_MAX)(`${name}.zipf`, zipf) ??
    whole(0, FILES_PER_USER_MAX)(`${name}.filesPerUser`, filesPerUser) ??
    word('even', 'measured')(`${name}.spread`, spread)
  );
}
