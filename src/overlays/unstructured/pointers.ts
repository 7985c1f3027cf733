/** What others have left with a node on their random walks: files by their words, and who holds each. Owns them; the oldest make room. */

import type { Peer } from '../../core/host.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { mediaKindOf } from '../../wire/keywords.ts';
import { NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import type { FoundFile } from './messages.ts';

const POINTERS_MAX = 4_096;

export class Pointers {
  private readonly files = new ListedFiles();
  /** By the number that the file has here. */
  private readonly holders = new Map<number, Peer>();
  private readonly known = new Set<string>();
  private next = 1;

  get count(): number {
    return this.files.count;
  }

  add(holder: Peer, { name, bytes, sha1 }: FoundFile): void {
    const key = `${holder} ${name}`;
    if (this.known.has(key)) return;
    if (this.files.count >= POINTERS_MAX) this.dropOldest();
    const id = this.next++;
    this.known.add(key);
    this.holders.set(id, holder);
    const hashes = { ...NO_HASHES, sha1 };
    this.files.add({ id, name, folder: '', bytes, modifiedMs: 0, kind: mediaKindOf(name), tags: NO_TAGS, hashes });
  }

  /** Up to `limit` files with all of the words, by their holders. */
  find(words: readonly string[], limit: number): Map<Peer, FoundFile[]> {
    const found = new Map<Peer, FoundFile[]>();
    for (const { id, name, bytes, hashes } of this.files.search({ words, limit })) {
      // Every file here has a holder and a hash.
      const holder = this.holders.get(id) as Peer;
      const file = { name, bytes, sha1: hashes.sha1 as Uint8Array };
      found.set(holder, [...(found.get(holder) ?? []), file]);
    }
    return found;
  }

  private dropOldest(): void {
    const [oldest] = this.holders;
    if (oldest === undefined) return;
    const [id, holder] = oldest;
    this.known.delete(`${holder} ${this.files.byId(id)?.name}`);
    this.holders.delete(id);
    this.files.remove(id);
  }
}
