/** Takes what was dropped or chosen: a .torrent is fetched, everything else is sent to the node and shared. Owns what is on its way. */

import { formatBytes, plural } from '../api/views.ts';
import { attempt, notices } from '../shell/notices.svelte.ts';
import { type DroppedFile, isTorrent } from './dropped-files.ts';
import { shareFiles } from './share-files.ts';
import { transferList } from './transfer-list.svelte.ts';
import { addTorrent } from './transfer-work.ts';

export async function take(files: readonly DroppedFile[]): Promise<void> {
  const [torrents, others] = [files.filter(isTorrent), files.filter((each) => !isTorrent(each))];
  for (const { file } of torrents) await attempt(() => addTorrent(file));
  if (others.length > 0) await share(others);
}

async function share(files: readonly DroppedFile[]): Promise<void> {
  const bytes = files.reduce((sum, { file }) => sum + file.size, 0);
  const name = nameOf(files);
  const leaving = new AbortController();
  const { id } = notices.work(`Sharing ${name}`, () => leaving.abort());
  try {
    const transfer = await shareFiles(files, name, {
      signal: leaving.signal,
      onSent: (sent) =>
        notices.update(id, bytes === 0 ? 1 : sent / bytes, `${formatBytes(sent)} of ${formatBytes(bytes)} sent to the node`),
    });
    transferList.active = transfer.infoHash;
    notices.done(`${transfer.name} is shared.`, 'Its link is on its page: Enter.');
  } catch (error) {
    if (!leaving.signal.aborted) notices.problem(error);
  } finally {
    notices.remove(id);
  }
}

/** What all of it lies in, or how many they are. */
function nameOf(files: readonly DroppedFile[]): string {
  const names = new Set(files.map(({ path }) => path.split('/', 1)[0] ?? ''));
  const [first = ''] = names;
  return names.size === 1 ? first : plural(files.length, 'file');
}
