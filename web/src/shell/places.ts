/** The addresses of pages; owns no state. The node serves the same list: src/node/api/page-files.ts. */

export type PageName = 'transfers' | 'item' | 'player' | 'lab' | 'world' | 'search' | 'node' | 'log-in' | 'nowhere';

export interface Place {
  readonly name: PageName;
  /** Of an item; '' elsewhere. */
  readonly infoHash: string;
  /** Of the file that is played, from 1; 0 elsewhere. */
  readonly file: number;
  /** Simulated worlds, one or two beside each other; none elsewhere. */
  readonly worlds: readonly number[];
}

export function placeOf(pathname: string): Place {
  const [, infoHash, file] = /^\/transfers\/([0-9a-f]{40})(?:\/play\/(\d{1,7}))?$/.exec(pathname) ?? [];
  if (infoHash !== undefined) return { name: file === undefined ? 'item' : 'player', infoHash, file: Number(file ?? 0), worlds: [] };
  const worlds = /^\/lab\/worlds\/(\d{1,7})(?:-(\d{1,7}))?$/.exec(pathname);
  const ids = worlds?.slice(1).flatMap((id) => (id === undefined ? [] : [Number(id)])) ?? [];
  const name = ids.length > 0 ? 'world' : (NAMES[pathname.replace(/(?<=.)\/$/, '')] ?? 'nowhere');
  return { name, infoHash: '', file: 0, worlds: ids };
}

export function itemPath(infoHash: string): string {
  return `/transfers/${infoHash}`;
}

export function playPath(infoHash: string, file: number): string {
  return `${itemPath(infoHash)}/play/${file}`;
}

export function worldsPath(ids: readonly number[]): string {
  return `/lab/worlds/${ids.join('-')}`;
}

const NAMES: Readonly<Record<string, PageName>> = {
  '/': 'transfers',
  '/transfers': 'transfers',
  '/search': 'search',
  '/lab': 'lab',
  '/node': 'node',
  '/log-in': 'log-in',
};
