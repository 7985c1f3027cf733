/**
 * Answers peers that ask for hashes of trees (BEP 52): of pieces from the piece layers, of blocks from what is on disk. Owns the upper
 * part of each tree that was asked for, and the requests that wait for the disk.
 */

import type { AlignedFile } from '../../core/aligned-pieces.ts';
import { concatBytes, latin1 } from '../../core/bytes.ts';
import type { LeavesOperation, Store } from '../../core/host.ts';
import { LEAF_BYTES, MerkleTree, merkleHeight, merkleWidth } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import { type HashRange, RANGE_HASHES_MAX } from './hash-messages.ts';
import { type MetainfoV2, rootAt } from './metainfo.ts';
import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import { layerOf } from './piece-layers.ts';

/** Hashes sent to one peer: all layers so many times, and some more for small torrents. More is abuse, and is rejected. */
const LAYER_ROUNDS_MAX = 4;
const LAYER_HASHES_FREE = 16_384;
/** Hashes of blocks cost reading them: content read for one peer beyond what we have sent to it. */
const LEAF_READ_BYTES_FREE = 64 << 20;
/** Requests for hashes of blocks that wait, of one peer. */
const LEAF_REQUESTS_MAX = 16;

interface Served {
  hashes: number;
  readBytes: number;
  /** The first one is being worked on. */
  readonly waiting: LeafRequest[];
}

export class HashService {
  private readonly v2: MetainfoV2;
  private readonly pieceRoots: Uint8Array;
  private readonly store: Store;
  /** By root, one byte a character. */
  private readonly files = new Map<string, AlignedFile>();
  private readonly trees = new Map<AlignedFile, MerkleTree>();
  private readonly served = new Map<number, Served>();

  constructor(v2: MetainfoV2, pieceRoots: Uint8Array, store: Store) {
    this.v2 = v2;
    this.pieceRoots = pieceRoots;
    this.store = store;
    for (const file of v2.pieces.files) this.files.set(latin1(rootAt(v2.roots, file.file)), file);
  }

  request(connection: PeerConnection, range: HashRange): void {
    const file = this.files.get(latin1(range.root));
    if (file === undefined || !isWithin(range, file) || !this.mayAsk(connection, file, range)) return sayReject(connection, range);
    if (range.base === this.v2.pieces.pieceLayer && file.pieceCount > 1) return this.answerFromLayer(connection, file, range);
    if (range.base === 0) return this.answerFromDisk(connection, file, range);
    sayReject(connection, range);
  }

  gone(slot: number): void {
    this.served.delete(slot);
  }

  private servedTo(slot: number): Served {
    let served = this.served.get(slot);
    if (served === undefined) {
      served = { hashes: 0, readBytes: 0, waiting: [] };
      this.served.set(slot, served);
    }
    return served;
  }

  private mayAsk(connection: PeerConnection, file: AlignedFile, range: HashRange): boolean {
    const served = this.servedTo(connection.slot);
    if (range.base > 0) {
      served.hashes += range.count;
      return served.hashes <= LAYER_HASHES_FREE + (LAYER_ROUNDS_MAX * this.pieceRoots.length) / SHA256_BYTES;
    }
    // Pieces are read whole.
    served.readBytes += Math.max(range.count, this.v2.pieces.widthOf(file.firstPiece)) * LEAF_BYTES;
    return served.waiting.length < LEAF_REQUESTS_MAX && served.readBytes <= LEAF_READ_BYTES_FREE + 2 * connection.up.total;
  }

  private answerFromLayer(connection: PeerConnection, file: AlignedFile, range: HashRange): void {
    const tree = this.treeOf(file);
    const top = range.base + merkleHeight(range.count);
    const nodes = tree.nodes(range.base, range.index, range.count);
    sayHashes(connection, range, nodes, tree.uncles(top, range.index / range.count, topOf(range)));
  }

  /** From the pieces up. Made when first asked for: most torrents at rest are never asked. */
  private treeOf(file: AlignedFile): MerkleTree {
    let tree = this.trees.get(file);
    if (tree === undefined) {
      const { pieceLayer } = this.v2.pieces;
      const base = file.pieceCount === 1 ? file.height : pieceLayer;
      tree = new MerkleTree(layerOf(file, this.pieceRoots), base, file.pieceCount === 1 ? 1 : merkleWidth(file.pieceCount));
      this.trees.set(file, tree);
    }
    return tree;
  }

  // ---- hashes of blocks ----------------------------------------------------------------------------------------------------

  private answerFromDisk(connection: PeerConnection, file: AlignedFile, range: HashRange): void {
    const { pieces } = this.v2;
    const perPiece = pieces.widthOf(file.firstPiece);
    const first = Math.floor(range.index / perPiece);
    const last = Math.min(file.pieceCount - 1, Math.floor((range.index + range.count - 1) / perPiece));
    for (let piece = first; piece <= last; piece++) {
      if (!this.store.have.has(file.firstPiece + piece)) return sayReject(connection, range);
    }
    const { waiting } = this.servedTo(connection.slot);
    waiting.push(new LeafRequest(this, connection, file, range, perPiece, last - first + 1));
    if (waiting.length === 1) this.readLeaves(waiting[0] as LeafRequest);
  }

  private readLeaves(request: LeafRequest): void {
    // A range may lie in the filling behind the last piece, which nobody has to read.
    if (request.nextPiece < request.endPiece) this.store.leaves(request.nextPiece, request);
    else this.finish(request);
  }

  onLeaves(request: LeafRequest): void {
    if (!request.connection.closed) this.readLeaves(request);
  }

  private finish(request: LeafRequest): void {
    const { connection, file, range } = request;
    const leaves = request.leaves();
    const pieceTree = new MerkleTree(leaves, 0, Math.max(request.perPiece, range.count));
    const top = merkleHeight(range.count);
    const within = pieceTree.height;
    const first = request.index * SHA256_BYTES;
    const nodes = new Uint8Array(range.count * SHA256_BYTES);
    nodes.set(leaves.subarray(first, first + nodes.length));
    const lower = pieceTree.uncles(top, Math.floor(request.index / range.count), Math.min(within, topOf(range)));
    const place = Math.floor((range.index - request.index) / 2 ** within);
    const upper = within >= topOf(range) ? new Uint8Array(0) : this.treeOf(file).uncles(within, place, topOf(range));
    sayHashes(connection, range, nodes, concatBytes([lower, upper]));
    const { waiting } = this.servedTo(connection.slot);
    waiting.shift();
    const [next] = waiting;
    if (next !== undefined) this.readLeaves(next);
  }
}

/** Hashes of blocks that are being read, piece by piece. */
class LeafRequest implements LeavesOperation {
  readonly connection: PeerConnection;
  readonly file: AlignedFile;
  readonly range: HashRange;
  readonly perPiece: number;
  /** Of the range, within the pieces that are read. */
  readonly index: number;
  readonly endPiece: number;
  nextPiece: number;
  private readonly service: HashService;
  private readonly read: Uint8Array[] = [];

  constructor(service: HashService, connection: PeerConnection, file: AlignedFile, range: HashRange, perPiece: number, pieceCount: number) {
    this.service = service;
    this.connection = connection;
    this.file = file;
    this.range = range;
    this.perPiece = perPiece;
    const first = Math.floor(range.index / perPiece);
    this.index = range.index - first * perPiece;
    this.nextPiece = file.firstPiece + first;
    this.endPiece = this.nextPiece + pieceCount;
  }

  onLeaves(_piece: number, leaves: Uint8Array): void {
    this.read.push(leaves);
    this.nextPiece++;
    this.service.onLeaves(this);
  }

  /** Of all pieces read, from the first block of the first one on; the last one may have fewer than the others. */
  leaves(): Uint8Array {
    return concatBytes(this.read);
  }
}

/** The layer at which the uncles that were asked for end. */
function topOf(range: HashRange): number {
  return range.base + range.proofLayers + 1;
}

/** What BEP 52 demands of a range, within the tree that the file has. */
function isWithin({ base, index, count, proofLayers }: HashRange, { height }: AlignedFile): boolean {
  if (count < 2 || count > RANGE_HASHES_MAX || (count & (count - 1)) !== 0 || index % count !== 0) return false;
  if (base >= height || proofLayers >= height - base) return false;
  return merkleHeight(merkleWidth(index + count)) <= height - base;
}

function sayReject(connection: PeerConnection, range: HashRange): void {
  connection.say({ id: PeerMessageId.hashReject, range });
}

function sayHashes(connection: PeerConnection, range: HashRange, nodes: Uint8Array, uncles: Uint8Array): void {
  connection.say({ id: PeerMessageId.hashes, range, hashes: concatBytes([nodes, uncles]) });
}
