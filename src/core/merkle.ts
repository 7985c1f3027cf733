/**
 * The binary hash trees of BitTorrent v2 (BEP 52): SHA-256 over blocks of 16 KiB, filled up with leaves of zeros to a power of two.
 * Layer 0 are the leaves; hashes of a layer are concatenated, 32 bytes each, and those that stand for nothing but filling are left out.
 */

import { concatBytes, equalBytes } from './bytes.ts';
import { SHA256_BYTES, sha256, sha256Block } from './sha256.ts';

export const LEAF_BYTES = 16_384;
/** Layers above the leaves that any tree can have: 2^53 bytes have 2^39 leaves. */
export const MERKLE_LAYERS_MAX = 39;

/** The smallest power of two that is not smaller; 1 for 0. */
export function merkleWidth(count: number): number {
  let width = 1;
  while (width < count) width *= 2;
  return width;
}

/** How many layers lie above one of that width, a power of two. */
export function merkleHeight(width: number): number {
  let height = 0;
  for (let rest = width; rest > 1; rest /= 2) height++;
  return height;
}

/** The node of that layer below which there is only filling; borrowed. */
export function fillingOf(layer: number): Uint8Array {
  for (let known = FILLINGS.length; known <= layer; known++) {
    const below = FILLINGS[known - 1] as Uint8Array;
    FILLINGS.push(parentOf(below, below));
  }
  return FILLINGS[layer] as Uint8Array;
}

const FILLINGS: Uint8Array[] = [new Uint8Array(SHA256_BYTES)];

export function parentOf(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concatBytes([left, right]));
}

/** The layer above, of the nodes of a layer from its beginning on. */
export function parentsOf(nodes: Uint8Array, layer: number): Uint8Array {
  const pairs = Math.ceil(nodes.length / (2 * SHA256_BYTES));
  const parents = new Uint8Array(pairs * SHA256_BYTES);
  const whole = Math.floor(nodes.length / (2 * SHA256_BYTES));
  for (let pair = 0; pair < whole; pair++) sha256Block(nodes, pair * 2 * SHA256_BYTES, parents, pair * SHA256_BYTES);
  if (whole < pairs) parents.set(parentOf(nodes.subarray(nodes.length - SHA256_BYTES), fillingOf(layer)), whole * SHA256_BYTES);
  return parents;
}

/** The root of a tree whose nodes in that layer are given, `width` of them with the filling. */
export function merkleRoot(nodes: Uint8Array, layer: number, width: number): Uint8Array {
  let hashes = nodes;
  let at = layer;
  for (let rest = width; rest > 1; rest /= 2) hashes = parentsOf(hashes, at++);
  return hashes.length === 0 ? fillingOf(at) : hashes;
}

/**
 * What the root must be when `node` stands at that place of its layer and these are its uncles, the nearest first (BEP 52, "hash
 * request"). Whoever knows the root compares.
 */
export function climb(node: Uint8Array, index: number, uncles: Uint8Array): Uint8Array {
  let hash = node;
  let place = index;
  for (let at = 0; at < uncles.length; at += SHA256_BYTES) {
    const uncle = uncles.subarray(at, at + SHA256_BYTES);
    hash = place % 2 === 0 ? parentOf(hash, uncle) : parentOf(uncle, hash);
    place = Math.floor(place / 2);
  }
  return hash;
}

/** A tree from some layer of it upwards, kept whole to answer for any part of it. */
export class MerkleTree {
  /** The lowest layer that is known. */
  readonly base: number;
  readonly height: number;
  /** From the base to the root, without the filling. */
  private readonly layers: Uint8Array[];

  /** `nodes` of layer `base`, `width` of them with the filling; kept, not copied. */
  constructor(nodes: Uint8Array, base: number, width: number) {
    this.base = base;
    this.height = base + merkleHeight(width);
    this.layers = [nodes];
    for (let layer = base; layer < this.height; layer++) {
      this.layers.push(parentsOf(this.layers[layer - base] as Uint8Array, layer));
    }
  }

  get root(): Uint8Array {
    return this.node(this.height, 0);
  }

  /** Borrowed. */
  node(layer: number, index: number): Uint8Array {
    const nodes = this.layers[layer - this.base] as Uint8Array;
    const at = index * SHA256_BYTES;
    return at < nodes.length ? nodes.subarray(at, at + SHA256_BYTES) : fillingOf(layer);
  }

  /** `count` nodes of a layer, filling included. */
  nodes(layer: number, index: number, count: number): Uint8Array {
    const nodes = new Uint8Array(count * SHA256_BYTES);
    for (let at = 0; at < count; at++) nodes.set(this.node(layer, index + at), at * SHA256_BYTES);
    return nodes;
  }

  /** The uncles of a node from its layer up to below `top`: what `climb` takes to get there. */
  uncles(layer: number, index: number, top: number): Uint8Array {
    const count = Math.max(0, Math.min(top, this.height) - layer);
    const uncles = new Uint8Array(count * SHA256_BYTES);
    let place = index;
    for (let at = 0; at < count; at++) {
      uncles.set(this.node(layer + at, place % 2 === 0 ? place + 1 : place - 1), at * SHA256_BYTES);
      place = Math.floor(place / 2);
    }
    return uncles;
  }
}

/** The numbers of the leaves that differ; both lists are of one piece. */
export function differingLeaves(leaves: Uint8Array, others: Uint8Array): number[] {
  const differing: number[] = [];
  for (let at = 0; at < leaves.length; at += SHA256_BYTES) {
    if (!equalBytes(leaves.subarray(at, at + SHA256_BYTES), others.subarray(at, at + SHA256_BYTES))) differing.push(at / SHA256_BYTES);
  }
  return differing;
}
