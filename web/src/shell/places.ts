/** The addresses of pages; owns no state. The node serves the same list: src/node/api/page-files.ts. */

export type PageName = 'transfers' | 'item' | 'node' | 'log-in' | 'nowhere';

export interface Place {
  readonly name: PageName;
  /** Of an item; '' elsewhere. */
  readonly infoHash: string;
}

export function placeOf(pathname: string): Place {
  const item = /^\/transfers\/([0-9a-f]{40})$/.exec(pathname)?.[1];
  if (item !== undefined) return { name: 'item', infoHash: item };
  const name = NAMES[pathname.replace(/(?<=.)\/$/, '')] ?? 'nowhere';
  return { name, infoHash: '' };
}

export function itemPath(infoHash: string): string {
  return `/transfers/${infoHash}`;
}

const NAMES: Readonly<Record<string, PageName>> = { '/': 'transfers', '/transfers': 'transfers', '/node': 'node', '/log-in': 'log-in' };
