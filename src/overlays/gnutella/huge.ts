/**
 * What stands behind the text of a query and the name of a result (HUGE 0.94): hashes as URNs, and extensions, with 0x1C between. There is no length:
 * a block of extensions tells itself where it ends. Owns no state.
 */

import { MalformedMessage } from '../../core/codec.ts';
import { readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';
import { EXTENSIONS_MAX, type Extensions, GGEP_MAGIC, ggepCodec, ggepSize, NO_EXTENSIONS, readGgep } from './ggep.ts';

const SEPARATOR = 0x1c;
const URNS_MAX = 16;

export interface Huge {
  /** As they came, `urn:` included; a bare `urn:` asks for hashes. */
  readonly urns: readonly string[];
  readonly extensions: Extensions;
}

export function hugeSize({ urns, extensions }: Huge): number {
  let size = ggepSize(extensions);
  for (const urn of urns) size += utf8Size(urn);
  return size + Math.max(0, urns.length - 1) + (urns.length > 0 && extensions.length > 0 ? 1 : 0);
}

export function writeHuge({ urns, extensions }: Huge, into: Uint8Array, offset: number): number {
  let at = offset;
  for (const [index, urn] of urns.entries()) {
    if (index > 0) into[at++] = SEPARATOR;
    at = writeUtf8(urn, into, at);
  }
  if (urns.length > 0 && extensions.length > 0) into[at++] = SEPARATOR;
  return ggepCodec.encode(extensions, into, at);
}

/**
 * Reads up to `end`, or to a zero byte that is not within extensions: what is behind that is the caller's. What is neither URN nor extension (metadata
 * in XML, words of old servents) is left out.
 */
export function readHuge(bytes: Uint8Array, start: number, end: number): Huge & { readonly next: number } {
  const urns: string[] = [];
  let extensions: Extensions = NO_EXTENSIONS;
  let at = start;
  while (at < end && bytes[at] !== 0) {
    if (bytes[at] === SEPARATOR) {
      at++;
    } else if (bytes[at] === GGEP_MAGIC) {
      const block = readGgep(bytes, at, end);
      if (extensions.length + block.extensions.length > EXTENSIONS_MAX)
        throw new MalformedMessage(`at most ${EXTENSIONS_MAX} extensions are taken`);
      extensions = extensions.length === 0 ? block.extensions : [...extensions, ...block.extensions];
      at = block.next;
    } else {
      let stop = at;
      while (stop < end && bytes[stop] !== 0 && bytes[stop] !== SEPARATOR) stop++;
      const text = readUtf8(bytes, at, stop);
      if (isUrn(text)) urns.push(text);
      if (urns.length > URNS_MAX) throw new MalformedMessage(`at most ${URNS_MAX} URNs are taken`);
      at = stop;
    }
  }
  return { urns, extensions, next: at };
}

function isUrn(text: string): boolean {
  return /^urn:[\x21-\x7e]*$/i.test(text);
}
