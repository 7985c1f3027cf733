/**
 * Reads and changes one value of a RunSpec by its path: `nodes`, `loss`, `options.successors`, `network.ms`. A few whole parts have short forms:
 * `churn=60m`, `failure=0.3`, `network=king`. What the words of a command line lay over an experiment. Owns no state.
 */

import { closestWord } from '../core/closest-word.ts';
import { type ChurnSpec, type FailureSpec, type NetworkSpec, NO_CHURN, NO_NATS, RUN_DEFAULTS, type RunSpec } from './run-spec.ts';

type Fields = Readonly<Record<string, unknown>>;

const PATH = /^[a-zA-Z][\w-]*(?:\.[a-zA-Z][\w-]*)*$/;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?(?:e-?\d{1,2})?$/;
const DURATION = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/;
const NOBODY_FAILS: FailureSpec = { share: 0, repairMs: 0 };
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `network=plane` means these numbers; each can be changed after it: `network.acrossMs=200`. */
const NETWORKS: Readonly<Record<NetworkSpec['kind'], NetworkSpec>> = {
  constant: { kind: 'constant', ms: 50 },
  uniform: { kind: 'uniform', minMs: 10, maxMs: 90 },
  exponential: { kind: 'exponential', meanMs: 50 },
  plane: { kind: 'plane', baseMs: 5, acrossMs: 120 },
  king: { kind: 'king', sites: 1740 },
  'transit-stub': {
    kind: 'transit-stub',
    transitDomains: 4,
    transitPerDomain: 4,
    stubsPerTransit: 3,
    nodesPerStub: 8,
    transitMs: 100,
    transitStubMs: 10,
    stubMs: 1,
  },
};

/** The spec with what the text says at the path. Throws RangeError when there is no such place, or the text fits it not. */
export function withText(spec: RunSpec, path: string, text: string): RunSpec {
  const value = valueOfText(spec, path, text);
  return withValue(path.includes('.') ? withParts(spec, path.split('.')[0] as string) : spec, path, value);
}

/** With all values of a part that may be absent, so that one of them can be changed. */
function withParts(spec: RunSpec, part: string): RunSpec {
  if (part === 'failure') return { ...spec, failure: spec.failure ?? NOBODY_FAILS };
  return part === 'nat' ? { ...spec, nat: spec.nat ?? NO_NATS } : spec;
}

/** Undefined where there is nothing. */
export function valueAt(spec: RunSpec, path: string): unknown {
  return path.split('.').reduce<unknown>((at, name) => (isFields(at) ? at[name] : undefined), spec);
}

/** A copy with that value at the path; nothing is checked. */
export function withValue(spec: RunSpec, path: string, value: unknown): RunSpec {
  // What is laid over a spec is looked at as a whole before it is run.
  return changed(spec, path.split('.'), value) as unknown as RunSpec;
}

function changed(at: object, [name, ...deeper]: readonly string[], value: unknown): Fields {
  const fields = at as Fields;
  const inner = fields[name as string];
  return { ...fields, [name as string]: deeper.length === 0 ? value : changed(isFields(inner) ? inner : {}, deeper, value) };
}

function valueOfText(spec: RunSpec, path: string, text: string): unknown {
  if (!PATH.test(path)) throw new RangeError(`a key like nodes or options.successors expected, got "${path}"`);
  if (path === 'churn') return churnOf(text);
  if (path === 'failure') return failureOf(spec, text);
  if (path === 'network') return networkOf(text);
  const names = path.split('.');
  const value = NUMBER.test(text) ? Number(text) : text === 'true' ? true : text === 'false' ? false : text;
  // Which options there are depends on the system, and is looked at with the spec as a whole.
  if (names.length === 2 && names[0] === 'options') return value;
  const before = existing(spec, names, path);
  if (names.at(-1) === 'kind') throw new RangeError(`${names.slice(0, -1).join('.')} is set as a whole, like network=plane or churn=60m`);
  if (isFields(before))
    throw new RangeError(
      `${path} has parts: ${Object.keys(before)
        .map((part) => `${path}.${part}`)
        .join(', ')}`,
    );
  if (typeof before !== typeof value) throw new RangeError(`${path} takes a ${typeof before} such as ${String(before)}, got "${text}"`);
  return value;
}

/** What stands at the path now, which says of which type it has to be. */
function existing(spec: RunSpec, names: readonly string[], path: string): unknown {
  let at: unknown = { ...RUN_DEFAULTS, ...spec, failure: spec.failure ?? NOBODY_FAILS, nat: spec.nat ?? NO_NATS };
  for (const [depth, name] of names.entries()) {
    const fields = isFields(at) ? at : {};
    if (!Object.hasOwn(fields, name)) {
      const prefix = names
        .slice(0, depth)
        .map((each) => `${each}.`)
        .join('');
      const meant = closestWord(name, Object.keys(fields));
      const known = Object.keys(fields)
        .map((each) => prefix + each)
        .join(', ');
      throw new RangeError(`a run has no ${path}${meant === null ? `, only ${known}` : `; did you mean ${prefix}${meant}?`}`);
    }
    at = fields[name];
  }
  return at;
}

/** `60m`: each node lives so long on average, and is away as long; both exponential, as Li et al. 2005 have it. It leaves without a word. */
function churnOf(text: string): ChurnSpec {
  if (text === 'none') return NO_CHURN;
  const meanMs = milliseconds(text);
  if (meanMs === null || meanMs <= 0) throw new RangeError(`churn takes none or how long a node lives on average, like 60m, got "${text}"`);
  const time = { kind: 'exponential', meanMs } as const;
  return { kind: 'sessions', life: time, away: time, leaves: 'crash' };
}

function failureOf({ failure }: RunSpec, text: string): FailureSpec | null {
  if (text === 'none') return null;
  const share = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!(share >= 0 && share <= 1)) throw new RangeError(`failure takes none or the share of nodes that fails, 0 to 1, got "${text}"`);
  return { repairMs: failure?.repairMs ?? 0, share };
}

function networkOf(text: string): NetworkSpec {
  const ms = milliseconds(text);
  if (ms !== null) return { kind: 'constant', ms };
  const kinds = Object.keys(NETWORKS);
  if (kinds.includes(text)) return NETWORKS[text as NetworkSpec['kind']];
  const meant = closestWord(text, kinds);
  throw new RangeError(
    `network takes a time like 50ms or one of ${kinds.join(', ')}, got "${text}"${meant === null ? '' : `; did you mean ${meant}?`}`,
  );
}

function milliseconds(text: string): number | null {
  const match = DURATION.exec(text);
  return match === null ? null : Number(match[1]) * (UNIT_MS[match[2] as string] as number);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
