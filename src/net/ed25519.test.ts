/** Ed25519 against the first vectors of RFC 8032, section 7.1. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { ED25519 } from './ed25519.ts';

const SECRET = bytesOf('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
const PUBLIC = bytesOf('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
const MESSAGE = Uint8Array.of(0x72);
const SIGNATURE = bytesOf(
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
);

test('RFC 8032, 7.1, test 2: public key and signature', () => {
  assert.equal(hexOf(ED25519.publicKey(SECRET)), hexOf(PUBLIC));
  assert.equal(hexOf(ED25519.sign(SECRET, MESSAGE)), hexOf(SIGNATURE));
  assert.ok(ED25519.verify(PUBLIC, MESSAGE, SIGNATURE));
});

test('what was not signed does not verify, whatever its length', () => {
  assert.equal(ED25519.verify(PUBLIC, Uint8Array.of(0x73), SIGNATURE), false);
  assert.equal(ED25519.verify(PUBLIC, MESSAGE, SIGNATURE.subarray(1)), false);
  assert.equal(ED25519.verify(PUBLIC.subarray(1), MESSAGE, SIGNATURE), false);
  assert.equal(ED25519.verify(new Uint8Array(32).fill(0xff), MESSAGE, SIGNATURE), false);
});

function bytesOf(hex: string): Uint8Array {
  return bytesOfHex(hex) as Uint8Array;
}
