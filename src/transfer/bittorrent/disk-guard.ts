/**
 * Keeps downloads from filling disks: a torrent runs only while its disk has room for all that is missing of it, of those that were added
 * before it, and for a reserve. So of two that do not fit together the first completes. Owns when disks are asked, and who waits.
 */

import type { Torrent } from './torrent.ts';
import type { DiskShortage } from './torrent-status.ts';

/** What others write in that time comes out of the reserve. */
const LOOK_MS = 2_000;
/** Who waits goes on when there is that part of the reserve more than needed: not at each file that somebody removes and writes anew. */
const SLACK_SHARE = 1 / 10;

export class DiskGuard {
  private reserve: number | null;
  private nextLookMs = 0;
  private readonly waiting = new Map<Torrent, DiskShortage>();

  /** Null: nobody is kept from anything. */
  constructor(reserveBytes: number | null) {
    this.reserve = reserveBytes;
  }

  get isOn(): boolean {
    return this.reserve !== null;
  }

  /** From now on; null lets go on who waits. */
  setReserve(reserveBytes: number | null): void {
    this.reserve = reserveBytes;
    this.nextLookMs = 0;
    if (reserveBytes === null) for (const torrent of [...this.waiting.keys()]) this.release(torrent);
  }

  shortageOf(torrent: Torrent): DiskShortage | null {
    return this.waiting.get(torrent) ?? null;
  }

  forget(torrent: Torrent): void {
    this.waiting.delete(torrent);
  }

  tick(now: number, torrents: Iterable<Torrent>): void {
    if (this.reserve === null || now < this.nextLookMs) return;
    this.nextLookMs = now + LOOK_MS;
    for (const torrent of torrents) {
      if (torrent.content.missingBytes > 0) torrent.content.askRoom();
      else this.release(torrent);
    }
  }

  /** The torrent has heard of its disk: `torrents` in the order in which they were added. */
  judge(torrent: Torrent, torrents: Iterable<Torrent>): void {
    const { room } = torrent.content;
    if (this.reserve === null || room === null) return;
    let neededBytes = this.reserve;
    for (const other of torrents) {
      if (other !== torrent && (!other.isActive || other.content.room?.volume !== room.volume)) continue;
      neededBytes += Math.max(0, other.content.missingBytes - (other.content.room?.aheadBytes ?? 0));
      if (other === torrent) break;
    }
    const slack = this.waiting.has(torrent) ? this.reserve * SLACK_SHARE : 0;
    if (torrent.content.missingBytes === 0 || room.freeBytes >= neededBytes + slack) return this.release(torrent);
    this.waiting.set(torrent, { neededBytes, freeBytes: room.freeBytes });
    torrent.pause('room');
  }

  private release(torrent: Torrent): void {
    if (this.waiting.delete(torrent)) torrent.resume('room');
  }
}
