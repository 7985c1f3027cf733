/** Which shared files are copies that came by the pages, and so are the node's to remove; owns no state. */

import { join, relative, sep } from 'node:path';

/** As `Drops` names them. */
const DROP_NAME = /^[0-9a-f]{16}$/;

/** The folder of the drop that all of these lie in, or null: they are somebody's own. */
export function dropFolderOf(paths: readonly string[], dropsFolder: string): string | null {
  const [name = '', ...below] = relative(dropsFolder, paths[0] ?? '').split(sep);
  if (!DROP_NAME.test(name) || below.length === 0) return null;
  const folder = join(dropsFolder, name);
  return paths.every((path) => path.startsWith(`${folder}${sep}`)) ? folder : null;
}
