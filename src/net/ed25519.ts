/** Ed25519 (RFC 8032) by node:crypto, with keys as the bare 32 bytes that protocols carry; owns no state. */

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { concatBytes } from '../core/bytes.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type Signatures } from '../core/signatures.ts';

/** What stands before the key in its DER form (RFC 8410). */
const PUBLIC_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const SECRET_PREFIX = Uint8Array.of(0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20);

export const ED25519: Signatures = {
  verify(publicKey, message, signature) {
    if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
    return verify(null, message, createPublicKey(der(PUBLIC_PREFIX, publicKey, 'spki')), signature);
  },
  publicKey(secretKey) {
    const der = createPublicKey(privateKeyOf(secretKey)).export({ format: 'der', type: 'spki' });
    return new Uint8Array(der.subarray(PUBLIC_PREFIX.length));
  },
  sign: (secretKey, message) => new Uint8Array(sign(null, message, privateKeyOf(secretKey))),
};

function privateKeyOf(secretKey: Uint8Array) {
  if (secretKey.length !== PUBLIC_KEY_BYTES) throw new RangeError(`an Ed25519 secret key has 32 bytes, got ${secretKey.length}`);
  return createPrivateKey(der(SECRET_PREFIX, secretKey, 'pkcs8'));
}

function der<T extends 'spki' | 'pkcs8'>(prefix: Uint8Array, key: Uint8Array, type: T) {
  return { key: Buffer.from(concatBytes([prefix, key])), format: 'der' as const, type };
}
