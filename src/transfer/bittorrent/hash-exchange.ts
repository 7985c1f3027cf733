/**
 * What one torrent of BitTorrent v2 has to do with hashes beyond its info dictionary (BEP 52): fetches the piece layers that a magnet
 * link leaves out, serves hashes to others, and finds out which block of a failed piece was bad. Owns the requests of its own.
 */

import { equalBytes } from '../../core/bytes.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { LeavesOperation, Store } from '../../core/host.ts';
import { merkleRoot } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { type HashRange, RANGE_HASHES_MAX } from './hash-messages.ts';
import { HashService } from './hash-service.ts';
import { LayerDownload } from './layer-download.ts';
import { type Blame, LeafTrial } from './leaf-trial.ts';
import { type Metainfo, type MetainfoV2, rootAt, versionOf } from './metainfo.ts';
import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';

/** A hybrid whose layers nobody has given by then is fetched by its v1 half; sooner when there is nobody who speaks v2. */
export const LAYERS_WAIT_MS = 10_000;
const LAYERS_WAIT_ALONE_MS = 1_000;

export class HashExchange {
  private readonly torrent: Torrent;
  private layers: LayerDownload | null = null;
  private layersSinceMs = 0;
  private service: HashService | null = null;
  private store: Store | null = null;
  private trials: LeafTrial[] = [];

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  // ---- the piece layers ----------------------------------------------------------------------------------------------------

  /** Asks peers for the layers; the torrent's `openWith` follows. */
  fetchLayers(v2: MetainfoV2): void {
    this.layers = new LayerDownload(v2);
    this.layersSinceMs = this.torrent.now();
    this.askAll();
  }

  /** BEP 52 lets one fall back to one half of a hybrid. Not to that which the link did not name: it asked for SHA-256. */
  private considerV1(): void {
    const { infoHashes, metainfo } = this.torrent;
    if (this.layers === null || metainfo === null || versionOf(metainfo) !== 'hybrid' || !infoHashes.namedByV1) return;
    const waitMs = this.peers().length > 0 ? LAYERS_WAIT_MS : LAYERS_WAIT_ALONE_MS;
    if (this.torrent.now() - this.layersSinceMs < waitMs) return;
    this.layers = null;
    this.torrent.openWith(null);
  }

  private peers(): PeerConnection[] {
    return [...this.torrent.connections].filter(({ speaksV2, closed }) => speaksV2 && !closed);
  }

  private askAll(): void {
    for (const connection of this.peers()) this.askForLayers(connection);
  }

  private askForLayers(connection: PeerConnection): void {
    if (this.layers === null || !connection.speaksV2 || connection.closed) return;
    for (;;) {
      const range = this.layers.next(connection.slot, this.torrent.now());
      if (range === null) return;
      connection.say({ id: PeerMessageId.hashRequest, range });
    }
  }

  // ---- messages ------------------------------------------------------------------------------------------------------------

  /** The peer is admitted. */
  joined(connection: PeerConnection): void {
    this.askForLayers(connection);
  }

  gone(connection: PeerConnection): void {
    this.layers?.removePeer(connection.slot);
    this.service?.gone(connection.slot);
    for (const trial of [...this.trials]) if (trial.isWaitingFor(connection.slot)) this.askNext(trial);
    this.askAll();
  }

  onRequest(connection: PeerConnection, range: HashRange): void {
    if (this.service === null) connection.say({ id: PeerMessageId.hashReject, range });
    else this.service.request(connection, range);
  }

  onHashes(connection: PeerConnection, range: HashRange, hashes: Uint8Array): void {
    const trial = this.trials.find((candidate) => candidate.isAsked(connection.slot, range));
    if (trial !== undefined) return this.onLeafHashes(connection, trial, hashes);
    const { layers } = this;
    const outcome = layers?.received(connection.slot, range, hashes) ?? 'ignored';
    if (outcome === 'wrong') return this.torrent.swarm.ban(connection.slot, 'sent hashes that lead to another root');
    if (outcome === 'done') {
      this.layers = null;
      const { v2 } = this.torrent.metainfo as Metainfo;
      this.torrent.openWith({ ...(v2 as MetainfoV2), pieceRoots: (layers as LayerDownload).pieceRoots });
    } else this.askForLayers(connection);
  }

  onReject(connection: PeerConnection, range: HashRange): void {
    const trial = this.trials.find((candidate) => candidate.isAsked(connection.slot, range));
    if (trial !== undefined) return this.askNext(trial);
    this.layers?.rejected(connection.slot, range, this.torrent.now());
    this.askAll();
  }

  tick(now: number): void {
    for (const trial of [...this.trials]) if (trial.isLate(now)) this.askNext(trial);
    if (this.layers === null) return;
    this.layers.expire(now);
    this.askAll();
    this.considerV1();
  }

  // ---- bad blocks ----------------------------------------------------------------------------------------------------------

  /** The content is open: from now on hashes are served. */
  serve(metainfo: Metainfo, store: Store): void {
    this.trials = [];
    this.store = store;
    const { v2 } = metainfo;
    this.service = v2 === null || v2.pieceRoots === null ? null : new HashService(v2, v2.pieceRoots, store);
  }

  /** Finds out which blocks of a gathered piece that has failed are bad. False: there is nothing to find out by, as in v1. */
  blame(piece: number, blame: Blame): boolean {
    const v2 = this.torrent.metainfo?.v2 ?? null;
    if (v2 === null || v2.pieceRoots === null || this.store === null) return false;
    this.store.leaves(piece, new Hearing(this, blame));
    return true;
  }

  /** The leaves of what came of a failed piece. */
  onOwnLeaves(piece: number, leaves: Uint8Array, blame: Blame): void {
    const v2 = this.torrent.metainfo?.v2 ?? null;
    if (v2 === null || v2.pieceRoots === null) return;
    const { pieces, roots, pieceRoots } = v2;
    const root = pieceRoots.subarray(piece * SHA256_BYTES, (piece + 1) * SHA256_BYTES);
    const count = pieces.widthOf(piece);
    // The tree says that it is right, so it was SHA-1 that said no.
    if (equalBytes(merkleRoot(leaves, 0, count), root)) return this.onContradiction(piece);
    const file = pieces.fileAt(piece);
    const index = (piece - file.firstPiece) * count;
    if (blame.sole || count < 2 || count > RANGE_HASHES_MAX) return blame.onVerdict(piece, null);
    const range = { root: rootAt(roots, file.file), base: 0, index, count, proofLayers: 0 };
    const trial = new LeafTrial(piece, range, leaves, root, blame);
    this.trials.push(trial);
    this.askNext(trial);
  }

  /** Only who made the torrent can be at fault: no peer can have what matches both hashes. */
  private onContradiction(piece: number): void {
    const message = `the halves of the torrent differ: piece ${piece} is right by SHA-256 and wrong by SHA-1`;
    this.torrent.fail({ kind: 'metainfo', message, path: this.torrent.infoHashHex });
  }

  private askNext(trial: LeafTrial): void {
    for (const connection of this.peers()) {
      if (connection.have?.has(trial.piece) !== true || !trial.mayAsk(connection.slot)) continue;
      trial.ask(connection.slot, this.torrent.now());
      connection.say({ id: PeerMessageId.hashRequest, range: trial.range });
      return;
    }
    this.end(trial);
    trial.blame.onVerdict(trial.piece, null);
  }

  private onLeafHashes(connection: PeerConnection, trial: LeafTrial, hashes: Uint8Array): void {
    const bad = trial.judge(hashes);
    if (bad === null) {
      this.torrent.engine.host.tap(BitTorrentEvent.peerMisbehaved, connection.slot, 0, 0);
      this.torrent.swarm.ban(connection.slot, 'sent hashes of blocks that lead to another root');
      // Whom it has left behind is asked for by `gone`.
      return;
    }
    this.end(trial);
    trial.blame.onVerdict(trial.piece, bad);
  }

  private end(trial: LeafTrial): void {
    this.trials = this.trials.filter((other) => other !== trial);
  }
}

/** The leaves of a failed piece on their way. */
class Hearing implements LeavesOperation {
  private readonly exchange: HashExchange;
  private readonly blame: Blame;

  constructor(exchange: HashExchange, blame: Blame) {
    this.exchange = exchange;
    this.blame = blame;
  }

  onLeaves(piece: number, leaves: Uint8Array): void {
    this.exchange.onOwnLeaves(piece, leaves, this.blame);
  }
}
