/**
 * What somebody may ask for who is not a user of this machine: links, but no path of a file here, and folders only below those that the
 * settings name. Owns no state.
 */

import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { formatMagnet, parseInfoHash, parseInfoHashV2 } from '../../wire/magnet.ts';
import { Failure } from '../failure.ts';
import type { NodeOperations } from '../node-operations.ts';
import type { SettingKey } from '../settings/setting-list.ts';

/** As long as the longest magnet link. */
export const LINK_CHARS_MAX = 64 * 1024;
export const FOLDER_CHARS_MAX = 4096;

/** A link that names nothing on this machine's disk. A bare hash becomes a magnet link: a file could have its name. Throws a Failure. */
export function remoteLink(text: string): string {
  const link = text.trim();
  if (/^magnet:\?/i.test(link) || /^https?:\/\/[^\s/]/i.test(link)) return link;
  const infoHashV2 = parseInfoHashV2(link);
  if (infoHashV2 !== null) return formatMagnet({ infoHashV2 });
  const infoHash = parseInfoHash(link);
  if (infoHash !== null) return formatMagnet({ infoHash });
  throw new Failure(
    'usage',
    'That is no link that can be added from elsewhere.',
    'Expected a magnet link, an http(s) URL, or a hash of 32, 40 or 64 digits.',
    'To add a .torrent file, send its bytes.',
  );
}

/** Rejects with a Failure when it lies below none of the folders that the settings name, links between folders followed. */
export async function remoteFolder(node: NodeOperations, wanted: string): Promise<string> {
  if (!isAbsolute(wanted) || wanted.includes('\0') || wanted.length > FOLDER_CHARS_MAX) {
    throw new Failure('usage', 'That is no folder.', 'Expected a path from the root on.', '');
  }
  const folder = resolve(wanted);
  const place = truePlace(folder);
  const roots = await remoteFolders(node);
  if (roots.some((root) => isBelow(place, truePlace(root)))) return folder;
  throw new Failure(
    'denied',
    `${folder} is not for callers of the API.`,
    `They may use: ${roots.join(', ')}.`,
    'On the machine itself: kith config set api.folders FOLDER',
  );
}

/** Those below which a caller may have files put, the one for everything first. */
export async function remoteFolders(node: NodeOperations): Promise<readonly string[]> {
  const values = new Map<SettingKey, string>((await node.settings()).map(({ key, value }) => [key, String(value)]));
  const single = (['node.folder', 'get.incomplete-folder', 'get.completed-folder'] as const).map((key) => values.get(key) ?? '');
  const more = (values.get('api.folders') ?? '').split(',').map((folder) => folder.trim());
  return [...single, ...more].filter((folder) => isAbsolute(folder));
}

function isBelow(place: string, root: string): boolean {
  return place === root || place.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

/** Where it really lies, as far as it is there already. */
function truePlace(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const above = dirname(folder);
    return above === folder ? folder : join(truePlace(above), basename(folder));
  }
}
