/** What we say to a query: which of our files it is for, and the hits that tell of them. Owns no state. */

import type { Endpoint } from '../../core/host.ts';
import { NO_HASHES, type SharedFile, type SharedFiles } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import { type Extension, extension, extensionWithoutZeros } from './ggep.ts';
import type { Guid } from './guid.ts';
import { numberBytes } from './little-endian.ts';
import { HEAD_BYTES, Packet, PacketType } from './packet.ts';
import { packedEndpoints } from './ping-pong.ts';
import { HITS_WANTED_MASK, QueryFlag } from './query.ts';
import { type HitResult, type QueryHit, queryHitCodec } from './query-hit.ts';
import type { Question } from './question.ts';

/** What 32 bits can say of a size. */
const BYTES_MAX = 0xffff_ffff;
/** Of all that a hit may take; longer ones are refused by others. */
const HIT_BYTES_MAX = 32_768;

/** How we appear in hits. */
export interface Answerer {
  readonly endpoint: Endpoint;
  readonly servent: Guid;
  readonly vendor: string;
  readonly isFirewalled: boolean;
  readonly proxies: readonly Endpoint[];
  /** Kilobits a second. */
  readonly speed: number;
  readonly isBusy: boolean;
}

/** Those that the query is for, at most `limit`. */
export function filesFor(question: Question, files: SharedFiles, isFirewalled: boolean, limit: number): readonly SharedFile[] {
  if (files.count === 0) return [];
  // Neither of the two could dial the other.
  if (isFirewalled && question.has(QueryFlag.firewalled) && !question.has(QueryFlag.firewallToFirewall)) return [];
  const wanted = question.has(HITS_WANTED_MASK) ? question.query.flags & HITS_WANTED_MASK : limit;
  const countMax = Math.min(limit, wanted);
  if (question.sha1 !== null) {
    const file = files.byHash('sha1', question.sha1);
    return file === null ? [] : [file];
  }
  if (question.isForEverything) return files.after(0, countMax);
  return question.words.length === 0 ? [] : files.search({ words: question.words, limit: countMax });
}

/** As many hits as it takes, so many files in each. */
export function hitPackets(
  guid: Guid,
  ttl: number,
  files: readonly SharedFile[],
  perHit: number,
  us: Answerer,
  token: Uint8Array | null = null,
): Packet[] {
  const packets: Packet[] = [];
  let results: HitResult[] = [];
  let bytes = 0;
  const close = (): void => {
    if (results.length > 0) packets.push(hitPacket(guid, ttl, results, us, token));
    results = [];
    bytes = 0;
  };
  for (const file of files) {
    const result = resultOf(file);
    // A name has at most a few hundred bytes, so that one more never makes a hit too long.
    bytes += 128 + 3 * result.name.length;
    if (results.length >= perHit || bytes > HIT_BYTES_MAX) close();
    results.push(result);
  }
  close();
  return packets;
}

function hitPacket(guid: Guid, ttl: number, results: readonly HitResult[], us: Answerer, token: Uint8Array | null): Packet {
  const extensions: Extension[] = [];
  if (us.isFirewalled && us.proxies.length > 0) extensions.push(extension('PUSH', packedEndpoints(us.proxies)));
  if (token !== null) extensions.push(extension('SO', token));
  extensions.push(extension('BH'));
  const hit: QueryHit = {
    endpoint: us.endpoint,
    speed: us.speed,
    results,
    descriptor: {
      vendor: us.vendor,
      bits: { firewalled: us.isFirewalled, damaged: null, busy: us.isBusy, hasUploaded: null, isMeasured: null, hasExtensions: true },
      extensions,
    },
    servent: us.servent,
  };
  const payload = new Uint8Array(queryHitCodec.size(hit));
  queryHitCodec.encode(hit, payload, 0);
  return new Packet(guid, PacketType.hit, ttl, 0, payload);
}

function resultOf(file: SharedFile): HitResult {
  const extensions: Extension[] = [];
  if (file.hashes.tiger !== null) extensions.push(extensionWithoutZeros('TT', file.hashes.tiger));
  if (file.bytes > BYTES_MAX) extensions.push(extensionWithoutZeros('LF', numberBytes(file.bytes)));
  return {
    index: file.id,
    bytes: Math.min(file.bytes, BYTES_MAX),
    name: file.name.replaceAll('\0', ''),
    urns: urnsOf({ ...NO_HASHES, sha1: file.hashes.sha1 }),
    extensions,
  };
}

/**
 * All that we share, as hits one behind the other: the body of an answer to "browse host" (application/x-gnutella-packets). `next` is where to go on;
 * null when that was all.
 */
export function browsePackets(
  files: SharedFiles,
  us: Answerer,
  guid: Guid,
  afterId: number,
  countMax: number,
): { readonly packets: Packet[]; readonly next: number | null } {
  const page = files.after(afterId, countMax);
  const last = page.at(-1);
  const packets = hitPackets(guid, 1, page, 32, us);
  return { packets, next: page.length < countMax || last === undefined ? null : last.id };
}

/** Of a packet, as it stands in a stream. */
export function packetSize(packet: Packet): number {
  return HEAD_BYTES + packet.payload.length;
}
