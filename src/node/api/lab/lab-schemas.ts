/** Schemas of the simulated worlds behind the API. What a plan may say is checked by the laboratory itself; here it is bounded. Owns no state. */

import { z } from 'zod';
import { named } from '../schema-book.ts';

const KEY_CHARS_MAX = 256;
const NAME_CHARS_MAX = 64;
const NODES_NAMED_MAX = 1_000;
const ACTS_MAX = 1_000;

const count = z.int().nonnegative();
const timeMs = z.number().nonnegative().describe('ms of virtual time');
const share = z.number().min(0).max(1);
const nodes = z.array(count).min(1).max(NODES_NAMED_MAX).describe('numbers of nodes');
const asker = z.int().min(-1).describe('-1: a member that is drawn');
const key = z.string().min(1).max(KEY_CHARS_MAX);
const name = z.string().min(1).max(NAME_CHARS_MAX);

export const deed = named(
  'Deed',
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('crash'), nodes }),
    z.strictObject({ kind: z.literal('crash-share'), share }),
    z.strictObject({ kind: z.literal('leave'), nodes }),
    z.strictObject({ kind: z.literal('join'), count: z.int().min(1).max(NODES_NAMED_MAX) }),
    z.strictObject({ kind: z.literal('partition'), share }),
    z.strictObject({ kind: z.literal('heal') }),
    z.strictObject({ kind: z.literal('loss'), share }),
    z.strictObject({ kind: z.literal('lookup'), from: asker, key }).describe('of an overlay'),
    z.strictObject({ kind: z.literal('search'), from: asker, words: key }).describe('of a network that finds files by words'),
  ]),
);
const act = z.strictObject({ atMs: timeMs, deed });
const spec = z.looseObject({ system: name, nodes: z.int().min(1) }).describe('as experiments have it: docs/lab.md');

export const plan = named('LivePlan', z.object({ spec, seed: count, acts: z.array(act).max(ACTS_MAX) }));
export const openWorld = named(
  'OpenWorld',
  z.strictObject({
    spec,
    seed: count.max(0xffff_ffff),
    acts: z.array(act).max(ACTS_MAX).optional(),
    atMs: timeMs.optional().describe('it begins paused at this moment'),
  }),
);
export const play = named('PlayWorld', z.strictObject({ speed: z.number().positive().describe('virtual ms for each real one') }));
export const seek = named('SeekWorld', z.strictObject({ atMs: timeMs }));
/** As it stands in a path or a query. */
const written = z
  .string()
  .regex(/^\d{1,7}$/)
  .transform(Number);
export const walkQuery = z.strictObject({ from: written, key });
export const worldParams = z.strictObject({ world: written });
export const nodeParams = worldParams.extend({ node: written });
export const searchParams = worldParams.extend({ search: written });

export const world = named(
  'LiveWorld',
  z.object({ id: count, forkOf: count.nullable(), forkedAtMs: timeMs.nullable(), plan, nowMs: timeMs }),
);
export const worldList = named('LiveWorldList', z.object({ worlds: z.array(world) }));

const box = z.object({ text: z.string(), lows: z.array(z.number()), sizes: z.array(z.number()) });
export const placeList = named(
  'PlaceList',
  z.object({
    places: z.array(
      z.object({
        id: z.string().describe('hex'),
        state: z.string(),
        keys: count,
        boxes: z.array(box),
        group: count.nullable(),
        neighbours: z.array(z.object({ node: z.int(), role: z.string(), note: z.string().optional() })),
        facts: z.array(z.object({ label: z.string(), value: z.union([z.string(), z.number()]) })),
        shares: z.array(z.string()).describe('names of files, as far as they are shown'),
        pieces: z.array(z.int()).describe('of a swarm: -1, it is here; else how many of its neighbours have it'),
      }),
    ),
  }),
);
const step = z.object({
  node: z.int(),
  id: z.string(),
  distance: z.string(),
  why: z.string(),
  others: z.array(z.object({ id: z.string(), what: z.string(), distance: z.string() })),
});
export const walk = named('Walk', z.object({ steps: z.array(step) }));

const nodeBytes = z.string().describe('a byte a node, base64');
export const trail = named(
  'SearchTrail',
  z.object({
    number: count,
    from: count,
    hops: nodeBytes.describe('a byte a node, base64: 0 where it has not come to, 1 for who asks, 2 for one hop from there'),
    since: nodeBytes.describe('a byte a node, base64: the step in which it was sent there first'),
    messages: z
      .string()
      .describe('five numbers of 32 bits a message, low byte first, base64: sender, receiver, hop, step; 0 first, 1 again, 2 hit, 3 lost'),
    leftOut: count.describe('messages that were too many to be kept'),
    steps: z.array(z.object({ fromMs: timeMs, reached: count, queries: count, duplicates: count, hits: count, lost: count })),
    hopTable: z.array(z.object({ hop: count, reached: count, duplicates: count })),
    holders: z.array(count).describe('nodes that shared it when it began'),
    found: z.array(z.object({ node: count, name: z.string(), tookMs: timeMs })),
  }),
);

const optionValues = z.record(z.string(), z.union([z.number(), z.boolean(), z.string()]));
export const systemList = named(
  'SystemList',
  z.object({
    systems: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        kind: z.enum(['overlay', 'search', 'swarm']),
        shape: z.enum(['ring', 'trie', 'torus', 'mesh', 'groups', 'server', 'graph', 'tiers', 'swarm']),
        nodesMax: count,
        options: optionValues.describe('each with its default'),
        forMany: optionValues.describe('had better be set where there are more than a hundred nodes'),
        workload: z.looseObject({ kind: z.string() }).nullable().describe('what is shared or passed on where a plan says nothing of it'),
      }),
    ),
  }),
);

const runName = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/)
  .describe('as experiments are listed');
const effort = z.enum(['quick', 'full']);
const settings = z
  .array(
    z
      .string()
      .regex(/^[\w.]{1,64}=/)
      .max(512),
  )
  .max(16)
  .describe('like nodes=64,256: docs/lab.md');

export const runParams = z.strictObject({ run: written });
export const startRun = named('StartRun', z.strictObject({ experiment: runName, effort, set: settings.optional() }));
const verdict = z.string().nullable().describe('agrees, disagrees, inconclusive or measured; null: there is none yet');
export const run = named(
  'LabRun',
  z.object({
    id: count,
    experiment: z.string(),
    effort,
    set: z.array(z.string()),
    state: z.enum(['running', 'done', 'failed', 'stopped']),
    startedAtMs: z.number().describe('ms since 1970'),
    runs: count,
    done: count,
    verdict,
    sentence: z.string(),
    hasReport: z.boolean(),
    command: z.string().describe('the same on a command line'),
  }),
);
export const runList = named('LabRunList', z.object({ runs: z.array(run) }));
export const experimentList = named(
  'ExperimentList',
  z.object({
    experiments: z.array(
      z.object({
        name: z.string(),
        title: z.string(),
        question: z.string(),
        paper: z.string(),
        where: z.string(),
        path: z.string().nullable(),
        runs: count,
        guessSeconds: z.number(),
        quickGuessSeconds: z.number(),
        last: verdict,
      }),
    ),
  }),
);
