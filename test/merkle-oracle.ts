/** The trees of BEP 52 as it tells them, with every leaf of the filling written out: slow, and plainly right. What tests compare with. */

import { hash } from 'node:crypto';

const LEAF_BYTES = 16_384;

/** All layers above `width` leaves, of which those not given are zeros; the last layer is the root. */
export function treeLayers(leaves: readonly Uint8Array[], width: number): Uint8Array[][] {
  let layer = Array.from({ length: width }, (_, index) => leaves[index] ?? new Uint8Array(32));
  const layers = [layer];
  while (layer.length > 1) {
    const below = layer;
    layer = Array.from({ length: below.length / 2 }, (_, pair) => sha256(Buffer.concat(below.slice(2 * pair, 2 * pair + 2))));
    layers.push(layer);
  }
  return layers;
}

/** The leaves of content, without filling. */
export function leavesOf(bytes: Uint8Array): Uint8Array[] {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) leaves.push(sha256(bytes.subarray(at, at + LEAF_BYTES)));
  return leaves;
}

/** The roots of the pieces of one file. */
export function pieceRootsOf(bytes: Uint8Array, pieceBytes: number): Uint8Array[] {
  const leaves = leavesOf(bytes);
  let width = 1;
  while (width < leaves.length) width *= 2;
  const layers = treeLayers(leaves, width);
  let layer = 0;
  for (let reach = LEAF_BYTES; reach < pieceBytes && layer < layers.length - 1; reach *= 2) layer++;
  return (layers[layer] as Uint8Array[]).slice(0, Math.ceil(bytes.length / pieceBytes));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}
