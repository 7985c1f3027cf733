/** Schemas of searches: what callers send, and the shapes of search-view.ts, held to them by their types. Owns no state. */

import { z } from 'zod';
import type { SearchNetworkName } from '../../wire/search-hit.ts';
import type { MediaKind, MediaTags } from '../../wire/shared-file.ts';
import type { NetworkSummary } from '../node-view.ts';
import type { SearchNetworkStatus } from '../search/search-network.ts';
import type { HashesView, HolderView, SearchChange, SearchRowDetail, SearchRowView, SearchView } from '../search/search-view.ts';
import { BROWSED_CHARS_MAX, BROWSED_MAX, ROWS_MAX, TEXT_CHARS_MAX, URNS_MAX, WAIT_MS_MAX } from '../search/search-wish.ts';
import { FOLDER_CHARS_MAX } from './remote-wishes.ts';
import { literals, named, viewSchema } from './schema-book.ts';

const URN_CHARS_MAX = 128;
const NETWORKS_MAX = 16;

const count = z.int().nonnegative();
const text = z.string();
const networkName = literals<SearchNetworkName>()('napster', 'gnutella', 'gnutella2', 'fasttrack', 'unstructured');
const networkState = z.enum(['joining', 'member']);
const mediaKind = literals<MediaKind>()('audio', 'video', 'image', 'document', 'software', 'archive', 'other');

// ---- what is sent ------------------------------------------------------------------------------------------------------------

const idText = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number);
export const searchParams = z.strictObject({ id: idText });
export const rowParams = z.strictObject({ id: idText, number: idText });
export const changesQuery = z.strictObject({ after: idText.optional().describe('the `sequence` of the last answer; absent: all') });

const folder = z
  .string()
  .min(1)
  .max(FOLDER_CHARS_MAX)
  .optional()
  .describe('a path from the root on, below a folder that the settings name');
export const getRow = named('GetRow', z.strictObject({ folder }));

export const startSearch = named(
  'StartSearch',
  z.strictObject({
    words: z.string().max(TEXT_CHARS_MAX).describe('a word with a minus before it must not be there'),
    urns: z
      .array(z.string().max(URN_CHARS_MAX))
      .max(URNS_MAX)
      .optional()
      .describe('urn:sha1:…, urn:tree:tiger:…, urn:ed2k:…: the file with any of them'),
    browse: z
      .array(z.string().max(BROWSED_CHARS_MAX))
      .max(BROWSED_MAX)
      .optional()
      .describe('holders of whom all that they share is looked at: nicks of Napster, host:port of Gnutella'),
    kind: mediaKind.optional(),
    bytesMin: count.optional(),
    bytesMax: count.optional(),
    bitRateMin: count.optional().describe('kilobits a second'),
    bitRateMax: count.optional(),
    networks: z.array(networkName).max(NETWORKS_MAX).optional().describe('all that the node takes part in, unless given'),
    waitMs: z.int().min(100).max(WAIT_MS_MAX).optional(),
    enough: z.int().min(1).max(ROWS_MAX).optional().describe('so many rows are enough'),
  }),
);

// ---- what is shown -----------------------------------------------------------------------------------------------------------

const tags = viewSchema<MediaTags>()(
  'MediaTags',
  z.object({
    title: text,
    artist: text,
    album: text,
    genre: text,
    year: z.number(),
    bitRate: z.number().describe('kilobits a second'),
    sampleRate: z.number(),
    seconds: z.number(),
  }),
);
const hash = text.nullable();
export const hashes = viewSchema<HashesView>()(
  'Hashes',
  z.object({ sha1: hash, tiger: hash, ed2k: hash, uu: hash, head: hash, merkle: hash }),
);

const rowFields = {
  number: count.describe('stays the same'),
  name: text,
  bytes: count,
  kind: mediaKind,
  tags,
  hashes,
  holders: count,
  free: count.describe('holders that can be dialled and have a free place'),
  networks: z.array(z.object({ network: networkName, holders: count })),
  link: text.describe('a magnet link; empty where no hash has an URN'),
};
const row = viewSchema<SearchRowView>()('SearchRow', z.object(rowFields));
const holder = viewSchema<HolderView>()(
  'Holder',
  z.object({
    network: networkName,
    name: text,
    endpoint: text.nullable(),
    locator: text,
    id: text,
    firewalled: z.boolean(),
    busy: z.boolean(),
    speed: z.number().describe('kilobits a second, by his own word; 0: he does not tell'),
    proxies: z.array(text),
  }),
);
export const searchRow = viewSchema<SearchRowDetail>()('SearchRowDetail', z.object({ ...rowFields, holderList: z.array(holder) }));

export const search = viewSchema<SearchView>()(
  'Search',
  z.object({
    id: count,
    text,
    state: z.enum(['searching', 'ended']),
    why: text.describe('why it ended'),
    startedAtMs: z.number(),
    tookMs: z.number(),
    rows: count,
    networks: z.array(
      z.object({
        network: networkName,
        state: z.enum(['waiting', 'searching', 'ended', 'flooded']),
        hits: count,
        refused: count.describe('no match after all, or more than is kept'),
      }),
    ),
    sequence: count,
  }),
);
export const searchList = named('SearchList', z.object({ searches: z.array(search) }));
export const searchChange = viewSchema<SearchChange>()(
  'SearchChange',
  z.object({
    search,
    rows: z.array(row).describe('those that have changed'),
    joined: z.array(z.object({ number: count, into: count })).describe('rows that have turned out to be part of another'),
  }),
);

const networkFields = { network: networkName, state: networkState, role: text, address: text.nullable() };
export const networkSummary = viewSchema<NetworkSummary>()('NetworkSummary', z.object({ ...networkFields, neighbours: count }));
const network = viewSchema<SearchNetworkStatus>()(
  'SearchNetwork',
  z.object({
    ...networkFields,
    firewalled: z.boolean().nullable(),
    neighbours: z.array(z.object({ address: text, role: text, agent: text, sinceMs: z.number() })),
    wantsHosts: z.boolean(),
    facts: z.array(z.object({ label: text, value: z.union([text, z.number()]) })),
  }),
);
export const networkList = named('SearchNetworkList', z.object({ networks: z.array(network) }));
