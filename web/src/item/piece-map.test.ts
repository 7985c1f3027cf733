import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieceMapOf, raritiesOf, runsOf, sentenceOf } from './piece-map.ts';

/** `#` is here, a digit is missing and with so many peers. */
function mapOf(shape: string, counted = true): ReturnType<typeof pieceMapOf> {
  const bits = new Uint8Array(Math.ceil(shape.length / 8));
  const peers = new Uint8Array(shape.length);
  for (const [piece, mark] of [...shape].entries()) {
    if (mark === '#') bits[piece >> 3] = (bits[piece >> 3] as number) | (0x80 >> (piece & 7));
    else peers[piece] = Number(mark);
  }
  return pieceMapOf({
    count: shape.length,
    bytes: 16_384,
    have: [...shape].filter((mark) => mark === '#').length,
    bits: Buffer.from(bits).toString('base64'),
    availability: counted ? Buffer.from(peers).toString('base64') : null,
  });
}

test('a picture in words: what is here, what is missing, and how rare that is', () => {
  assert.equal(sentenceOf(mapOf('####')), 'All 4 pieces are here.');
  assert.equal(sentenceOf(mapOf('##0100')), '2 of 6 pieces are here; 3 of the 4 missing are with no connected peer.');
  assert.equal(sentenceOf(mapOf('##23')), '2 of 4 pieces are here; each of the 2 missing is with 2 peers or more.');
  assert.equal(sentenceOf(mapOf('##00', false)), '2 of 4 pieces are here.');
});

test('the tables have what the picture has: rarities, and stretches of equals over the edge of a byte', () => {
  const map = mapOf('########1122#0');
  assert.deepEqual(raritiesOf(map), [
    { peers: 0, pieces: 1 },
    { peers: 1, pieces: 2 },
    { peers: 2, pieces: 2 },
  ]);
  assert.deepEqual(
    runsOf(map, 100).map(({ first, last, here, peers }) => [first, last, here, peers]),
    [
      [0, 7, true, null],
      [8, 9, false, 1],
      [10, 11, false, 2],
      [12, 12, true, null],
      [13, 13, false, 0],
    ],
  );
  assert.equal(runsOf(map, 2).length, 2);
  assert.deepEqual(runsOf(mapOf('00', false), 9), [{ first: 0, last: 1, here: false, peers: null }]);
});
