import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeTorrent } from '../../../test/bittorrent/tree-torrent.ts';
import { concatBytes, equalBytes } from '../../core/bytes.ts';
import { MerkleTree, merkleHeight, merkleWidth } from '../../core/merkle.ts';
import { Random } from '../../core/random.ts';
import type { HashRange } from './hash-messages.ts';
import { LayerDownload, type LayerOutcome } from './layer-download.ts';
import { type MetainfoV2, rootAt } from './metainfo.ts';
import { layerOf } from './piece-layers.ts';

const SEED = Number(process.env.KITH_SEED ?? 31);

type Manner = 'right' | 'wrong' | 'rejects' | 'silent' | 'later';

/** What an honest peer answers. */
function rightHashes({ pieces, roots, pieceRoots }: MetainfoV2, range: HashRange): Uint8Array {
  const file = pieces.files.find(({ file: index }) => equalBytes(rootAt(roots, index), range.root));
  if (file === undefined) throw new Error('a range of a file that is not there');
  const tree = new MerkleTree(layerOf(file, pieceRoots as Uint8Array), pieces.pieceLayer, merkleWidth(file.pieceCount));
  const top = range.base + merkleHeight(range.count);
  const uncles = tree.uncles(top, range.index / range.count, file.height);
  return concatBytes([tree.nodes(range.base, range.index, range.count), uncles]);
}

interface Run {
  readonly seconds: number;
  readonly pieceRoots: Uint8Array | null;
  readonly liars: ReadonlySet<number>;
}

/** Lets peers of these manners answer, second by second. */
function fetch(v2: MetainfoV2, manners: readonly Manner[], random: Random): Run {
  const download = new LayerDownload(v2);
  const liars = new Set<number>();
  const late: { slot: number; range: HashRange }[] = [];
  for (let seconds = 0; seconds < 200; seconds++) {
    const now = seconds * 1000;
    download.expire(now);
    const answers = late.splice(0).map(({ slot, range }) => ({ slot, range, hashes: rightHashes(v2, range) }));
    for (const slot of random.shuffle([...manners.keys()])) {
      if (liars.has(slot)) continue;
      for (let range = download.next(slot, now); range !== null; range = download.next(slot, now)) {
        const manner = manners[slot];
        if (manner === 'rejects') download.rejected(slot, range, now);
        if (manner === 'later') late.push({ slot, range });
        if (manner !== 'right' && manner !== 'wrong') continue;
        const hashes = rightHashes(v2, range);
        if (manner === 'wrong') hashes[random.below(32 * Math.min(range.count, 2))] = random.below(256);
        answers.push({ slot, range, hashes });
      }
    }
    for (const { slot, range, hashes } of answers) {
      const outcome: LayerOutcome = download.received(slot, range, hashes);
      if (outcome === 'done') return { seconds, pieceRoots: download.pieceRoots, liars };
      if (outcome !== 'wrong') continue;
      liars.add(slot);
      download.removePeer(slot);
    }
  }
  return { seconds: 200, pieceRoots: null, liars };
}

const ONE = treeTorrent([16_384 * 1300, 16_384 * 2, 5, 16_384 * 513 + 1], 16_384, 2).v2 as MetainfoV2;
const SMALL = treeTorrent([65_536 * 3], 65_536, 2).v2 as MetainfoV2;

test('whoever the peers are, the layers come as long as one of them is honest, and only liars are blamed', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 40; round++) {
    const v2 = random.chance(0.5) ? ONE : SMALL;
    const all: readonly Manner[] = ['right', 'wrong', 'rejects', 'silent', 'later'];
    const manners = [
      ...Array.from({ length: random.below(6) }, () => all[random.below(5)] as Manner),
      random.chance(0.5) ? 'right' : 'later',
    ] as Manner[];
    const { seconds, pieceRoots, liars } = fetch(v2, manners, random);
    const where = `seed ${SEED} round ${round}: ${manners.join()}`;
    assert.deepEqual(pieceRoots, v2.pieceRoots, where);
    assert.ok(seconds < 30, `${where}: ${seconds} s`);
    for (const slot of liars) assert.equal(manners[slot], 'wrong', where);
  }
});

test('without an honest peer there are no layers', () => {
  assert.equal(fetch(SMALL, ['wrong', 'silent', 'rejects'], new Random(SEED)).pieceRoots, null);
});

test('a crowd of silent peers is not waited for in turn', () => {
  const { seconds } = fetch(SMALL, [...Array.from({ length: 10 }, () => 'silent' as const), 'right'], new Random(SEED));
  assert.ok(seconds <= 11, `${seconds} s`);
});

test('what nobody was asked for is ignored', () => {
  const download = new LayerDownload(SMALL);
  const range = download.next(1, 0) as HashRange;
  assert.equal(download.received(2, range, rightHashes(SMALL, range)), 'ignored');
  assert.equal(download.received(1, { ...range, proofLayers: 5 }, rightHashes(SMALL, range)), 'ignored');
  assert.equal(download.received(1, range, rightHashes(SMALL, range)), 'done');
});

test('filling is known, and is not taken from a peer', () => {
  const download = new LayerDownload(SMALL);
  const range = download.next(1, 0) as HashRange;
  const hashes = rightHashes(SMALL, range);
  hashes.fill(9, 32 * 3, 32 * 4);
  assert.equal(download.received(1, range, hashes), 'done');
  assert.deepEqual(download.pieceRoots, SMALL.pieceRoots);
});
