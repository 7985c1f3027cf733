import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagFacts, PEER_FLAGS, peerFlags } from './peer-flags.ts';

const STRANGER: FlagFacts = {
  amInterested: false,
  amChoking: true,
  peerInterested: false,
  peerChoking: true,
  optimistic: false,
  snubbed: false,
  incoming: false,
};

test('each direction has a letter for every state of interest and choking', () => {
  const letters = (facts: Partial<FlagFacts>): string => peerFlags({ ...STRANGER, ...facts });
  assert.equal(letters({}), '');
  assert.equal(letters({ amInterested: true, peerChoking: false }), 'D');
  assert.equal(letters({ amInterested: true }), 'd');
  assert.equal(letters({ peerChoking: false }), 'K');
  assert.equal(letters({ peerInterested: true, amChoking: false }), 'U');
  assert.equal(letters({ peerInterested: true }), 'u');
  assert.equal(letters({ amChoking: false }), '?');
});

test('all letters come in the order of their list', () => {
  const everything: FlagFacts = {
    amInterested: true,
    amChoking: false,
    peerInterested: true,
    peerChoking: false,
    optimistic: true,
    snubbed: true,
    incoming: true,
    hashFailed: true,
    sources: ['tracker', 'dht', 'pex', 'local'],
    holePunched: true,
    encryption: 'all',
    utp: true,
    webSeed: true,
  };
  const shown = peerFlags(everything);
  assert.equal(shown, 'DUOSFIHhXLEPW');
  const listed = Object.keys(PEER_FLAGS).filter((letter) => shown.includes(letter));
  assert.equal(shown, listed.join(''));
});
