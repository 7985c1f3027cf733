/** Bytes as hexadecimal text and back; for logs, links and tests, never for comparing ids. */

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hexOf(bytes: Uint8Array, start = 0, end = bytes.length): string {
  // One flat string: a text grown by `+=` is kept as a tree of its parts, ten times the size.
  const pairs: string[] = [];
  for (let at = start; at < end; at++) pairs.push(PAIRS[bytes[at] as number] as string);
  return pairs.join('');
}

/** Null unless the text is an even number of hexadecimal digits, in either case. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}
