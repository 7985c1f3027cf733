/** The vectors of BEP 6. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseEndpoint } from '../../core/endpoint.ts';
import { allowedFastSet } from './allowed-fast.ts';

const peer = parseEndpoint('80.4.4.200:6881') as Uint8Array;
const infoHash = new Uint8Array(20).fill(0xaa);

test('BEP 6: seven and nine pieces of 1313 for 80.4.4.200', () => {
  assert.deepEqual(allowedFastSet(peer, infoHash, 1313, 7), [1059, 431, 808, 1217, 287, 376, 1188]);
  assert.deepEqual(allowedFastSet(peer, infoHash, 1313, 9), [1059, 431, 808, 1217, 287, 376, 1188, 353, 508]);
});

test('a torrent of fewer pieces than the set has them all', () => {
  assert.deepEqual(
    allowedFastSet(peer, infoHash, 3).sort((a, b) => a - b),
    [0, 1, 2],
  );
});

test('there is no set for IPv6 peers', () => {
  assert.deepEqual(allowedFastSet(parseEndpoint('[::1]:1') as Uint8Array, infoHash, 100), []);
});
