/** A collection of shared files in memory, with the words of each: for simulated nodes, and for what a central index holds of one user. Owns its files. */

import { hexOf } from '../core/hex.ts';
import { keywordsOfFile, matches } from './keywords.ts';
import { type FileQuery, HASH_KINDS, type HashKind, type SharedFile, type SharedFiles } from './shared-file.ts';

interface Listed {
  readonly file: SharedFile;
  readonly words: ReadonlySet<string>;
}

export class ListedFiles implements SharedFiles {
  version = 0;
  totalBytes = 0;
  private readonly byNumber = new Map<number, Listed>();
  private readonly byWord = new Map<string, Set<Listed>>();
  private readonly hashes = new Map<string, SharedFile>();

  constructor(files: Iterable<SharedFile> = []) {
    for (const file of files) this.add(file);
  }

  get count(): number {
    return this.byNumber.size;
  }

  /** Replaces what had the same id. */
  add(file: SharedFile): void {
    this.remove(file.id);
    const listed = { file, words: new Set(keywordsOfFile(file)) };
    this.byNumber.set(file.id, listed);
    this.totalBytes += file.bytes;
    this.version++;
    for (const word of listed.words) {
      const others = this.byWord.get(word);
      if (others === undefined) this.byWord.set(word, new Set([listed]));
      else others.add(listed);
    }
    for (const key of hashKeysOf(file)) if (!this.hashes.has(key)) this.hashes.set(key, file);
  }

  remove(id: number): void {
    const listed = this.byNumber.get(id);
    if (listed === undefined) return;
    this.byNumber.delete(id);
    this.totalBytes -= listed.file.bytes;
    this.version++;
    for (const word of listed.words) {
      const others = this.byWord.get(word);
      others?.delete(listed);
      if (others?.size === 0) this.byWord.delete(word);
    }
    for (const key of hashKeysOf(listed.file)) if (this.hashes.get(key) === listed.file) this.hashes.delete(key);
  }

  search(query: FileQuery): readonly SharedFile[] {
    const found: SharedFile[] = [];
    for (const { file, words } of this.candidates(query.words)) {
      if (found.length >= query.limit) break;
      if (matches(query, file, words)) found.push(file);
    }
    return found;
  }

  byId(id: number): SharedFile | null {
    return this.byNumber.get(id)?.file ?? null;
  }

  byHash(kind: HashKind, hash: Uint8Array): SharedFile | null {
    return this.hashes.get(`${kind}:${hexOf(hash)}`) ?? null;
  }

  after(id: number, limit: number): readonly SharedFile[] {
    const ids = [...this.byNumber.keys()].filter((other) => other > id).sort((a, b) => a - b);
    return ids.slice(0, limit).map((other) => (this.byNumber.get(other) as Listed).file);
  }

  /** Those with the rarest of the words. */
  private candidates(words: readonly string[]): Iterable<Listed> {
    let fewest: Iterable<Listed> | null = null;
    let size = Number.POSITIVE_INFINITY;
    for (const word of words) {
      const others = this.byWord.get(word);
      if (others === undefined) return [];
      if (others.size < size) {
        fewest = others;
        size = others.size;
      }
    }
    return fewest ?? this.byNumber.values();
  }
}

function hashKeysOf({ hashes }: SharedFile): string[] {
  return HASH_KINDS.flatMap((kind) => {
    const hash = hashes[kind];
    return hash === null ? [] : [`${kind}:${hexOf(hash)}`];
  });
}
