/**
 * What peers are told that we have: all of it as it comes, with suggestions where we are a seed (see `Spreader`), or as a super seed a
 * piece at a time (BEP 16). Owned by the torrent.
 */

import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import { Spreader } from './spreader.ts';
import { SuperSeeder } from './super-seeder.ts';
import type { Torrent } from './torrent.ts';

export class Showcase {
  private readonly torrent: Torrent;
  private readonly spreader: Spreader;
  private superSeeder: SuperSeeder | null;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
    this.spreader = new Spreader(torrent);
    this.superSeeder = torrent.spec.superSeed === true ? new SuperSeeder(torrent) : null;
  }

  /** We pass for somebody who has nothing. */
  get isSuper(): boolean {
    return this.superSeeder !== null && this.torrent.exchange?.store.have.full === true;
  }

  /** What we have, in the one place where BEP 3 and 6 allow it. */
  sayBits(connection: PeerConnection): void {
    const have = this.torrent.exchange?.store.have ?? null;
    if (have === null || have.count === 0 || this.isSuper) {
      if (connection.supportsFast) connection.say({ id: PeerMessageId.haveNone });
    } else if (have.full && connection.supportsFast) connection.say({ id: PeerMessageId.haveAll });
    else connection.say({ id: PeerMessageId.bitfield, bits: have.bytes.slice() });
  }

  /** For peers that were told "nothing" while the metadata was on its way, or as long as we were a super seed. */
  sayAllHaves(connection: PeerConnection): void {
    const have = this.torrent.exchange?.store.have;
    if (have === undefined || this.isSuper) return;
    for (let piece = 0; piece < have.length; piece++) if (have.has(piece)) connection.say({ id: PeerMessageId.have, piece });
  }

  /** A peer has said what it has, or that it is interested. */
  feed(connection: PeerConnection): void {
    if (this.isSuper) this.superSeeder?.feed(connection);
    else this.spreader.feed(connection);
  }

  peerHas(connection: PeerConnection, piece: number): void {
    if (this.isSuper) this.superSeeder?.has(connection, piece);
    else this.spreader.has(connection, piece);
  }

  gone(connection: PeerConnection): void {
    this.superSeeder?.gone(connection);
    this.spreader.gone(connection);
  }

  tick(now: number): void {
    if (this.isSuper) this.superSeeder?.tick(now);
  }

  /** There is another seed: what we kept back is a copy more, and no longer the only one. */
  peerIsSeed(): void {
    const { superSeeder } = this;
    if (superSeeder === null || !this.isSuper) return;
    this.superSeeder = null;
    for (const connection of [...this.torrent.connections]) {
      if (!connection.isSeed) this.sayAllHaves(connection);
    }
  }
}
