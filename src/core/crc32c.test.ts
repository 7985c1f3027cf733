/** CRC-32C against the check value of RFC 3720 B.4's polynomial. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from './bytes.ts';
import { crc32c } from './crc32c.ts';

test('the check value of "123456789" is e3069283', () => {
  assert.equal(crc32c(latin1Bytes('123456789')), 0xe3069283);
});

test('thirty-two zero bytes give the value of RFC 3720 B.4', () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
});
