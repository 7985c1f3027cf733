/** What the router, peers and interfaces say of our address, put together. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { type AddressEvidence, type SeenAddress, seenAddress } from './seen-address.ts';

const NOBODY: AddressEvidence = { router: null, peers: null, local: null };
const LAN = '192.168.1.7';

const cases: readonly (readonly [title: string, evidence: Partial<AddressEvidence>, Partial<SeenAddress>])[] = [
  ['nobody says anything', {}, { address: null, source: null, nat: 'unknown' }],
  ['an interface in the world', { local: '5.5.5.1' }, { address: '5.5.5.1', source: 'interface', nat: 'unknown' }],
  ['a private interface says nothing of the world', { local: LAN }, { address: null, nat: 'unknown' }],
  ['the router alone', { router: '5.5.5.1', local: LAN }, { address: '5.5.5.1', source: 'router', nat: 'one', note: '' }],
  ['the router and peers agree', { router: '5.5.5.1', peers: '5.5.5.1', local: LAN }, { address: '5.5.5.1', source: 'router', nat: 'one' }],
  ['peers of our own network see us there', { router: '5.5.5.1', peers: LAN, local: LAN }, { address: '5.5.5.1', nat: 'one' }],
  ['peers alone', { peers: '5.5.5.1', local: LAN }, { address: '5.5.5.1', source: 'peers', nat: 'one' }],
  ['peers see the interface itself', { peers: '5.5.5.1', local: '5.5.5.1' }, { source: 'peers', nat: 'none' }],
  ['the router has a private address', { router: '10.1.1.1', local: LAN }, { address: null, source: null, nat: 'several' }],
  [
    "the router is behind the provider's NAT, and peers see that",
    { router: '100.72.0.9', peers: '5.5.5.9', local: LAN },
    { address: '5.5.5.9', source: 'peers', nat: 'several' },
  ],
  ['the router and peers do not agree', { router: '5.5.5.1', peers: '5.5.5.9', local: LAN }, { address: '5.5.5.9', nat: 'several' }],
];

for (const [title, evidence, expected] of cases) {
  test(`the address that the world sees: ${title}`, () => {
    const seen = seenAddress({ ...NOBODY, ...evidence });
    assert.deepEqual({ ...seen, ...expected }, seen);
    assert.equal(seen.note !== '', seen.nat === 'several', seen.note);
  });
}

test('a NAT of the provider is called by its name, a second router by its own', () => {
  assert.match(seenAddress({ ...NOBODY, router: '100.72.0.9' }).note, /100\.72\.0\.9 .*providers/);
  assert.match(seenAddress({ ...NOBODY, router: '192.168.0.2' }).note, /192\.168\.0\.2 is a private one/);
});
