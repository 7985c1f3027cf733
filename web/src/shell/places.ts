/** The addresses of pages; owns no state. The node serves the same list: src/node/api/page-files.ts. */

export type PageName = 'transfers' | 'item' | 'lab' | 'world' | 'node' | 'log-in' | 'nowhere';

export interface Place {
  readonly name: PageName;
  /** Of an item; '' elsewhere. */
  readonly infoHash: string;
  /** Simulated worlds, one or two beside each other; none elsewhere. */
  readonly worlds: readonly number[];
}

export function placeOf(pathname: string): Place {
  const item = /^\/transfers\/([0-9a-f]{40})$/.exec(pathname)?.[1];
  if (item !== undefined) return { name: 'item', infoHash: item, worlds: [] };
  const worlds = /^\/lab\/worlds\/(\d{1,7})(?:-(\d{1,7}))?$/.exec(pathname);
  if (worlds !== null)
    return { name: 'world', infoHash: '', worlds: worlds.slice(1).flatMap((id) => (id === undefined ? [] : [Number(id)])) };
  const name = NAMES[pathname.replace(/(?<=.)\/$/, '')] ?? 'nowhere';
  return { name, infoHash: '', worlds: [] };
}

export function itemPath(infoHash: string): string {
  return `/transfers/${infoHash}`;
}

export function worldsPath(ids: readonly number[]): string {
  return `/lab/worlds/${ids.join('-')}`;
}

const NAMES: Readonly<Record<string, PageName>> = {
  '/': 'transfers',
  '/transfers': 'transfers',
  '/lab': 'lab',
  '/node': 'node',
  '/log-in': 'log-in',
};
