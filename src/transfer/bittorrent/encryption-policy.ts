/** What an engine thinks of encrypted connections, and what follows from it; owns no state. */

/**
 * off: neither dials nor answers encrypted. allow: dials plainly, and encrypted where that fails; answers both. prefer: dials encrypted,
 * and plainly where that fails; answers both. require: all traffic is RC4 or there is none.
 */
export type EncryptionPolicy = 'off' | 'allow' | 'prefer' | 'require';

/** Bits of crypto_provide and crypto_select. */
export const CryptoMethod = { plaintext: 1, rc4: 2 } as const;
export type CryptoMethod = (typeof CryptoMethod)[keyof typeof CryptoMethod];

/** What a dialler offers for the time after the handshake. */
export function providedBy(policy: EncryptionPolicy): number {
  return policy === 'require' ? CryptoMethod.rc4 : CryptoMethod.rc4 | CryptoMethod.plaintext;
}

/** What the one who answers picks of it; null when nothing will do. Bits that mean nothing to us are for others. */
export function selectedBy(policy: EncryptionPolicy, provided: number): CryptoMethod | null {
  const order = policy === 'allow' ? [CryptoMethod.plaintext, CryptoMethod.rc4] : [CryptoMethod.rc4, CryptoMethod.plaintext];
  const method = order.find((each) => (provided & each) !== 0) ?? null;
  return policy === 'require' && method !== CryptoMethod.rc4 ? null : method;
}
