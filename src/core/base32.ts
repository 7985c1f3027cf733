/** Base32 (RFC 4648) without padding, in which hashes are written in links. Owns no state. */

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

export function base32Of(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    bitCount += 8;
    for (; bitCount >= 5; bitCount -= 5) text += DIGITS[(bits >> (bitCount - 5)) & 31];
  }
  return bitCount === 0 ? text : text + DIGITS[(bits << (5 - bitCount)) & 31];
}

/** The bytes, in either case; null when a character is none of the 32, or the last one has bits that belong to no byte. */
export function bytesOfBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array((text.length * 5) >> 3);
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const character of text.toUpperCase()) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) return null;
    bits = ((bits << 5) | digit) & 0xfff;
    bitCount += 5;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
  }
  return bitCount < 5 && (bits & ((1 << bitCount) - 1)) === 0 ? bytes : null;
}
