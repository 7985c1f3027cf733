/** What a supernode has been told of our files: all of them once it is ours, and from then on what comes and goes. Owns the list of what was told. */

import { equalBytes } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import type { SharedFile, SharedFiles } from '../../wire/shared-file.ts';
import { fileIdOf, mediaNumber, tagsOf } from './file-facts.ts';
import { type BodyOf, type Tag, Type } from './messages.ts';
import type { Session } from './session.ts';

const PAGE = 50;
const NOTHING: ReadonlySet<number> = new Set();

export class ShareUpload {
  private readonly files: SharedFiles;
  private readonly filesMax: number;
  private readonly isBad: (uu: Uint8Array) => boolean;
  /** In no order that matters; looked through when something has changed. */
  private told: SharedFile[] = [];
  /** Their ids, while a round goes on that is not the first. */
  private known: ReadonlySet<number> = NOTHING;
  /** Files up to this id have been told of, or need not be, in this round; -1: the round is over. */
  private at = 0;
  private version: number;

  constructor(files: SharedFiles, filesMax: number, isBad: (uu: Uint8Array) => boolean) {
    this.files = files;
    this.filesMax = filesMax;
    this.isBad = isBad;
    this.version = files.version;
  }

  /** As much as the session takes now; to be called again when it has room. */
  go(session: Session): void {
    while (this.at >= 0) {
      const page = this.files.after(this.at, PAGE);
      if (page.length === 0) {
        this.at = -1;
        return;
      }
      for (const file of page) {
        this.at = file.id;
        if (!this.tell(session, file)) return;
      }
    }
  }

  /** To be called now and then: tells what has changed since. */
  refresh(session: Session): void {
    if (this.at >= 0 || this.version === this.files.version) return;
    this.version = this.files.version;
    const kept: SharedFile[] = [];
    const taken = new Set<string>();
    for (const file of this.told) {
      const now = this.files.byId(file.id);
      if (now !== null && now.hashes.uu !== null && now.name === file.name && equalBytes(now.hashes.uu, file.hashes.uu as Uint8Array)) {
        kept.push(file);
        continue;
      }
      taken.add(hexOf(file.hashes.uu as Uint8Array));
      session.send({ type: Type.unshare, body: factsFor(file, file.hashes.uu as Uint8Array) });
    }
    // A copy under another name went with it, and is told again.
    this.told = kept.filter(({ hashes }) => !taken.has(hexOf(hashes.uu as Uint8Array)));
    this.known = new Set(this.told.map(({ id }) => id));
    this.at = 0;
    this.go(session);
  }

  private tell(session: Session, file: SharedFile): boolean {
    const { uu } = file.hashes;
    if (uu === null || this.known.has(file.id) || this.told.length >= this.filesMax || this.isBad(uu)) return true;
    this.told.push(file);
    return session.send({ type: Type.share, body: shareOf(file, uu) });
  }
}

/** The same files are told of to every supernode that there is. */
const TAGS = new WeakMap<SharedFile, readonly Tag[]>();

export function shareOf(file: SharedFile, uu: Uint8Array): BodyOf<typeof Type.share> {
  return { zero: 0, media: mediaNumber(file.kind), none: 0, ...factsFor(file, uu) };
}

function factsFor(file: SharedFile, uu: Uint8Array): BodyOf<typeof Type.unshare> {
  let tags = TAGS.get(file);
  if (tags === undefined) {
    tags = tagsOf(file);
    TAGS.set(file, tags);
  }
  return { hash: uu, fileId: fileIdOf(uu), bytes: file.bytes, tags };
}
