/** The peers of a transfer as `--peers` shows them: a table now and then with the letters explained, an event a second with --json. */

import { formatRate } from '../node/quantity.ts';
import type { Transfer } from '../node/transfers/transfer.ts';
import { PEER_FLAGS, type PeerFlag } from '../transfer/bittorrent/peer-flags.ts';
import type { PeerStatus } from '../transfer/bittorrent/torrent-status.ts';
import type { Console } from './console.ts';

const TABLE_MS = 5_000;
const EVENT_MS = 1_000;
/** Of hundreds of peers the busiest are shown. */
const ROWS_MAX = 20;

export class PeerView {
  readonly #console: Console;
  readonly #wanted: boolean;
  #shownAt = Number.NEGATIVE_INFINITY;
  #someShown = false;
  /** Letters that were explained already. */
  readonly #explained = new Set<string>();

  constructor(console: Console, wanted: boolean) {
    this.#console = console;
    this.#wanted = wanted;
  }

  /** Call often; shows nothing unless it was asked for, and it is time. `now` in ms. */
  show(transfer: Transfer, now: number): void {
    if (!this.#wanted || now - this.#shownAt < (this.#console.json ? EVENT_MS : TABLE_MS)) return;
    const peers = transfer.peers();
    // The first that come are shown at once, and that the last has gone is news too.
    if (peers.length === 0 && !this.#someShown) return;
    this.#shownAt = now;
    this.#someShown = peers.length > 0;
    this.#console.event('peers', { peers: peers.map(peerFields) });
    for (const line of peerLines(peers)) this.#console.say(line);
    for (const line of this.#explain(peers)) this.#console.say(this.#console.dim(line));
  }

  #explain(peers: readonly PeerStatus[]): string[] {
    const letters = new Set(peers.flatMap(({ flags }) => [...flags]));
    const news = [...letters].filter((letter) => !this.#explained.has(letter));
    for (const letter of news) this.#explained.add(letter);
    return news.map((letter) => `  ${letter}: ${PEER_FLAGS[letter as PeerFlag]}`); // Flags are made of these letters.
  }
}

export function peerLines(peers: readonly PeerStatus[]): string[] {
  const busiest = [...peers].sort((a, b) => b.downloadRate + b.uploadRate - a.downloadRate - a.uploadRate).slice(0, ROWS_MAX);
  const rows = busiest.map((peer) => [
    peer.endpoint,
    peer.flags,
    `${Math.floor(peer.progress * 100)}%`,
    `↓ ${formatRate(peer.downloadRate)}`,
    `↑ ${formatRate(peer.uploadRate)}`,
    peer.client,
    peer.whyText,
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
  const more = peers.length - busiest.length;
  return more > 0 ? [...lines, `and ${more} more`] : lines;
}

function peerFields(peer: PeerStatus): Record<string, unknown> {
  return { ...peer, downloadRate: Math.round(peer.downloadRate), uploadRate: Math.round(peer.uploadRate) };
}
