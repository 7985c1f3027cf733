/** Schemas of files that are fetched by their hashes: what callers send, and the shapes of fetch-view.ts, held to them by their types. Owns no state. */

import { z } from 'zod';
import type { BadReason } from '../../overlays/fasttrack/index.ts';
import type { HolderState, Verification } from '../../transfer/files/index.ts';
import type { FetchHolder } from '../files/file-fetch.ts';
import type { FetchDetail, FetchNetworkView, FetchNote, FetchView } from '../search/fetch-view.ts';
import { pieces } from './pieces-schema.ts';
import { problem } from './problem-schema.ts';
import { FOLDER_CHARS_MAX } from './remote-wishes.ts';
import { literals, named, viewSchema } from './schema-book.ts';
import { hashes } from './search-schemas.ts';

const count = z.int().nonnegative();
const text = z.string();
const LINK_CHARS_MAX = 64 * 1024;

// ---- what is sent ------------------------------------------------------------------------------------------------------------

export const fetchParams = z.strictObject({
  id: z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
});
export const getFile = named(
  'GetFile',
  z.strictObject({
    link: z.string().min(1).max(LINK_CHARS_MAX).describe('a magnet link with urn:sha1, urn:tree:tiger or urn:ed2k, or an ed2k link'),
    folder: z.string().min(1).max(FOLDER_CHARS_MAX).optional().describe('a path from the root on, below a folder that the settings name'),
  }),
);

// ---- what is shown -----------------------------------------------------------------------------------------------------------

const network = viewSchema<FetchNetworkView>()('FetchNetwork', z.object({ network: text, holders: count }));

const fields = {
  id: count,
  name: text,
  bytes: count,
  haveBytes: count,
  downloadRate: count,
  downloadedBytes: count.describe('from holders, in this run of the node'),
  leftMs: count.nullable(),
  state: literals<FetchView['state']>()('opening', 'moving', 'waiting', 'checking', 'done', 'failed', 'stopped', 'paused'),
  holders: count,
  sending: count,
  networks: z.array(network).describe('where holders were found; `web` for web servers'),
  hashes,
  checksParts: z.boolean().describe('each part is checked as it comes'),
  verification: literals<Verification>()('parts', 'whole', 'sample', 'nothing').nullable().describe('what vouches for it, once it is done'),
  verdict: literals<BadReason>()('truncated', 'scrambled', 'corrupt').nullable().describe('what is wrong with a bad file'),
  folder: text,
  path: text.nullable().describe('once it is done'),
  problem: problem.nullable(),
  addedAtMs: z.number(),
  completedAtMs: z.number().nullable(),
};
export const fetch = viewSchema<FetchView>()('Fetch', z.object(fields));
export const fetchList = named('FetchList', z.object({ fetches: z.array(fetch) }));

const holder = viewSchema<FetchHolder>()(
  'FetchHolder',
  z.object({
    name: text,
    network: text.nullable().describe('which told of him; null: another holder did'),
    phase: literals<HolderState>()('resting', 'reaching', 'asked', 'sending', 'idle', 'queued', 'tree', 'dropped'),
    isPartial: z.boolean().describe('he is fetching it himself'),
    state: text.describe('why he sends or does not'),
    bytesPerSecond: count,
    bytes: count,
  }),
);
const note = viewSchema<FetchNote>()('FetchNote', z.object({ atMs: z.number(), words: text }));
export const fetchDetail = viewSchema<FetchDetail>()(
  'FetchDetail',
  z.object({
    ...fields,
    holderList: z.array(holder),
    pieces: pieces.nullable().describe('its parts; null while it is not under way'),
    partPath: text.describe('where it lies while it is incomplete'),
    sources: z.array(text).describe('web addresses that the link named'),
    againInMs: count.nullable().describe('until all networks are asked for holders again; 0: they are being asked'),
    link: text,
    notes: z.array(note).describe('what has become of it in this run of the node, latest last'),
  }),
);
