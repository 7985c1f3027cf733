/** What a supernode has been told of our files: all of them once it is ours, and from then on what comes and goes. Owns the list of what was told. */

import { equalBytes } from '../../core/bytes.ts';
import type { SharedFile, SharedFiles } from '../../wire/shared-file.ts';
import { fileIdOf, mediaNumber, tagsOf } from './file-facts.ts';
import { type BodyOf, Type } from './messages.ts';
import type { Session } from './session.ts';

const PAGE = 50;

export class ShareUpload {
  private readonly files: SharedFiles;
  private readonly filesMax: number;
  private readonly isBad: (uu: Uint8Array) => boolean;
  private readonly told = new Map<number, SharedFile>();
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
    for (const [id, file] of this.told) {
      const now = this.files.byId(id);
      if (now !== null && now.hashes.uu !== null && now.name === file.name && equalBytes(now.hashes.uu, file.hashes.uu as Uint8Array))
        continue;
      this.told.delete(id);
      session.send({ type: Type.unshare, body: factsFor(file, file.hashes.uu as Uint8Array) });
    }
    this.at = 0;
    this.go(session);
  }

  private tell(session: Session, file: SharedFile): boolean {
    const { uu } = file.hashes;
    if (uu === null || this.told.has(file.id) || this.told.size >= this.filesMax || this.isBad(uu)) return true;
    this.told.set(file.id, file);
    return session.send({ type: Type.share, body: shareOf(file, uu) });
  }
}

export function shareOf(file: SharedFile, uu: Uint8Array): BodyOf<typeof Type.share> {
  return { zero: 0, media: mediaNumber(file.kind), none: 0, ...factsFor(file, uu) };
}

function factsFor(file: SharedFile, uu: Uint8Array): BodyOf<typeof Type.unshare> {
  return { hash: uu, fileId: fileIdOf(uu), bytes: file.bytes, tags: tagsOf(file) };
}
