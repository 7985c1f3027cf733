/**
 * Signatures for the simulator: as deterministic as Ed25519 and as long, a hundred times as fast, and worth nothing. The public key is
 * all that signing takes, so anybody could; what tests of forgery need is that one changed bit does not verify.
 */

import { concatBytes, equalBytes } from '../../core/bytes.ts';
import { sha1 } from '../../core/sha1.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type Signatures } from '../../core/signatures.ts';

export const SIMULATED_SIGNATURES: Signatures = {
  verify: (publicKey, message, signature) => equalBytes(signature, digest(publicKey, message)),
  publicKey(secretKey) {
    const key = new Uint8Array(PUBLIC_KEY_BYTES);
    key.set(sha1(secretKey));
    return key;
  },
  sign: (secretKey, message) => digest(SIMULATED_SIGNATURES.publicKey(secretKey), message),
};

function digest(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(sha1(concatBytes([publicKey, message])));
  return signature;
}
