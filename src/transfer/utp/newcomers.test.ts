import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../../core/host.ts';
import { Newcomers } from './newcomers.ts';

test('newcomers are told apart by every bit of their id, however large the number of the peer is', () => {
  const newcomers = new Newcomers();
  // Of addresses of no node a simulated world makes such numbers.
  const peer = (2 ** 41 + 5) as Peer;
  for (let receiveId = 0; receiveId < 100; receiveId++) newcomers.add({ peer, receiveId, ack: receiveId, sequence: 0, atMs: 0 });
  assert.equal(newcomers.size, 100);
  for (let receiveId = 0; receiveId < 100; receiveId++) assert.equal(newcomers.find(peer, receiveId)?.ack, receiveId);
});
