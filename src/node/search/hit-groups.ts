/**
 * What a search has found, one group a file: hits that share a hash are of one file, whatever network they came by, and a hit that has hashes
 * of two groups joins them (union–find). Without any hash name and size tell files of one network apart. Owns the hits of one search.
 *
 * Hits come from strangers. Whoever answers with the hash of one file beside that of another would have both taken for one: groups that
 * differ in size, or in a hash that both have, are never joined, and of two groups the hit goes to that of its stronger hash.
 */

import { hexOf } from '../../core/hex.ts';
import type { SearchHit, SearchNetworkName } from '../../wire/search-hit.ts';
import { type FileHashes, type HashKind, NO_HASHES } from '../../wire/shared-file.ts';
import { holderKey, sameBytes } from './search-wish.ts';

export const GROUPS_MAX = 2_000;
/** A file that a thousand have comes as fast from two hundred. */
export const HOLDERS_MAX = 200;
/** The strongest first: UUHash and Napster's hash of the beginning cover a part of the file, and are made to measure easily. */
const BY_STRENGTH: readonly HashKind[] = ['sha1', 'merkle', 'tiger', 'ed2k', 'uu', 'head'];

export interface HitGroup {
  /** From 1, in order of arrival; stays. */
  readonly number: number;
  /** Those of all its hits. */
  readonly hashes: FileHashes;
  readonly bytes: number;
  /** One a holder, in order of arrival. */
  readonly hits: readonly SearchHit[];
  /** Of the change that touched it last. */
  readonly sequence: number;
}

/** full: no more is kept of it. known: the holder was there with it. */
export type HitOutcome = 'new' | 'joined' | 'known' | 'full';

class Group implements HitGroup {
  readonly number: number;
  readonly bytes: number;
  readonly hits: SearchHit[] = [];
  readonly holders = new Set<string>();
  hashes: FileHashes = NO_HASHES;
  sequence = 0;
  /** The group that it was joined to; itself while it stands. */
  into: Group = this;

  constructor(number: number, bytes: number) {
    this.number = number;
    this.bytes = bytes;
  }
}

export class HitGroups {
  /** Goes up with each change. */
  sequence = 0;
  readonly #groups: Group[] = [];
  readonly #byKey = new Map<string, Group>();
  #standing = 0;

  /** Groups that stand. */
  get count(): number {
    return this.#standing;
  }

  add(hit: SearchHit): HitOutcome {
    const found = this.#groupsOf(hit);
    const group = found[0] ?? (this.#groups.length < GROUPS_MAX ? this.#open(hit) : null);
    if (group === null) return 'full';
    const outcome = this.#put(group, hit);
    for (const other of found.slice(1)) this.#join(group, rootOf(other));
    return found.length === 0 ? 'new' : outcome;
  }

  /** By the number of a row, also of one that has been joined to another since; null when there is none. */
  byNumber(number: number): HitGroup | null {
    const group = this.#groups[number - 1];
    return group === undefined ? null : rootOf(group);
  }

  /** Those that stand and were touched after that change, by number. */
  changedAfter(sequence: number): readonly HitGroup[] {
    return this.#groups.filter((group) => group.into === group && group.sequence > sequence);
  }

  /** Numbers that stand no more since that change, each with the one that it is part of now. */
  joinedAfter(sequence: number): readonly { readonly number: number; readonly into: number }[] {
    return this.#groups
      .filter((group) => group.into !== group && group.sequence > sequence)
      .map((group) => ({ number: group.number, into: rootOf(group).number }));
  }

  /** Those with most holders first; of equals, those with free places, then in order of arrival. */
  ranked(): readonly HitGroup[] {
    const free = ({ hits }: HitGroup): number => hits.filter(({ holder }) => !holder.busy && !holder.firewalled).length;
    return [...this.changedAfter(0)].sort((a, b) => b.hits.length - a.hits.length || free(b) - free(a) || a.number - b.number);
  }

  #open(hit: SearchHit): Group {
    const group = new Group(this.#groups.length + 1, hit.bytes);
    this.#groups.push(group);
    this.#standing++;
    return group;
  }

  /** Groups that share a key with the hit and contradict it nowhere, that of the strongest first. */
  #groupsOf(hit: SearchHit): Group[] {
    const groups: Group[] = [];
    for (const key of keysOf(hit)) {
      const known = this.#byKey.get(key);
      const group = known === undefined ? undefined : rootOf(known);
      if (group !== undefined && !groups.includes(group) && agree(group.hashes, hit.hashes)) groups.push(group);
    }
    return groups;
  }

  #put(group: Group, hit: SearchHit): HitOutcome {
    const holder = holderKey(hit);
    const isKnown = group.holders.has(holder);
    const learned = both(group.hashes, hit.hashes);
    const hasLearned = BY_STRENGTH.some((kind) => group.hashes[kind] === null && learned[kind] !== null);
    const isFull = group.hits.length >= HOLDERS_MAX;
    if (isKnown && !hasLearned) return 'known';
    if (isFull && !hasLearned) return 'full';
    group.hashes = learned;
    this.#claim(group, hit);
    if (!isKnown && !isFull) {
      group.holders.add(holder);
      group.hits.push(hit);
    }
    group.sequence = ++this.sequence;
    return 'joined';
  }

  /** From now on what has one of these keys belongs here. Keys of another group stay its own: that is joined, or contradicts. */
  #claim(group: Group, hit: SearchHit): void {
    for (const key of keysOf(hit)) if (!this.#byKey.has(key)) this.#byKey.set(key, group);
  }

  /** The smaller number stands. */
  #join(one: Group, other: Group): void {
    const [stands, goes] = one.number < other.number ? [rootOf(one), other] : [other, rootOf(one)];
    if (stands === goes || stands.bytes !== goes.bytes || !agree(stands.hashes, goes.hashes)) return;
    stands.hashes = both(stands.hashes, goes.hashes);
    for (const hit of goes.hits) {
      const holder = holderKey(hit);
      if (stands.holders.has(holder) || stands.hits.length >= HOLDERS_MAX) continue;
      stands.holders.add(holder);
      stands.hits.push(hit);
    }
    goes.hits.length = 0;
    goes.holders.clear();
    goes.into = stands;
    this.#standing--;
    stands.sequence = ++this.sequence;
    goes.sequence = this.sequence;
  }
}

/** The name that most holders give it, the earliest of equals. */
export function nameOf({ hits }: HitGroup): string {
  const votes = new Map<string, number>();
  for (const { name } of hits) votes.set(name, (votes.get(name) ?? 0) + 1);
  let best = '';
  for (const [name, count] of votes) if (count > (votes.get(best) ?? 0)) best = name;
  return best;
}

/** How many holders each network has named. */
export function networksOf({ hits }: HitGroup): ReadonlyMap<SearchNetworkName, number> {
  const counts = new Map<SearchNetworkName, number>();
  for (const { network } of hits) counts.set(network, (counts.get(network) ?? 0) + 1);
  return counts;
}

function rootOf(group: Group): Group {
  let root = group;
  while (root.into !== root) root = root.into;
  // Later questions take one step.
  for (let each = group; each !== root; ) {
    const next = each.into;
    each.into = root;
    each = next;
  }
  return root;
}

/** What a hit is known again by: each hash with the size, or else name and size in its network. */
function keysOf({ network, name, bytes, hashes }: SearchHit): string[] {
  const keys = BY_STRENGTH.flatMap((kind) => {
    const hash = hashes[kind];
    return hash === null ? [] : [`${kind} ${hexOf(hash)} ${bytes}`];
  });
  return keys.length > 0 ? keys : [`${network} ${bytes} ${name.toLowerCase()}`];
}

function agree(a: FileHashes, b: FileHashes): boolean {
  return BY_STRENGTH.every((kind) => a[kind] === null || b[kind] === null || sameBytes(a[kind], b[kind]));
}

function both(a: FileHashes, b: FileHashes): FileHashes {
  return {
    sha1: a.sha1 ?? b.sha1,
    tiger: a.tiger ?? b.tiger,
    ed2k: a.ed2k ?? b.ed2k,
    uu: a.uu ?? b.uu,
    head: a.head ?? b.head,
    merkle: a.merkle ?? b.merkle,
  };
}
