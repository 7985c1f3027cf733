/** What one torrent has moved, and how fast. Owned by the torrent, counted by its parts. */

import { RateMeter } from '../../core/rate-meter.ts';
import type { TorrentTotals } from './torrent-status.ts';

/** Payload bytes since the torrent was added; wasted is what failed its hash, came twice or was not asked for. */
export class Traffic {
  downloadedBytes = 0;
  uploadedBytes = 0;
  wastedBytes = 0;
  private readonly up = new RateMeter();
  private readonly down = new RateMeter();

  /** Payload has come, of whatever worth. */
  came(bytes: number, now: number): void {
    this.down.add(bytes, now);
  }

  /** Payload has come from a web server, with so much of it of no use. */
  cameFromWeb(bytes: number, wasted: number, now: number): void {
    this.came(bytes, now);
    this.downloadedBytes += bytes;
    this.wastedBytes += wasted;
  }

  went(bytes: number, now: number): void {
    this.uploadedBytes += bytes;
    this.up.add(bytes, now);
  }

  status(now: number): Pick<TorrentTotals, 'uploadRate' | 'downloadRate' | 'uploadedBytes' | 'downloadedBytes'> & { wastedBytes: number } {
    const { downloadedBytes, uploadedBytes, wastedBytes } = this;
    return { downloadedBytes, uploadedBytes, wastedBytes, downloadRate: this.down.rate(now), uploadRate: this.up.rate(now) };
  }

  addTo(totals: TorrentTotals, now: number): void {
    totals.uploadedBytes += this.uploadedBytes;
    totals.downloadedBytes += this.downloadedBytes;
    totals.uploadRate += this.up.rate(now);
    totals.downloadRate += this.down.rate(now);
  }
}
