/** What a servent shows to one who has browsed him: hits, one packet behind the other, as he himself tells them. Owns no state. */

import { MalformedMessage } from '../../core/codec.ts';
import type { Compression } from '../../core/compression.ts';
import type { Endpoint } from '../../core/host.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { searchHitOf } from './found-files.ts';
import { type Packet, PacketType, read } from './packet.ts';
import { packetFrames } from './packet-frames.ts';
import { queryHitCodec } from './query-hit.ts';

/** The files that he has, at the place at which he was asked, whatever he says of it: he speaks for nobody else. What can be read is told, up to what cannot. */
export function browsedHits(bytes: Uint8Array, holder: Endpoint, compression: Compression | null): SearchHit[] {
  const hits: SearchHit[] = [];
  const onMessage = (packet: Packet): void => {
    const hit = packet.type === PacketType.hit ? read(packet, queryHitCodec) : null;
    if (hit === null) return;
    for (const result of hit.results) {
      const found = searchHitOf(hit, result, compression);
      hits.push({ ...found, holder: { ...found.holder, endpoint: holder, firewalled: false } });
    }
  };
  try {
    packetFrames.deframer().push(bytes, 0, bytes.length, { open: true, onMessage, onBulk() {} });
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
  }
  return hits;
}
