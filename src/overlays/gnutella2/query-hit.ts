/** Files that answer a query (QH2): who has them, and each with its name, size and hashes. Owns no state. */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { readUtf8 } from '../../core/utf8.ts';
import { mediaKindOf } from '../../wire/keywords.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { type FileHashes, NO_HASHES, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import { endpointBytes, GUID_BYTES, textPart, u32Bytes, u64Bytes, VENDOR } from './packet-parts.ts';
import { Packet } from './packet.ts';
import { hashesOfUrn, urnPayloads } from './urn-payload.ts';

/** Files in one packet of ours: about 2 KiB, five datagrams. */
export const FILES_PER_HIT_MAX = 16;
const READ_MAX = 256;
const HOPS_MAX = 7;
const NAME_LENGTH_MAX = 255;
const U32_MAX = 0xffff_ffff;
/** Writes names without a size before them, and none beside. */
const VENDOR_WITHOUT_SIZES = 'MLDK';

/** Who answers. */
export interface Answerer {
  /** Null: he has none, and hubs know the way. */
  readonly endpoint: Endpoint | null;
  readonly guid: Uint8Array;
  readonly isFirewalled: boolean;
  /** The hubs that pass a push on to it. */
  readonly hubs: readonly Endpoint[];
}

export interface QueryHits {
  readonly searchGuid: Uint8Array;
  /** Of the holder, in hex. */
  readonly holderGuid: string;
  readonly hits: readonly SearchHit[];
}

export function hitPackets(searchGuid: Uint8Array, files: readonly SharedFile[], answerer: Answerer): Packet[] {
  const packets: Packet[] = [];
  for (let from = 0; from < files.length; from += FILES_PER_HIT_MAX) {
    const children = [
      new Packet('GU', answerer.guid),
      ...(answerer.endpoint === null ? [] : [new Packet('NA', endpointBytes(answerer.endpoint))]),
      new Packet('V', latin1Bytes(VENDOR)),
      ...answerer.hubs.map((hub) => new Packet('NH', endpointBytes(hub))),
      ...(answerer.isFirewalled ? [new Packet('FW')] : []),
      ...files.slice(from, from + FILES_PER_HIT_MAX).map(filePacket),
    ];
    packets.push(new Packet('QH2', withHops(0, searchGuid), children));
  }
  return packets;
}

/** One hop further, on its way back; null where it has come too far, or is none. */
export function passedOn(packet: Packet): Packet | null {
  const hops = packet.payload[0];
  if (hops === undefined || packet.payload.length < 1 + GUID_BYTES || hops >= HOPS_MAX) return null;
  return new Packet(packet.name, withHops(hops + 1, packet.payload.subarray(1)), packet.children, packet.isBigEndian);
}

/** Null: it does not say what it answers, or who. */
export function parseHits(packet: Packet): QueryHits | null {
  const guid = packet.child('GU')?.payload;
  if (packet.payload.length < 1 + GUID_BYTES || guid?.length !== GUID_BYTES) return null;
  const holderGuid = hexOf(guid);
  const endpoint = packet.child('NA')?.endpoint() ?? null;
  const vendor = latin1(packet.child('V')?.payload ?? new Uint8Array(0));
  const proxies = packet.children.flatMap((child) => (child.name === 'NH' ? [child.endpoint()] : [])).filter((hub) => hub !== null);
  const holder = { endpoint, id: holderGuid, firewalled: endpoint === null || packet.has('FW'), busy: false, speed: 0, proxies };
  const hits: SearchHit[] = [];
  for (const child of packet.children) {
    if (child.name !== 'H' || hits.length >= READ_MAX) continue;
    const file = readFile(child, vendor);
    if (file === null) continue;
    const { name, bytes, hashes, locator } = file;
    hits.push({ network: 'gnutella2', name, bytes, kind: mediaKindOf(name), tags: NO_TAGS, hashes, holder: { ...holder, locator } });
  }
  return { searchGuid: packet.payload.slice(1, 1 + GUID_BYTES), holderGuid, hits };
}

function filePacket({ name, bytes, hashes, id }: SharedFile): Packet {
  return new Packet('H', undefined, [
    ...urnPayloads(hashes).map((payload) => new Packet('URN', payload)),
    new Packet('URL'),
    textPart('DN', name),
    new Packet('SZ', bytes <= U32_MAX ? u32Bytes(bytes) : u64Bytes(bytes)),
    new Packet('ID', u32Bytes(id)),
  ]);
}

function readFile(hit: Packet, vendor: string): { name: string; bytes: number; hashes: FileHashes; locator: string } | null {
  let hashes = NO_HASHES;
  for (const child of hit.children) if (child.name === 'URN') hashes = merged(hashes, hashesOfUrn(child.payload));
  const told = hit.child('DN');
  const size = hit.child('SZ');
  if (told === null) return null;
  const hasSize = size === null && vendor !== VENDOR_WITHOUT_SIZES && told.payload.length > 4;
  const name = readUtf8(told.payload, hasSize ? 4 : 0)
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .slice(0, NAME_LENGTH_MAX)
    .toWellFormed();
  const bytes = size === null ? (hasSize ? told.number(0, 4) : 0) : size.number(0, size.payload.length >= 8 ? 8 : 4);
  const locator = locatorOf(hit, hashes, name);
  return name === '' || locator === null || !Number.isSafeInteger(bytes) ? null : { name, bytes, hashes, locator };
}

/** The path to ask the holder for: as it says, by a hash, or by its number. */
function locatorOf(hit: Packet, hashes: FileHashes, name: string): string | null {
  const path = /^(?:http:\/\/[^/]+)?(\/[!-~]*)$/.exec(hit.child('URL')?.text() ?? '')?.[1];
  if (path !== undefined) return path;
  const [urn] = urnsOf(hashes);
  if (urn !== undefined) return `/uri-res/N2R?${urn}`;
  const id = hit.child('ID');
  return id === null ? null : `/get/${id.number(0, 4)}/${encodeURIComponent(name)}`;
}

function merged(a: FileHashes, b: FileHashes): FileHashes {
  return { ...a, sha1: a.sha1 ?? b.sha1, tiger: a.tiger ?? b.tiger, ed2k: a.ed2k ?? b.ed2k };
}

function withHops(hops: number, guid: Uint8Array): Uint8Array {
  const payload = new Uint8Array(1 + guid.length);
  payload[0] = hops;
  payload.set(guid, 1);
  return payload;
}
