/** What hashes of files are called, and what each covers. Owns no state. */

import type { FetchView } from '../api/views.ts';

type Kind = keyof FetchView['hashes'];

const TITLES: Readonly<Record<Kind, { readonly title: string; readonly covers: string }>> = {
  sha1: { title: 'SHA-1', covers: 'the whole, once it is there' },
  tiger: { title: 'Tiger tree', covers: 'each part, once a holder has told the tree' },
  ed2k: { title: 'ed2k', covers: 'the whole, once it is there' },
  uu: { title: 'UUHash', covers: 'the beginning and samples: no proof' },
  head: { title: 'MD5 of the head', covers: 'the beginning: it helps to find holders' },
  merkle: { title: 'Merkle root', covers: 'the whole, once it is there' },
};

export interface KnownHash {
  readonly title: string;
  readonly value: string;
  readonly covers: string;
}

export function knownHashes(hashes: FetchView['hashes']): readonly KnownHash[] {
  // The keys of an object are texts to the type checker; these are all there are.
  return (Object.keys(TITLES) as Kind[]).flatMap((kind) => {
    const value = hashes[kind];
    return value === null ? [] : [{ ...TITLES[kind], value }];
  });
}
