/** What a hit says of each file, in the words that all search networks share. Owns no state. */

import { isNowhere } from '../../core/address-scope.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { SHA1_BYTES } from '../../core/sha1.ts';
import { TIGER_BYTES } from '../../core/tiger.ts';
import { safeText } from '../../wire/safe-text.ts';
import { mediaKindOf } from '../../wire/keywords.ts';
import type { Holder, SearchHit } from '../../wire/search-hit.ts';
import { type FileHashes, type FileQuery, NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import { parseUrn, urnsOf } from '../../wire/urn.ts';
import type { Compression } from '../../core/compression.ts';
import { valueOf } from './ggep.ts';
import { hexOfGuid } from './guid.ts';
import { numberOfBytes } from './little-endian.ts';
import { unpackedEndpoints } from './ping-pong.ts';
import type { HitResult, QueryHit } from './query-hit.ts';

const PROXIES_MAX = 8;
const NAME_LENGTH_MAX = 255;
/** First byte of the extension H: what follows it. */
const HashMark = { sha1: 1, bitprint: 2 } as const;

export function searchHitOf(hit: QueryHit, result: HitResult, compression: Compression | null): SearchHit {
  const hashes = hashesOf(result, compression);
  const longer = valueOf(result.extensions, 'LF', compression);
  const name = shownName(result.name);
  return {
    network: 'gnutella',
    name,
    bytes: (longer === null ? null : numberOfBytes(longer)) ?? result.bytes,
    kind: mediaKindOf(name),
    tags: NO_TAGS,
    hashes,
    holder: holderOf(hit, result, hashes, compression),
  };
}

/** The bounds of a query that its text on the wire does not carry. */
export function isWithinQuery(
  { kind, bytesMin = 0, bytesMax = Number.POSITIVE_INFINITY, without = [] }: FileQuery,
  hit: SearchHit,
): boolean {
  const name = hit.name.toLowerCase();
  return (
    (kind === undefined || hit.kind === kind) &&
    hit.bytes >= bytesMin &&
    hit.bytes <= bytesMax &&
    !without.some((word) => name.includes(word))
  );
}

function holderOf(hit: QueryHit, result: HitResult, hashes: FileHashes, compression: Compression | null): Holder {
  const firewalled = hit.descriptor?.bits.firewalled === true;
  const proxies = valueOf(hit.descriptor?.extensions ?? [], 'PUSH', compression);
  const isSomewhere = endpointPort(hit.endpoint) !== 0 && !isNowhere(hit.endpoint);
  const [urn] = urnsOf({ ...NO_HASHES, sha1: hashes.sha1 });
  return {
    endpoint: isSomewhere && !firewalled ? hit.endpoint : null,
    locator: urn === undefined ? `/get/${result.index}/${encodeURIComponent(result.name)}` : `/uri-res/N2R?${urn}`,
    id: hexOfGuid(hit.servent),
    firewalled,
    busy: hit.descriptor?.bits.busy === true,
    speed: hit.speed,
    proxies:
      proxies === null ? [] : unpackedEndpoints(proxies, PROXIES_MAX).filter((proxy) => endpointPort(proxy) !== 0 && !isNowhere(proxy)),
  };
}

function hashesOf({ urns, extensions }: HitResult, compression: Compression | null): FileHashes {
  let { sha1, tiger } = NO_HASHES;
  for (const urn of urns) {
    const named = parseUrn(urn);
    sha1 ??= named?.sha1 ?? null;
    tiger ??= named?.tiger ?? null;
  }
  const hash = valueOf(extensions, 'H', compression);
  if (hash?.[0] === HashMark.sha1 && hash.length === 1 + SHA1_BYTES) sha1 ??= hash.slice(1);
  if (hash?.[0] === HashMark.bitprint && hash.length === 1 + SHA1_BYTES + TIGER_BYTES) {
    sha1 ??= hash.slice(1, 1 + SHA1_BYTES);
    tiger ??= hash.slice(1 + SHA1_BYTES);
  }
  const tree = valueOf(extensions, 'TT', compression);
  if (tree?.length === TIGER_BYTES) tiger ??= tree;
  return { ...NO_HASHES, sha1, tiger };
}

/** Words to show: the last part of what may be a path. */
function shownName(name: string): string {
  return safeText(name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1), NAME_LENGTH_MAX);
}
