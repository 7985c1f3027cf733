/** The addresses of pages; owns no state. The node serves the same list: src/node/api/page-files.ts. */

export type PageName =
  | 'transfers'
  | 'item'
  | 'fetch'
  | 'player'
  | 'lab'
  | 'world'
  | 'search'
  | 'networks'
  | 'network'
  | 'node'
  | 'log-in'
  | 'nowhere';

export interface Place {
  readonly name: PageName;
  /** Of an item; '' elsewhere. */
  readonly infoHash: string;
  /** Number of a file that is fetched, or played, by its hashes; 0 elsewhere. */
  readonly fetch: number;
  /** Of the file that is played, from 1; 0 elsewhere. */
  readonly file: number;
  /** Simulated worlds, one or two beside each other; none elsewhere. */
  readonly worlds: readonly number[];
  /** A search network, or a node of a structured overlay; '' elsewhere. */
  readonly network: string;
}

const NOWHERE: Place = { name: 'nowhere', infoHash: '', fetch: 0, file: 0, worlds: [], network: '' };

export function placeOf(pathname: string): Place {
  const [, infoHash, file] = /^\/transfers\/([0-9a-f]{40})(?:\/play\/(\d{1,7}))?$/.exec(pathname) ?? [];
  if (infoHash !== undefined) return { ...NOWHERE, name: file === undefined ? 'item' : 'player', infoHash, file: Number(file ?? 0) };
  const [, fetch, play] = /^\/fetches\/(\d{1,9})(\/play)?$/.exec(pathname) ?? [];
  if (fetch !== undefined) return { ...NOWHERE, name: play === undefined ? 'fetch' : 'player', fetch: Number(fetch) };
  const worlds = /^\/lab\/worlds\/(\d{1,7})(?:-(\d{1,7}))?$/.exec(pathname);
  if (worlds !== null)
    return { ...NOWHERE, name: 'world', worlds: worlds.slice(1).flatMap((id) => (id === undefined ? [] : [Number(id)])) };
  const [, network] = /^\/networks\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(pathname) ?? [];
  if (network !== undefined) return { ...NOWHERE, name: 'network', network };
  return { ...NOWHERE, name: NAMES[pathname.replace(/(?<=.)\/$/, '')] ?? 'nowhere' };
}

export function itemPath(infoHash: string): string {
  return `/transfers/${infoHash}`;
}

export function fetchPath(id: number): string {
  return `/fetches/${id}`;
}

export function playFetchPath(id: number): string {
  return `${fetchPath(id)}/play`;
}

export function playPath(infoHash: string, file: number): string {
  return `${itemPath(infoHash)}/play/${file}`;
}

export function worldsPath(ids: readonly number[]): string {
  return `/lab/worlds/${ids.join('-')}`;
}

export function networkPath(name: string): string {
  return `/networks/${name}`;
}

const NAMES: Readonly<Record<string, PageName>> = {
  '/': 'transfers',
  '/transfers': 'transfers',
  '/search': 'search',
  '/networks': 'networks',
  '/lab': 'lab',
  '/node': 'node',
  '/log-in': 'log-in',
};
