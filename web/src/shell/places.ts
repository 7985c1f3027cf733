/** The addresses of pages; owns no state. The node serves the same list: src/node/api/page-files.ts. */

export type PageName = 'transfers' | 'item' | 'player' | 'node' | 'log-in' | 'nowhere';

export interface Place {
  readonly name: PageName;
  /** Of an item; '' elsewhere. */
  readonly infoHash: string;
  /** Of the file that is played, from 1; 0 elsewhere. */
  readonly file: number;
}

export function placeOf(pathname: string): Place {
  const [, infoHash, file] = /^\/transfers\/([0-9a-f]{40})(?:\/play\/(\d{1,7}))?$/.exec(pathname) ?? [];
  if (infoHash !== undefined) return { name: file === undefined ? 'item' : 'player', infoHash, file: Number(file ?? 0) };
  const name = NAMES[pathname.replace(/(?<=.)\/$/, '')] ?? 'nowhere';
  return { name, infoHash: '', file: 0 };
}

export function itemPath(infoHash: string): string {
  return `/transfers/${infoHash}`;
}

export function playPath(infoHash: string, file: number): string {
  return `${itemPath(infoHash)}/play/${file}`;
}

const NAMES: Readonly<Record<string, PageName>> = { '/': 'transfers', '/transfers': 'transfers', '/node': 'node', '/log-in': 'log-in' };
