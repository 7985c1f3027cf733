/**
 * Looks at a file as it comes, from the first byte to the last, and says whether it is what its format and its tags say: for the lists of bad hashes
 * of networks whose own hash proves nothing. A file that nothing speaks against may still be another than its name says. Owns the walk.
 */

import { concatBytes } from '../core/bytes.ts';
import { MEDIA_HEAD_BYTES, readMediaHead } from './media-head.ts';
import { type MediaWalker, walkerOf } from './media-walk.ts';
import type { MediaTags } from './shared-file.ts';

/** Enough to know the format by. */
const FIRST_BYTES = 16;
/** Files in good order lose their thread at a tag or two that nobody expects in the middle. */
const LOSSES_MAX = 2;
/** Of a file: more than that between the parts that are in order, and it is no such file. */
const LOST_SHARE_MAX = 0.5;
/** What a file may be shorter than its length by the clock, since people round and encoders pause. */
const SHORT_SHARE = 0.9;
/** Bit rates of films are an average of what is in them, without what is around it. */
const SPARSE_SHARE = 0.5;

/** unknown: no format that is known here. whole: nothing speaks against it. */
export type FileVerdict = 'whole' | 'truncated' | 'scrambled' | 'corrupt' | 'unknown';

/** Any number of `update`, in order, then one `verdict`. */
export class FileJudge {
  private readonly totalBytes: number;
  private readonly tags: MediaTags;
  private walker: MediaWalker | null = null;
  private at = 0;
  /** The beginning of a head whose end has not come yet; it begins at `walker.nextAt`. */
  private head: Uint8Array = new Uint8Array(0);
  private mediaSeconds = 0;
  private first: Uint8Array = new Uint8Array(0);

  /** `totalBytes` is what there is of it, `tags` what was told of it. */
  constructor(totalBytes: number, tags: MediaTags) {
    this.totalBytes = totalBytes;
    this.tags = tags;
  }

  update(bytes: Uint8Array): this {
    if (this.first.length < Math.min(this.totalBytes, MEDIA_HEAD_BYTES)) this.takeFirst(bytes);
    if (this.walker !== null) this.walk(bytes);
    this.at += bytes.length;
    return this;
  }

  verdict(): FileVerdict {
    const { walker, totalBytes, tags } = this;
    if (walker === null) return 'unknown';
    if (this.head.length > 0 && walker.nextAt < totalBytes) this.finish(walker);
    if (walker.lostBytes > LOST_SHARE_MAX * totalBytes) return walker.bytesSaid > totalBytes ? 'truncated' : 'corrupt';
    if (walker.losses > LOSSES_MAX || (walker.losses > 0 && walker.seconds === 0 && walker.lostBytes > 0)) return 'scrambled';
    if (walker.bytesSaid > totalBytes || !walker.isComplete) return 'truncated';
    if (walker.seconds > 0 && walker.seconds < SHORT_SHARE * tags.seconds) return 'truncated';
    const seconds = Math.max(this.mediaSeconds, walker.seconds > 0 ? 0 : tags.seconds);
    return totalBytes < SPARSE_SHARE * seconds * tags.bitRate * 125 ? 'truncated' : 'whole';
  }

  private takeFirst(bytes: Uint8Array): void {
    const had = this.first.length;
    this.first = concatBytes([this.first, bytes.subarray(0, MEDIA_HEAD_BYTES - had)]);
    if (this.walker === null && had < FIRST_BYTES && this.first.length >= FIRST_BYTES) {
      this.walker = walkerOf(this.first, this.totalBytes);
      // What came before is a few bytes, and the walk begins with them.
      this.head = this.first.slice(0, had);
    }
    if (this.first.length >= Math.min(this.totalBytes, MEDIA_HEAD_BYTES))
      this.mediaSeconds = readMediaHead(this.first, this.totalBytes).seconds ?? 0;
  }

  private walk(bytes: Uint8Array): void {
    const walker = this.walker as MediaWalker;
    // Where the bytes begin in the file, with what was kept of those before.
    const all = this.head.length > 0 ? concatBytes([this.head, bytes]) : bytes;
    const from = this.at - this.head.length;
    const end = from + all.length;
    while (walker.nextAt + walker.headBytes <= end)
      walker.onHead(all.subarray(walker.nextAt - from, walker.nextAt - from + walker.headBytes));
    this.head = walker.nextAt < end ? all.slice(walker.nextAt - from) : new Uint8Array(0);
  }

  /** The last parts are shorter than a whole head. */
  private finish(walker: MediaWalker): void {
    const from = walker.nextAt;
    while (walker.nextAt < this.totalBytes) walker.onHead(this.head.subarray(walker.nextAt - from));
  }
}
