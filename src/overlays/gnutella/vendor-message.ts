/** What vendors have added: four letters, a number and a version say what the rest is. Those that we know are built and read here. Owns no state. */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Endpoint } from '../../core/host.ts';
import { type Extensions, encodedGgep, NO_EXTENSIONS, readGgep, valueOf } from './ggep.ts';
import { readEndpointLittle, readU16Little, writeEndpointLittle, writeU16Little } from '../../wire/little-endian.ts';

export interface VendorMessage {
  readonly vendor: string;
  readonly selector: number;
  readonly version: number;
  readonly data: Uint8Array;
}

/** What no vendor owns. */
const NOBODY = '\0\0\0\0';
const HEAD_BYTES = 8;
const ENTRY_BYTES = 8;
const ENTRIES_MAX = 256;

/** `vendor/selector`, by which a message is known whatever its version is. */
export const VendorKind = {
  messagesSupported: `${NOBODY}/0`,
  featuresSupported: `${NOBODY}/10`,
  hopsFlow: 'BEAR/4',
  connectBack: 'BEAR/7',
  hitsQuestion: 'BEAR/11',
  hitsSoFar: 'BEAR/12',
  datagramBack: 'GTKG/7',
  timeQuestion: 'GTKG/9',
  pushProxyCancel: 'GTKG/21',
  hitsWanted: 'LIME/11',
  hitsOffered: 'LIME/12',
  proxyVeto: 'LIME/13',
  pushProxyWanted: 'LIME/21',
  pushProxyGranted: 'LIME/22',
} as const;
export type VendorKind = (typeof VendorKind)[keyof typeof VendorKind];

const KINDS: readonly string[] = Object.values(VendorKind);

/** One bit for each kind that has a name here, 0 for others. */
export function vendorBit(kind: string): number {
  const index = KINDS.indexOf(kind);
  return index < 0 ? 0 : 1 << index;
}

/** The versions of those that we understand, which `messagesSupported` tells. */
const UNDERSTOOD: readonly (readonly [VendorKind, number])[] = [
  [VendorKind.hopsFlow, 1],
  [VendorKind.connectBack, 1],
  [VendorKind.hitsQuestion, 1],
  [VendorKind.hitsSoFar, 1],
  [VendorKind.datagramBack, 2],
  [VendorKind.pushProxyCancel, 1],
  [VendorKind.hitsWanted, 3],
  [VendorKind.hitsOffered, 3],
  [VendorKind.proxyVeto, 1],
  [VendorKind.pushProxyWanted, 2],
  [VendorKind.pushProxyGranted, 2],
];

export const vendorCodec: Codec<VendorMessage> = {
  name: 'gnutella vendor message',
  size: ({ data }) => HEAD_BYTES + data.length,
  encode({ vendor, selector, version, data }, into, offset) {
    into.set(latin1Bytes(vendor), offset);
    writeU16Little(into, writeU16Little(into, offset + 4, selector), version);
    into.set(data, offset + HEAD_BYTES);
    return offset + HEAD_BYTES + data.length;
  },
  decode(bytes, start, end) {
    if (end - start < HEAD_BYTES)
      throw new MalformedMessage(`a vendor message of ${HEAD_BYTES} bytes and more expected, got ${end - start}`);
    return {
      vendor: latin1(bytes, start, start + 4),
      selector: readU16Little(bytes, start + 4),
      version: readU16Little(bytes, start + 6),
      data: bytes.slice(start + HEAD_BYTES, end),
    };
  },
};

export function vendorKindOf({ vendor, selector }: VendorMessage): string {
  return `${vendor}/${selector}`;
}

export function vendorMessage(kind: VendorKind, version: number, data: Uint8Array): VendorMessage {
  return { vendor: kind.slice(0, 4), selector: Number(kind.slice(5)), version, data };
}

/** Sent once, right behind the handshake. */
export const MESSAGES_SUPPORTED: VendorMessage = vendorMessage(VendorKind.messagesSupported, 0, supportedData());

function supportedData(): Uint8Array {
  const data = new Uint8Array(2 + ENTRY_BYTES * UNDERSTOOD.length);
  let at = writeU16Little(data, 0, UNDERSTOOD.length);
  for (const [kind, version] of UNDERSTOOD) {
    data.set(latin1Bytes(kind.slice(0, 4)), at);
    at = writeU16Little(data, writeU16Little(data, at + 4, Number(kind.slice(5))), version);
  }
  return data;
}

/** `vendor/selector` of each; null when it is no such list. */
export function supportedKinds(data: Uint8Array): string[] | null {
  if (data.length < 2) return null;
  const count = readU16Little(data, 0);
  if (count > ENTRIES_MAX || data.length < 2 + ENTRY_BYTES * count) return null;
  return Array.from({ length: count }, (_, index) => {
    const at = 2 + ENTRY_BYTES * index;
    return `${latin1(data, at, at + 4)}/${readU16Little(data, at + 4)}`;
  });
}

export function u16Data(value: number): Uint8Array {
  const data = new Uint8Array(2);
  writeU16Little(data, 0, value);
  return data;
}

/** The number that is all that many messages hold; null when it is not there. */
export function u16Of(data: Uint8Array): number | null {
  return data.length >= 2 ? readU16Little(data, 0) : null;
}

export function proxyGrant(endpoint: Endpoint): VendorMessage {
  const data = new Uint8Array(6);
  writeEndpointLittle(data, 0, endpoint);
  return vendorMessage(VendorKind.pushProxyGranted, 2, data);
}

export function grantedProxy({ data }: VendorMessage): Endpoint | null {
  return data.length >= 6 ? readEndpointLittle(data, 0) : null;
}

/** LIME/12: so many hits wait at who sends it. LIME/11: so many are wanted. A token makes sure that both have heard each other (version 3). */
export function hitsMessage(kind: 'LIME/11' | 'LIME/12', count: number, extensions: Extensions): VendorMessage {
  const head = kind === VendorKind.hitsOffered ? Uint8Array.of(count, 0) : Uint8Array.of(count);
  const block = encodedGgep(extensions);
  const data = new Uint8Array(head.length + block.length);
  data.set(head);
  data.set(block, head.length);
  return vendorMessage(kind, kind === VendorKind.hitsOffered ? 2 : 3, data);
}

/** How many hits one of those speaks of, and its token; null when it is damaged. */
export function hitsOf({ data }: VendorMessage): { readonly count: number; readonly token: Uint8Array | null } | null {
  if (data.length === 0) return null;
  const block = data.indexOf(0xc3, 1);
  let extensions: Extensions = NO_EXTENSIONS;
  try {
    if (block >= 1 && block <= 2) extensions = readGgep(data, block, data.length).extensions;
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    return null;
  }
  return { count: data[0] as number, token: valueOf(extensions, 'SO') };
}

export function encodedVendor(message: VendorMessage): Uint8Array {
  const bytes = new Uint8Array(vendorCodec.size(message));
  vendorCodec.encode(message, bytes, 0);
  return bytes;
}
