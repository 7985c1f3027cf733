/** What the piece picker costs at its bound of scale: 100,000 pieces and 200 peers. `node bench/piece-picker.ts` */

import { bench, do_not_optimize, run } from 'mitata';
import { Bitset } from '../src/core/bitset.ts';
import { Random } from '../src/core/random.ts';
import { BLOCK_BYTES, type BlockRequest, PieceGeometry } from '../src/transfer/bittorrent/block.ts';
import { PiecePicker } from '../src/transfer/bittorrent/piece-picker.ts';

const PIECES = 100_000;
const BLOCKS = 16;
const PEERS = 200;

function crowd(random: Random, share: number): { picker: PiecePicker; peers: Bitset[] } {
  const picker = new PiecePicker(new PieceGeometry(PIECES * BLOCKS * BLOCK_BYTES, BLOCKS * BLOCK_BYTES), random);
  for (let piece = 0; piece < 10; piece++) picker.pieceVerified(piece);
  const peers: Bitset[] = [];
  for (let peer = 0; peer < PEERS; peer++) {
    const have = new Bitset(PIECES);
    for (let piece = 0; piece < PIECES; piece++) if (random.chance(share)) have.add(piece);
    peers.push(have);
    picker.addPeer(have);
  }
  picker.pick(0, peers[0] as Bitset, 1, [], 0);
  return { picker, peers };
}

/** Asks for `count` blocks and takes them, so that pieces are used up as in a download; starts over when all are. */
function download(picker: PiecePicker, slot: number, have: Bitset, count: number): number {
  const out: BlockRequest[] = [];
  picker.pick(slot, have, count, out, 0);
  for (const { piece, block } of out) {
    if (picker.blockReceived(slot, piece, block).pieceDone) {
      picker.pieceVerified(piece);
      picker.pieceLost(piece);
    }
  }
  return out.length;
}

const random = new Random(1);
const half = crowd(random, 0.5);
const sparse = crowd(random, 0.001);
// The rare half of the pieces is at a seed alone; a leecher that has none of them is asked.
const lopsided = crowd(random, 0);
lopsided.picker.addSeed();
const common = new Bitset(PIECES);
for (let piece = PIECES / 2; piece < PIECES; piece++) common.add(piece);
for (let peer = 0; peer < 20; peer++) lopsided.picker.addPeer(common);
let turn = 0;

bench('HAVE and its withdrawal', () => {
  const piece = random.below(PIECES);
  half.picker.peerHave(piece);
  half.picker.peerLost(piece);
});
bench('is this peer of interest (half of the pieces)', () => do_not_optimize(half.picker.wantsFrom(half.peers[turn++ % PEERS] as Bitset)));
for (const [name, { picker, peers }] of [
  ['half of the pieces each', half],
  ['a thousandth each', sparse],
] as const) {
  for (const count of [4, 64]) {
    bench(`pick and receive ${count} blocks, ${name}`, () => {
      turn = (turn + 1) % PEERS;
      do_not_optimize(download(picker, turn, peers[turn] as Bitset, count));
    });
  }
}
bench('pick and receive 64 blocks, none of the 50,000 rarest', () => do_not_optimize(download(lopsided.picker, 0, common, 64)));
bench('a peer with half of the pieces comes and goes, one pick between', () => {
  const have = half.peers[0] as Bitset;
  half.picker.addPeer(have);
  do_not_optimize(download(half.picker, 0, have, 4));
  half.picker.removePeer(have);
});

await run();
