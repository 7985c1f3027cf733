/** Schemas of what callers of the API send. Values that the node checks itself are only bounded here. Owns no state. */

import { z } from 'zod';
import { SELECTED_FILES_MAX } from '../../wire/magnet.ts';
import { DROP_FILES_MAX } from './drops.ts';
import { FOLDER_CHARS_MAX, LINK_CHARS_MAX } from './remote-wishes.ts';
import { named } from './schema-book.ts';
import { filePriority, infoHash, settingKey, transferState } from './view-schemas.ts';

const LIST_MAX = 200;
const ADDRESS_CHARS_MAX = 2048;
const LABEL_CHARS_MAX = 64;
const SETTING_CHARS_MAX = 4096;
const PATH_CHARS_MAX = 4096;
const NAME_CHARS_MAX = 255;
const LOG_LINES_MAX = 1000;

const folder = z.string().min(1).max(FOLDER_CHARS_MAX).describe('a path from the root on, below a folder that the settings name');
const labels = z.array(z.string().max(LABEL_CHARS_MAX)).max(LIST_MAX);
const addresses = z.array(z.string().max(ADDRESS_CHARS_MAX)).max(LIST_MAX);
const fileNumbers = z.array(z.int().min(1)).max(SELECTED_FILES_MAX).describe('numbers of files, from 1');

const changes = {
  labels: labels.optional(),
  sequential: z.boolean().optional(),
  uploadRateMax: z.int().nonnegative().optional().describe('bytes a second; 0: no limit but the node’s'),
  downloadRateMax: z.int().nonnegative().optional(),
  seedRatio: z.number().nonnegative().nullable().optional().describe('null: as the settings say'),
  seedMinutes: z.int().nonnegative().nullable().optional(),
};

export const addTransfer = named(
  'AddTransfer',
  z.strictObject({
    link: z.string().min(1).max(LINK_CHARS_MAX).describe('a magnet link, the URL of a .torrent, or a hash'),
    folder: folder.optional(),
    only: fileNumbers.optional(),
    trackers: addresses.optional(),
    peers: addresses.optional(),
    webSeeds: addresses.optional(),
    paused: z.boolean().optional(),
    ...changes,
  }),
);
export const changeTransfer = named('ChangeTransfer', z.strictObject(changes));
export const chooseFiles = named('ChooseFiles', z.strictObject({ files: fileNumbers, priority: filePriority }));
export const moveTransfer = named('MoveTransfer', z.strictObject({ folder }));
export const moveInQueue = named(
  'MoveInQueue',
  z.strictObject({ to: z.union([z.enum(['top', 'up', 'down', 'bottom']), z.int().nonnegative().describe('a place, from 0')]) }),
);
export const changeSetting = named(
  'ChangeSetting',
  z.strictObject({
    value: z.string().max(SETTING_CHARS_MAX).describe('as in the settings file'),
    lasting: z.boolean().optional().describe('also after the next start'),
  }),
);

export const beginDrop = named(
  'BeginDrop',
  z.strictObject({
    files: z
      .array(z.strictObject({ path: z.string().min(1).max(PATH_CHARS_MAX), bytes: z.int().nonnegative() }))
      .min(1)
      .max(DROP_FILES_MAX)
      .describe('paths with slashes; what no disk could be called is called otherwise'),
  }),
);
export const shareDrop = named(
  'ShareDrop',
  z.strictObject({
    name: z.string().min(1).max(NAME_CHARS_MAX).optional().describe('of several files together'),
    labels: labels.optional(),
  }),
);

const yesOrNo = z.enum(['true', 'false']);
export const transferParams = z.strictObject({ infoHash });
export const settingParams = z.strictObject({ key: settingKey });
export const listQuery = z.strictObject({ state: transferState.optional(), label: z.string().max(LABEL_CHARS_MAX).optional() });
export const removeQuery = z.strictObject({ data: yesOrNo.optional().describe('its files go, too') });
export const torrentQuery = z.strictObject({
  folder: folder.optional(),
  paused: yesOrNo.optional(),
  label: z.string().max(LABEL_CHARS_MAX).optional(),
});
/** In an address everything is text. */
const digits = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
export const logQuery = z.strictObject({
  lines: digits.pipe(z.int().min(1).max(LOG_LINES_MAX)).optional(),
  infoHash: infoHash.optional(),
});
export const mediaParams = z.strictObject({ infoHash, number: digits.describe('of the file, from 1') });
const drop = z.string().regex(/^[0-9a-f]{16}$/);
export const dropParams = z.strictObject({ drop });
export const partParams = z.strictObject({ drop, number: digits.describe('of the file, from 0') });
export const partQuery = z.strictObject({ offset: digits.describe('how much of the file came before') });
