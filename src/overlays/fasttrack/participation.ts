/** How much a node gives for what it takes (KaZaA's participation level): a hundred times uploaded by downloaded, smoothed, 0 to 1,000. Owns the sums. */

import { LEVEL_MAX, LEVEL_START } from './election.ts';

/** So much counts as given and taken before anything is: the first byte decides nothing. */
const SMOOTHING_BYTES = 8 << 20;
/** A file that was given and turned out bad costs as much as taking ten. */
const BAD_FILE_FACTOR = 10;

export class Participation {
  uploadedBytes = 0;
  downloadedBytes = 0;

  uploaded(bytes: number): void {
    this.uploadedBytes += bytes;
  }

  downloaded(bytes: number): void {
    this.downloadedBytes += bytes;
  }

  /** We shared what was truncated, scrambled or corrupt. */
  sharedBad(bytes: number): void {
    this.downloadedBytes += BAD_FILE_FACTOR * bytes;
  }

  get level(): number {
    const ratio = (this.uploadedBytes + SMOOTHING_BYTES) / (this.downloadedBytes + SMOOTHING_BYTES);
    return Math.min(LEVEL_MAX, Math.floor(LEVEL_START * ratio));
  }
}
