/** The test vectors of the BEPs, and what they say about ids, tokens, filters and addresses. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { endpointOf } from '../../core/endpoint.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { ED25519 } from '../../net/ed25519.ts';
import { estimateCount, insertAddress, unite } from './bloom-filter.ts';
import { ExternalAddress } from './external-address.ts';
import { FloodLimit } from './flood-limit.ts';
import { immutableTarget, isCanonical, mutableTarget, signedBytes, torrentOfValue, torrentValue, verifyItem } from './item.ts';
import { readId } from './node-id.ts';
import { savedContacts, savedId } from './saved-state.ts';
import { conforms, secureId } from './secure-id.ts';
import { TOKEN_PERIOD_MS, Tokens } from './tokens.ts';

const BEP33 = `
F6C3F5EA A07FFD91 BDE89F77 7F26FB2B FF37BDB8 FB2BBAA2 FD3DDDE7 BACFFF75 EE7CCBAE FE5EEDB1 FBFAFF67 F6ABFF5E 43DDBCA3 FD9B9FFD
F4FFD3E9 DFF12D1B DF59DB53 DBE9FA5B 7FF3B8FD FCDE1AFB 8BEDD7BE 2F3EE71E BBBFE93B CDEEFE14 8246C2BC 5DBFF7E7 EFDCF24F D8DC7ADF
FD8FFFDF DDFFF7A4 BBEEDF5C B95CE81F C7FCFF1F F4FFFFDF E5F7FDCB B7FD79B3 FA1FC77B FE07FFF9 05B7B7FF C7FEFEFF E0B8370B B0CD3F5B
7F2BD93F EB4386CF DD6F7FD5 BFAF2E9E BFFFFEEC D67ADBF7 C67F17EF D5D75EBA 6FFEBA7F FF47A91E B1BFBB53 E8ABFB57 62ABE8FF 237279BF
EFBFEEF5 FFC5FEBF DFE5ADFF ADFEE1FB 737FFFFB FD9F6AEF FEEE76B6 FD8F72EF`;

const BEP42 = [
  ['124.31.75.21', 1, '5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401'],
  ['21.75.31.124', 86, '5a3ce9c14e7a08645677bbd1cfe7d8f956d53256'],
  ['65.23.51.170', 22, 'a5d43220bc8f112a3d426c84764f8c2a1150e616'],
  ['84.124.73.14', 65, '1b0321dd1bb1fe518101ceef99462b947a01ff41'],
  ['43.213.53.83', 90, 'e56f6cbf5b7c4be0237986d5243b87aa6d51305a'],
] as const;

function bytes(hex: string): Uint8Array {
  return bytesOfHex(hex) as Uint8Array;
}

function endpoint(ip: string, port = 6881): Endpoint {
  return endpointOf(ip, port) as Endpoint;
}

test('BEP 33: the filter of 256 IPv4 and 1000 IPv6 addresses, to the last bit, and its estimate', () => {
  const filter = new Uint8Array(256);
  for (let last = 0; last < 256; last++) insertAddress(filter, Uint8Array.of(192, 0, 2, last));
  for (let last = 0; last <= 0x3e7; last++) {
    insertAddress(filter, Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last >> 8, last & 0xff));
  }
  assert.equal(hexOf(filter).toUpperCase(), BEP33.replaceAll(/\s/g, ''));
  assert.ok(Math.abs(estimateCount(filter) - 1224.9308) < 1e-4);
});

test('BEP 33: a filter that is empty or full has an estimate too, and a union is that of its parts', () => {
  assert.equal(estimateCount(new Uint8Array(256)), 0);
  assert.ok(estimateCount(new Uint8Array(256).fill(255)) > 7000);
  const [one, two, both] = [new Uint8Array(256), new Uint8Array(256), new Uint8Array(256)] as const;
  for (let last = 0; last < 100; last++) {
    insertAddress(last < 50 ? one : two, Uint8Array.of(10, 0, 0, last));
    insertAddress(both, Uint8Array.of(10, 0, 0, last));
  }
  unite(one, two);
  assert.deepEqual(one, both);
});

test('BEP 42: the ids of the five addresses conform, and made from them have their prefix', () => {
  const random = new Random(1);
  for (const [ip, choice, id] of BEP42) {
    assert.ok(conforms(readId(bytes(id)), endpoint(ip)), ip);
    const made = secureId(endpoint(ip), random, choice);
    assert.equal(made.hex.slice(-2), id.slice(-2));
    assert.equal(((made.w0 ^ readId(bytes(id)).w0) >>> 11).toString(), '0', ip);
    assert.equal(conforms(made, endpoint('1.2.3.4')), false);
  }
  const v6 = endpoint('2001:db8:85a3::8a2e:370:7334');
  assert.ok(conforms(secureId(v6, random), v6));
  assert.ok(conforms(readId(new Uint8Array(20)), endpoint('192.168.1.2')), 'own site');
});

test('BEP 42: our address is what eight blocks of voters agree on, not what one of them repeats', () => {
  const external = new ExternalAddress();
  const believed = (): string | undefined => external.address?.join('.');
  for (let index = 0; index < 100; index++) external.hear(endpoint(`198.51.100.${index}`), endpoint('203.0.113.66'));
  for (let block = 0; block < 6; block++) external.hear(endpoint(`203.1.${block}.1`), endpoint('203.0.113.9'));
  assert.equal(believed(), undefined);
  assert.ok(external.hear(endpoint('203.1.7.1'), endpoint('203.0.113.9')));
  assert.equal(believed(), '203.0.113.9');
});

test('BEP 44: targets, signed bytes and signatures of the three vectors', () => {
  const publicKey = bytes('77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548');
  const value = latin1Bytes('12:Hello World!');
  assert.equal(hexOf(immutableTarget(value)), 'e5f96f6f38320f0f33959cb4d3d656452117aadb');
  assert.equal(latin1(signedBytes('foobar', 1n, value)), '4:salt6:foobar3:seqi1e1:v12:Hello World!');
  const vectors = [
    [
      '',
      '4a533d47ec9c7d95b1ad75f576cffc641853b750',
      '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01',
    ],
    [
      'foobar',
      '411eba73b6f087ca51a3795d9c8c938d365e32c1',
      '6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17ddf9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08',
    ],
  ] as const;
  for (const [salt, target, signature] of vectors) {
    assert.equal(hexOf(mutableTarget(publicKey, salt)), target);
    assert.ok(verifyItem(ED25519, { publicKey, salt, seq: 1n, value, signature: bytes(signature) }));
    assert.ok(!verifyItem(ED25519, { publicKey, salt, seq: 2n, value, signature: bytes(signature) }));
  }
});

test('BEP 44: a value is one canonical bencoding', () => {
  for (const good of ['i0e', '0:', 'le', 'd1:ai1e1:b0:e']) assert.ok(isCanonical(latin1Bytes(good)), good);
  for (const bad of ['', 'i00e', 'i-0e', 'd1:bi1e1:a0:e', 'd1:ai1e1:a0:e', '2:a', 'i1ei2e', '01:a'])
    assert.ok(!isCanonical(latin1Bytes(bad)), bad);
});

test('BEP 46: targets of the two vectors, and the value that names a torrent', () => {
  const publicKey = bytes('8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e');
  assert.equal(hexOf(mutableTarget(publicKey, '')), 'cc3f9d90b572172053626f9980ce261a850d050b');
  assert.equal(hexOf(mutableTarget(publicKey, 'n')), '59ee7c2cb9b4f7eb1986ee2d18fd2fdb8a56554f');
  const value = torrentValue(new Uint8Array(20).fill(0x61));
  assert.equal(latin1(value), `d2:ih20:${'a'.repeat(20)}e`);
  assert.equal(hexOf(torrentOfValue(value) as Uint8Array), '61'.repeat(20));
  assert.equal(torrentOfValue(latin1Bytes('d2:ih3:abce')), null);
  assert.equal(torrentOfValue(latin1Bytes('x')), null);
});

test('BEP 5: a token is good for its address alone, for two periods of five minutes', () => {
  const tokens = new Tokens(new Random(1), 0);
  const ours = endpoint('198.51.100.1');
  const token = tokens.issue(ours, 1000);
  assert.ok(tokens.accepts(token, endpoint('198.51.100.1', 1), 1000), 'whatever the port');
  assert.ok(!tokens.accepts(token, endpoint('198.51.100.2'), 1000));
  assert.ok(tokens.accepts(token, ours, TOKEN_PERIOD_MS + 1000));
  assert.ok(!tokens.accepts(token, ours, 2 * TOKEN_PERIOD_MS + 2000));
  assert.ok(!new Tokens(new Random(2), 0).accepts(token, ours, 1000), 'another node has other tokens');
  const slept = new Tokens(new Random(1), 0);
  const old = slept.issue(ours, 0);
  assert.ok(!slept.accepts(old, ours, 3 * TOKEN_PERIOD_MS), 'after a long sleep');
});

test('an address that asks too often is not answered until the next second; its neighbours are', () => {
  const limit = new FloodLimit(10);
  const answered = Array.from({ length: 50 }, () => limit.admits(endpoint('198.51.100.1'), 100)).filter(Boolean).length;
  assert.equal(answered, 10);
  assert.ok(limit.admits(endpoint('198.51.100.2'), 100));
  assert.ok(limit.admits(endpoint('198.51.100.1'), 1200));
  const block = Array.from({ length: 50 }, (_, last) => limit.admits(endpoint(`2001:db8::${last}`), 1300)).filter(Boolean).length;
  assert.equal(block, 10, 'a /64 counts as one');
});

test('a state that was damaged gives what is whole of it', () => {
  const contact = hexOf(concatBytes([new Uint8Array(20).fill(3), endpoint('198.51.100.1')]));
  const state = { id: 'zz', contacts: ['', 'xyz', contact, contact.slice(2), hexOf(new Uint8Array(26))] };
  assert.equal(savedId(state), null);
  assert.deepEqual(
    savedContacts(state).map(({ hex }) => hex),
    ['03'.repeat(20)],
  );
});
