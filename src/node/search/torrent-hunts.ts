/**
 * Holders in search networks for torrents that are being downloaded: of each whose one file is known there by a hash, they become web seeds. Owns the
 * hunts.
 */

import type { WantedFile } from '../../transfer/files/wanted-file.ts';
import type { HeldTransfer } from '../transfers/held-transfer.ts';
import type { Transfer } from '../transfers/transfer.ts';
import { HolderHunt } from './holder-hunt.ts';
import type { SearchNetwork } from './search-network.ts';
import { fileOfTorrent } from './torrent-file.ts';
import { webSeedsOf } from './web-seed-offer.ts';

/** At once; others wait for one of them to end. */
export const TORRENT_HUNTS_MAX = 20;
/** Between the first searches of those that begin together. */
const STAGGER_MS = 3_000;

export class TorrentHunts {
  readonly #networks: () => readonly SearchNetwork[];
  /** By the engine's transfer: one that was paused and resumed has another, which knows no web seeds. */
  readonly #hunts = new Map<Transfer, HolderHunt>();
  /** Read once; null: no other network knows it. */
  readonly #files = new WeakMap<HeldTransfer, WantedFile | null>();

  constructor(networks: () => readonly SearchNetwork[]) {
    this.#networks = networks;
  }

  /** Under way. */
  get size(): number {
    return this.#hunts.size;
  }

  /** Call every second. */
  tick(all: readonly HeldTransfer[]): void {
    if (this.#networks().length === 0 && this.#hunts.size === 0) return;
    const wanting = new Map<Transfer, WantedFile>();
    for (const held of all) {
      if (wanting.size === TORRENT_HUNTS_MAX) break;
      const file = held.engineState === 'downloading' ? this.#fileOf(held) : null;
      if (file !== null && held.transfer !== null) wanting.set(held.transfer, file);
    }
    for (const [transfer, hunt] of this.#hunts) {
      if (wanting.has(transfer)) continue;
      hunt.stop();
      this.#hunts.delete(transfer);
    }
    let begun = 0;
    for (const [transfer, file] of wanting) {
      if (this.#hunts.has(transfer)) continue;
      this.#hunts.set(transfer, new HolderHunt(file, webSeedsOf(transfer), this.#networks, [], begun * STAGGER_MS));
      begun++;
    }
  }

  close(): void {
    for (const hunt of this.#hunts.values()) hunt.stop();
    this.#hunts.clear();
  }

  #fileOf(held: HeldTransfer): WantedFile | null {
    const { metainfo, record } = held;
    if (metainfo === null) return null;
    const known = this.#files.get(held);
    if (known !== undefined) return known;
    const file = fileOfTorrent(metainfo, record.beside);
    this.#files.set(held, file);
    return file;
  }
}
