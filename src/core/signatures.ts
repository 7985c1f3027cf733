/** What a protocol needs of Ed25519 (RFC 8032). `src/net` has the real one; owns no state. */

export interface Signatures {
  /** Whether the 64 bytes are the signature of the message by whoever owns the 32 bytes of public key. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** The public key, 32 bytes, that belongs to a secret one of 32 bytes. */
  publicKey(secretKey: Uint8Array): Uint8Array;
  /** 64 bytes. */
  sign(secretKey: Uint8Array, message: Uint8Array): Uint8Array;
}

export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
