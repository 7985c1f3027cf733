/** Adler-32, the checksum of zlib streams (RFC 1950, 8.2); owns no state. */

const MODULUS = 65_521;
/** So many bytes can be added up before the sums leave 32 bits. */
const RUN_BYTES = 3_800;

/** `sum` is what came before, 1 at the beginning. */
export function adler32(bytes: Uint8Array, sum = 1): number {
  let low = sum & 0xffff;
  let high = sum >>> 16;
  for (let at = 0; at < bytes.length; ) {
    const stop = Math.min(bytes.length, at + RUN_BYTES);
    for (; at < stop; at++) {
      low += bytes[at] as number;
      high += low;
    }
    low %= MODULUS;
    high %= MODULUS;
  }
  return ((high << 16) | low) >>> 0;
}
