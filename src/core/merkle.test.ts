import assert from 'node:assert/strict';
import test from 'node:test';
import { treeLayers } from '../../test/merkle-oracle.ts';
import { concatBytes } from './bytes.ts';
import { hexOf } from './hex.ts';
import { climb, differingLeaves, fillingOf, MerkleTree, merkleHeight, merkleRoot, merkleWidth, parentsOf } from './merkle.ts';
import { Random } from './random.ts';

const SEED = Number(process.env.KITH_SEED ?? 21);
const ROUNDS = 120;

interface Case {
  readonly leaves: readonly Uint8Array[];
  readonly width: number;
  readonly layers: Uint8Array[][];
  readonly seed: string;
}

function* cases(): Generator<Case> {
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const count = 1 + random.below(round < 20 ? 9 : 90);
    const leaves = Array.from({ length: count }, () => random.fill(new Uint8Array(32)));
    const width = merkleWidth(count) * (random.chance(0.3) ? 4 : 1);
    yield { leaves, width, layers: treeLayers(leaves, width), seed: `seed ${SEED} round ${round}` };
  }
}

test('the root is that of the tree with all its filling written out', () => {
  for (const { leaves, width, layers, seed } of cases()) {
    const [root] = layers[layers.length - 1] as [Uint8Array];
    assert.equal(hexOf(merkleRoot(concatBytes(leaves), 0, width)), hexOf(root), seed);
    assert.equal(hexOf(new MerkleTree(concatBytes(leaves), 0, width).root), hexOf(root), seed);
  }
});

test('any layer gives the same root as the leaves', () => {
  for (const { leaves, width, layers, seed } of cases()) {
    let nodes = concatBytes(leaves);
    for (let layer = 0; layer < layers.length - 1; layer++) {
      nodes = parentsOf(nodes, layer);
      assert.equal(
        hexOf(merkleRoot(nodes, layer + 1, width / 2 ** (layer + 1))),
        hexOf((layers[layers.length - 1] as [Uint8Array])[0]),
        seed,
      );
    }
  }
});

test('BEP 52: a range of hashes and its uncles lead to the root, and with one bit changed they do not', () => {
  const random = new Random(SEED, 2);
  for (const { leaves, width, layers, seed } of cases()) {
    const tree = new MerkleTree(concatBytes(leaves), 0, width);
    const height = merkleHeight(width);
    const layer = random.below(height + 1);
    const count = 2 ** random.below(height - layer + 1);
    const index = count * random.below(width / 2 ** layer / count);
    const nodes = tree.nodes(layer, index, count);
    const top = layer + merkleHeight(count);
    assert.deepEqual(nodes, concatBytes((layers[layer] as Uint8Array[]).slice(index, index + count)), seed);
    const uncles = tree.uncles(top, index / count, height);
    const claimed = climb(merkleRoot(nodes, layer, count), index / count, uncles);
    assert.equal(hexOf(claimed), hexOf(tree.root), seed);
    const wrong = random.chance(0.5) && uncles.length > 0 ? uncles : nodes;
    const at = random.below(wrong.length);
    wrong[at] = (wrong[at] as number) ^ 1;
    assert.notEqual(hexOf(climb(merkleRoot(nodes, layer, count), index / count, uncles)), hexOf(tree.root), seed);
  }
});

test('filling is the root of leaves of zeros', () => {
  for (let layer = 0; layer < 6; layer++) {
    assert.equal(hexOf(fillingOf(layer)), hexOf((treeLayers([], 2 ** layer)[layer] as [Uint8Array])[0]));
  }
});

test('leaves that differ are found by number', () => {
  const random = new Random(SEED, 3);
  const leaves = random.fill(new Uint8Array(32 * 9));
  const others = leaves.slice();
  for (const leaf of [2, 8]) others[32 * leaf + 31] = (others[32 * leaf + 31] as number) ^ 0x80;
  assert.deepEqual(differingLeaves(leaves, others), [2, 8]);
});
