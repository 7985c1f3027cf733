/** "I have these": who, how he is reached, and up to 255 files, each with its hashes. Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Endpoint } from '../../core/host.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';
import { type Extensions, GGEP_MAGIC, ggepCodec, ggepSize, NO_EXTENSIONS, readGgep } from './ggep.ts';
import { GUID_BYTES, type Guid, readGuid, writeGuid } from './guid.ts';
import { type Huge, hugeSize, readHuge, writeHuge } from './huge.ts';
import { readU32Little, writeU32Little } from '../../wire/little-endian.ts';
import { readPortAndIp, writePortAndIp } from './little-endian.ts';

const HEAD_BYTES = 11;
const RESULTS_MAX = 255;
/** Index and size, an empty name, no extensions. */
const RESULT_BYTES_MIN = 10;
const BIT_NAMES = ['firewalled', 'damaged', 'busy', 'hasUploaded', 'isMeasured', 'hasExtensions'] as const;

export interface HitResult extends Huge {
  readonly index: number;
  /** All ones where it is more; then the extension LF has it. */
  readonly bytes: number;
  readonly name: string;
}

/** Null: not said. */
export interface HitBits {
  readonly firewalled: boolean | null;
  readonly damaged: boolean | null;
  readonly busy: boolean | null;
  readonly hasUploaded: boolean | null;
  readonly isMeasured: boolean | null;
  readonly hasExtensions: boolean | null;
}

/** The query hit descriptor, which BearShare began and all have. */
export interface HitDescriptor {
  /** Four characters: GTKG, LIME, MLDK. */
  readonly vendor: string;
  readonly bits: HitBits;
  readonly extensions: Extensions;
}

export interface QueryHit {
  readonly endpoint: Endpoint;
  /** Kilobits a second, as he says. */
  readonly speed: number;
  readonly results: readonly HitResult[];
  readonly descriptor: HitDescriptor | null;
  readonly servent: Guid;
}

export const queryHitCodec: Codec<QueryHit> = {
  name: 'gnutella query hit',
  size({ results, descriptor }) {
    let size = HEAD_BYTES + GUID_BYTES;
    for (const result of results) size += 8 + utf8Size(result.name) + 1 + hugeSize(result) + 1;
    return size + (descriptor === null ? 0 : 7 + ggepSize(descriptor.extensions));
  },
  encode({ endpoint, speed, results, descriptor, servent }, into, offset) {
    if (results.length > RESULTS_MAX) throw new RangeError(`at most ${RESULTS_MAX} results expected, got ${results.length}`);
    into[offset] = results.length;
    let at = writeU32Little(into, writePortAndIp(into, offset + 1, endpoint), speed);
    for (const result of results) {
      at = writeU32Little(into, writeU32Little(into, at, result.index), result.bytes);
      at = writeUtf8(result.name, into, at);
      into[at++] = 0;
      at = writeHuge(result, into, at);
      into[at++] = 0;
    }
    if (descriptor !== null) at = writeDescriptor(descriptor, into, at);
    return writeGuid(servent, into, at);
  },
  decode(bytes, start, end) {
    const stop = end - GUID_BYTES;
    if (stop < start + HEAD_BYTES)
      throw new MalformedMessage(`a hit of ${HEAD_BYTES + GUID_BYTES} bytes and more expected, got ${end - start}`);
    const count = bytes[start] as number;
    if (count * RESULT_BYTES_MIN > stop - start) throw new MalformedMessage(`${count} results do not fit`);
    const results: HitResult[] = [];
    let at = start + HEAD_BYTES;
    for (let index = 0; index < count; index++) {
      const { result, next } = readResult(bytes, at, stop);
      results.push(result);
      at = next;
    }
    return {
      endpoint: readPortAndIp(bytes, start + 1),
      speed: readU32Little(bytes, start + 7),
      results,
      descriptor: readDescriptor(bytes, at, stop),
      servent: readGuid(bytes, stop),
    };
  },
};

function readResult(bytes: Uint8Array, start: number, end: number): { readonly result: HitResult; readonly next: number } {
  if (end - start < RESULT_BYTES_MIN) throw new MalformedMessage('another result expected, got the end');
  let at = start + 8;
  while (at < end && bytes[at] !== 0) at++;
  if (at === end) throw new MalformedMessage('the name of a file ends with a zero');
  const { urns, extensions, next } = readHuge(bytes, at + 1, end);
  if (next >= end) throw new MalformedMessage('a result ends with a zero');
  const name = readUtf8(bytes, start + 8, at);
  return { result: { index: readU32Little(bytes, start), bytes: readU32Little(bytes, start + 4), name, urns, extensions }, next: next + 1 };
}

/**
 * One byte says which bits mean something, the other what they are. For the first bit it is the other way round: that was there before there was a
 * byte to enable bits with.
 */
function writeDescriptor({ vendor, bits, extensions }: HitDescriptor, into: Uint8Array, offset: number): number {
  into.set(latin1Bytes(vendor.padEnd(4).slice(0, 4)), offset);
  let enabled = 0;
  let flags = 0;
  for (const [bit, name] of BIT_NAMES.entries()) {
    const value = bits[name];
    if (value === null) continue;
    if (bit === 0) {
      flags |= 1;
      if (value) enabled |= 1;
    } else {
      enabled |= 1 << bit;
      if (value) flags |= 1 << bit;
    }
  }
  into[offset + 4] = 2;
  into[offset + 5] = enabled;
  into[offset + 6] = flags;
  return ggepCodec.encode(extensions, into, offset + 7);
}

/** Null when there is none. What the vendor puts behind the open part is left out, but for extensions. */
function readDescriptor(bytes: Uint8Array, start: number, end: number): HitDescriptor | null {
  if (end - start < 5) return null;
  const openBytes = bytes[start + 4] as number;
  if (openBytes < 2 || start + 5 + openBytes > end) return null;
  const enabled = bytes[start + 5] as number;
  const flags = bytes[start + 6] as number;
  const bitOf = (bit: number): boolean | null => {
    const [known, value] = bit === 0 ? [flags, enabled] : [enabled, flags];
    return (known & (1 << bit)) === 0 ? null : (value & (1 << bit)) !== 0;
  };
  const [firewalled, damaged, busy, hasUploaded, isMeasured, hasExtensions] = BIT_NAMES.map((_, bit) => bitOf(bit)) as [
    boolean | null,
    boolean | null,
    boolean | null,
    boolean | null,
    boolean | null,
    boolean | null,
  ];
  const bits = { firewalled, damaged, busy, hasUploaded, isMeasured, hasExtensions };
  return { vendor: latin1(bytes, start, start + 4), bits, extensions: privateExtensions(bytes, start + 5 + openBytes, end) };
}

function privateExtensions(bytes: Uint8Array, start: number, end: number): Extensions {
  const at = bytes.indexOf(GGEP_MAGIC, start);
  if (at < 0 || at >= end) return NO_EXTENSIONS;
  try {
    return readGgep(bytes, at, end).extensions;
  } catch (error) {
    // What a vendor keeps there is his own; that it begins like extensions does not make it some.
    if (!(error instanceof MalformedMessage)) throw error;
    return NO_EXTENSIONS;
  }
}
