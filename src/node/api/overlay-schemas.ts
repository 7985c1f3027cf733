/** Schemas of structured overlays: what callers send, and the shapes of local-overlays.ts, held to them by their types. Owns no state. */

import { z } from 'zod';
import type { LookupView, OverlaySummary, OverlayView } from '../local-overlays.ts';
import { named, viewSchema } from './schema-book.ts';

const NAME_CHARS_MAX = 64;
const KEY_CHARS_MAX = 1024;

const count = z.int().nonnegative();
const text = z.string();
const state = z.enum(['joining', 'member', 'left']);

export const overlayParams = z.strictObject({ name: z.string().min(1).max(NAME_CHARS_MAX) });
export const lookUp = named(
  'LookUp',
  z.strictObject({
    key: z.string().min(1).max(KEY_CHARS_MAX).describe('any text: its SHA-1 is looked up'),
    hex: z.boolean().optional().describe('the key is the 40 digits themselves'),
  }),
);

const placeFields = { id: text.describe('in hex'), address: text };
const place = z.object(placeFields);
const summaryFields = {
  name: text.describe('`dht`: the own DHT of the node'),
  process: text.nullable().describe('as `kith dht --name` takes it; null for the own DHT of the node'),
  overlay: text,
  address: text,
  state,
  keys: count,
};
const summary = viewSchema<OverlaySummary>()('OverlaySummary', z.object({ ...summaryFields, neighbours: count }));
export const overlayList = named('OverlayList', z.object({ overlays: z.array(summary) }));

export const overlay = viewSchema<OverlayView>()(
  'Overlay',
  z.object({
    ...summaryFields,
    facts: z.array(z.object({ label: text, value: z.union([text, z.number()]) })),
    points: z.array(
      z.object({
        id: text,
        state: text,
        keys: count,
        zones: z.array(text).describe('parts of the space that it owns, where an id does not say all'),
        neighbours: z.array(z.object({ ...placeFields, role: text.describe('in the words of the overlay') })),
      }),
    ),
    datagrams: z.object({ received: count, sent: count, malformed: count, dropped: count }),
  }),
);

export const lookup = viewSchema<LookupView>()(
  'Lookup',
  z.object({
    key: text.describe('in hex'),
    owner: place,
    others: z.array(place).describe('those that hold it with the owner, nearest first'),
    hops: count,
    timeouts: count.describe('dead nodes that were waited for'),
    tookMs: z.number(),
    path: z
      .array(z.object({ ...placeFields, hops: count, outcome: text.describe('answered, silent, gone, owner'), tookMs: z.number() }))
      .describe('who was asked, in the order of the answers'),
  }),
);
