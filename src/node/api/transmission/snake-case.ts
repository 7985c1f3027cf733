/** The names of RPC 17, in kebab-case and camelCase, and those of Transmission 4.1, which are all in snake_case. Owns no state. */

import type { Json } from './arguments.ts';
import { FIELD_NAMES } from './torrent-fields.ts';

/** Arguments of methods, as RPC 17 writes them; those of one word are the same in both. */
const ARGUMENT_NAMES = [
  'download-dir',
  'files-wanted',
  'files-unwanted',
  'priority-high',
  'priority-low',
  'priority-normal',
  'delete-local-data',
  'peer-limit',
  'speed-limit-up',
  'speed-limit-up-enabled',
  'speed-limit-down',
  'speed-limit-down-enabled',
  'idle-seeding-limit',
  'idle-seeding-limit-enabled',
  'download-queue-size',
  'download-queue-enabled',
  'seed-queue-size',
  'seed-queue-enabled',
  'queue-stalled-minutes',
  'queue-stalled-enabled',
  'seedRatioLimited',
  'trackerAdd',
  'trackerRemove',
  'trackerReplace',
  'trackerList',
];

const DEPTH_MAX = 8;
const OLD_FIELDS = namesBySnake(FIELD_NAMES);
/** Some fields can be set under their own names. */
const OLD_ARGUMENTS = namesBySnake([...FIELD_NAMES, ...ARGUMENT_NAMES]);

/** Parameters with the names of RPC 17; in `fields` the texts are names, too. */
export function fromSnakeCase(params: unknown): unknown {
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return params;
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (name === 'fields' && Array.isArray(value)) return [name, value.map((each: unknown) => OLD_FIELDS.get(String(each)) ?? each)];
      return [OLD_ARGUMENTS.get(name) ?? name, value === 'recently_active' ? 'recently-active' : value];
    }),
  );
}

/** The same with every key in snake_case. */
export function toSnakeCase(fields: Json): Json {
  // An object stays one.
  return deep(fields, 0) as Json;
}

function deep(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return value;
  if (Array.isArray(value)) {
    // A table begins with the names of its columns.
    const isTable = depth === 1 && Array.isArray(value[0]);
    return value.map((each, row) =>
      isTable && row === 0 ? (each as unknown[]).map((name) => snake(String(name))) : deep(each, depth + 1),
    );
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [snake(name), deep(each, depth + 1)]));
}

function namesBySnake(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [snake(name), name]));
}

export function snake(name: string): string {
  return name
    .replaceAll('-', '_')
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
