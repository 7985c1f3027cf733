/** Which file of a torrent is played: the one that was named, or the largest that players play. Owns no state. */

import { Failure } from '../../node/failure.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { playableType } from '../../wire/media-type.ts';

/** The index of the file. `wish` is a number from 1, a name, or the end of a path; `selectOnly` is what the link selects. Throws a Failure. */
export function chooseFile({ files }: Metainfo, wish: string | null, selectOnly: readonly number[] | null): number {
  const content = files
    .map((file, index) => ({ ...file, index }))
    .filter(({ pad, symlink, length }) => !pad && symlink === null && length > 0);
  if (wish !== null) return named(content, wish);
  const selected = content.filter(({ index }) => selectOnly === null || selectOnly.includes(index));
  const playable = selected.filter(({ path }) => playableType(path.at(-1) ?? '') !== null);
  // A torrent of one file is that file, whatever it is called.
  const [largest] = (playable.length > 0 ? playable : selected.length === 1 ? selected : []).toSorted((a, b) => b.length - a.length);
  if (largest !== undefined) return largest.index;
  throw new Failure(
    'not-found',
    'There is nothing to play in it.',
    `None of its ${files.length} files has a name that players know.`,
    `Name one with --file; see: kith get --list`,
  );
}

interface Candidate {
  readonly path: readonly string[];
  readonly index: number;
}

function named(content: readonly Candidate[], wish: string): number {
  // A file may be called 1: its number goes first, since that is what --list shows.
  const number = /^\d{1,6}$/.test(wish) ? Number(wish) : 0;
  const found = content.filter(({ path, index }) => index + 1 === number || ends(path, wish));
  const exact = found.find(({ index }) => index + 1 === number);
  if (exact !== undefined) return exact.index;
  if (found.length === 1) return (found[0] as Candidate).index;
  const what = found.length === 0 ? `There is no file ${wish}.` : `${found.length} files are called ${wish}.`;
  throw new Failure('usage', what, '', 'Give its number, from: kith get --list');
}

function ends(path: readonly string[], wish: string): boolean {
  return `/${path.join('/')}`.endsWith(`/${wish}`);
}
