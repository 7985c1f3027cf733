/**
 * A simulated world that people watch, as plain data: what it is made of, and what was done to it at which moment. A world is a function of its
 * plan, so that a plan is all there is to keep, to send, or to fork. Owns no state.
 */

import { specComplaint } from '../check-spec.ts';
import { type FieldRule, fieldsComplaint, isObject, number, said, whole } from '../field-rules.ts';
import { RUN_DEFAULTS, type RunSpec } from '../run-spec.ts';

/** What a page can draw and a thread can run at about the speed of life. */
export const LIVE_NODES_MAX = 10_000;
const ACTS_MAX = 1_000;
/** Of one act. */
const NODES_NAMED_MAX = 1_000;
const KEY_CHARS_MAX = 256;
const SEED_MAX = 0xffff_ffff;
/** Four months. */
const AT_MS_MAX = 1e10;
/** Text of a link. */
const LINK_CHARS_MAX = 64 * 1024;

/** What stands in the spec of a world whose content nobody has chosen: a search network or a swarm has one of its own then. */
const NO_WORKLOAD = { kind: 'keys', keys: 0 } as const;
/** Of what is shared in a world, or passed on. */
const TITLES_MAX = 100_000;
const FILES_PER_USER_MAX = 200;
const PIECES_MAX = 2_000;

/** What is done to a world. Shares are of the nodes that live then; who is drawn follows from the seed and the place of the act in the plan. */
export type Deed =
  | { readonly kind: 'crash'; readonly nodes: readonly number[] }
  | { readonly kind: 'crash-share'; readonly share: number }
  | { readonly kind: 'leave'; readonly nodes: readonly number[] }
  | { readonly kind: 'join'; readonly count: number }
  /** Those and the others no longer reach each other. */
  | { readonly kind: 'partition'; readonly share: number }
  | { readonly kind: 'heal' }
  | { readonly kind: 'loss'; readonly share: number }
  /** Of an overlay. `from` -1: a member that is drawn. */
  | { readonly kind: 'lookup'; readonly from: number; readonly key: string }
  /** Of a network that finds files by words. */
  | { readonly kind: 'search'; readonly from: number; readonly words: string };

export interface Act {
  readonly atMs: number;
  readonly deed: Deed;
}

export interface LivePlan {
  readonly spec: RunSpec;
  readonly seed: number;
  /** In the order in which they happened. */
  readonly acts: readonly Act[];
}

/** What need not be said of a world has the defaults of experiments. */
export function planOf(spec: Partial<RunSpec> & Pick<RunSpec, 'system' | 'nodes'>, seed: number, acts: readonly Act[] = []): LivePlan {
  return { spec: { ...RUN_DEFAULTS, workload: NO_WORKLOAD, ...spec, failure: null }, seed, acts };
}

/** One sentence for people, or null when the plan can be carried out. That its system exists, and has those options, is seen when it is made. */
export function planComplaint({ spec, seed, acts }: LivePlan): string | null {
  return (
    specComplaint(spec) ??
    whole(1, LIVE_NODES_MAX)('nodes', spec.nodes) ??
    (spec.nat === undefined ? null : 'nat: nothing expected of a world to watch') ??
    contentComplaint(spec) ??
    whole(0, SEED_MAX)('seed', seed) ??
    actsComplaint(acts)
  );
}

function contentComplaint({ workload }: RunSpec): string | null {
  switch (workload.kind) {
    case 'keys':
      return null;
    case 'searches':
      return (
        whole(1, TITLES_MAX)('workload.content.titles', workload.content.titles) ??
        whole(0, FILES_PER_USER_MAX)('workload.content.filesPerUser', workload.content.filesPerUser)
      );
    case 'swarm':
      return whole(1, PIECES_MAX)('workload.pieces', workload.pieces);
    default:
      return `workload: keys, searches or swarm expected of a world to watch, got ${workload.kind}`;
  }
}

function actsComplaint(acts: readonly Act[]): string | null {
  if (!Array.isArray(acts)) return 'acts: a list expected';
  if (acts.length > ACTS_MAX) return `acts: at most ${ACTS_MAX} expected, got ${acts.length}`;
  let lastMs = 0;
  for (const [index, act] of acts.entries()) {
    const where = `acts[${index}]`;
    if (!isObject(act)) return `${where}: an object expected`;
    const problem = number(lastMs, AT_MS_MAX)(`${where}.atMs`, act.atMs) ?? deedComplaint(act.deed, `${where}.deed`);
    if (problem !== null) return problem;
    lastMs = act.atMs;
  }
  return null;
}

const SHARE = number(0, 1);

const DEEDS: { readonly [Kind in Deed['kind']]: { readonly [Field in Exclude<keyof Extract<Deed, { kind: Kind }>, 'kind'>]: FieldRule } } =
  {
    crash: { nodes: nodeNumbers },
    'crash-share': { share: SHARE },
    leave: { nodes: nodeNumbers },
    join: { count: whole(1, NODES_NAMED_MAX) },
    partition: { share: SHARE },
    heal: {},
    loss: { share: SHARE },
    lookup: { from: whole(-1, Number.MAX_SAFE_INTEGER), key: keyText },
    search: { from: whole(-1, Number.MAX_SAFE_INTEGER), words: keyText },
  };

export function deedComplaint(deed: Deed, where = 'deed'): string | null {
  return fieldsComplaint(where, deed, DEEDS);
}

function nodeNumbers(name: string, value: unknown): string | null {
  if (!Array.isArray(value) || value.length === 0) return `${name}: numbers of nodes expected, got ${said(value)}`;
  if (value.length > NODES_NAMED_MAX) return `${name}: at most ${NODES_NAMED_MAX} expected, got ${value.length}`;
  for (const each of value) {
    const problem = whole(0, Number.MAX_SAFE_INTEGER)(name, each);
    if (problem !== null) return problem;
  }
  return null;
}

function keyText(name: string, value: unknown): string | null {
  const fits = typeof value === 'string' && value.length > 0 && value.length <= KEY_CHARS_MAX;
  return fits ? null : `${name}: a text of 1 to ${KEY_CHARS_MAX} characters expected, got ${said(value)}`;
}

/** The plan as JSON, without what goes without saying: what a permalink carries. */
export function planText({ spec, seed, acts }: LivePlan): string {
  const defaults = RUN_DEFAULTS as unknown as Record<string, unknown>;
  const said = Object.entries(spec).filter(([name, value]) => {
    return JSON.stringify(value) !== JSON.stringify(name === 'workload' ? NO_WORKLOAD : defaults[name]);
  });
  return JSON.stringify({ ...Object.fromEntries(said), seed, ...(acts.length > 0 && { acts }) });
}

/** Throws RangeError that says what is wrong with the text. */
export function planFromText(text: string): LivePlan {
  if (text.length > LINK_CHARS_MAX) throw new RangeError(`at most ${LINK_CHARS_MAX} characters expected of a plan, got ${text.length}`);
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new RangeError('JSON expected of a plan');
  }
  if (!isObject(read)) throw new RangeError('an object expected of a plan');
  // What the complaint below looks at, field by field.
  const { seed, acts, ...spec } = read as Record<string, unknown>;
  const plan = planOf(spec as unknown as RunSpec, seed as number, (acts ?? []) as readonly Act[]);
  const complaint = planComplaint(plan);
  if (complaint !== null) throw new RangeError(complaint);
  return plan;
}
