/** "Who has this?": words or a hash, and how the answer is wanted. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';
import { ggepSize } from './ggep.ts';
import { type Huge, hugeSize, readHuge, writeHuge } from './huge.ts';

/** The bits of what was a minimum speed once, most significant byte first. */
export const QueryFlag = {
  /** The others mean something; who leaves it out gets no answer from gtk-gnutella. */
  mark: 0x8000,
  firewalled: 0x4000,
  xml: 0x2000,
  leafGuided: 0x1000,
  hashes: 0x0800,
  outOfBand: 0x0400,
  firewallToFirewall: 0x0200,
} as const;
export const HITS_WANTED_MASK = 0x00ff;

/** Longer texts are nobody's. */
const TEXT_BYTES_MAX = 512;

export interface Query extends Huge {
  readonly flags: number;
  readonly text: string;
}

export const queryCodec: Codec<Query> = {
  name: 'gnutella query',
  size: (query) => 2 + utf8Size(query.text) + 1 + hugeSize(query) + (hasHuge(query) ? 1 : 0),
  encode(query, into, offset) {
    into[offset] = query.flags >>> 8;
    into[offset + 1] = query.flags;
    let at = writeUtf8(query.text, into, offset + 2);
    into[at++] = 0;
    if (!hasHuge(query)) return at;
    at = writeHuge(query, into, at);
    into[at++] = 0;
    return at;
  },
  decode(bytes, start, end) {
    if (end - start < 3) throw new MalformedMessage(`a query of 3 bytes and more expected, got ${end - start}`);
    let at = start + 2;
    while (at < end && bytes[at] !== 0) at++;
    if (at === end) throw new MalformedMessage('the text of a query ends with a zero');
    const text = readUtf8(bytes, start + 2, at);
    if (utf8Size(text) > TEXT_BYTES_MAX) throw new MalformedMessage(`a text of at most ${TEXT_BYTES_MAX} bytes expected`);
    const flags = ((bytes[start] as number) << 8) | (bytes[start + 1] as number);
    const { urns, extensions } = readHuge(bytes, at + 1, end);
    return { flags, text, urns, extensions };
  },
};

function hasHuge({ urns, extensions }: Query): boolean {
  return urns.length > 0 || ggepSize(extensions) > 0;
}
