/** Gnutella 0.4 and 0.6: what others may use. */

export { type Answerer, browsePackets, hitPackets, packetSize } from './answers.ts';
export { browsedHits } from './browsed-hits.ts';
export {
  FLAT_GNUTELLA,
  GNUTELLA_DEFAULTS,
  type GnutellaHooks,
  type GnutellaOptions,
  type HostStore,
  NO_HOOKS,
  type OtherStreams,
} from './gnutella-options.ts';
export { type Guid, guidBytes, guidOfHex, hexOfGuid, newGuid, readGuid } from './guid.ts';
export { Packet, packetCodec, PacketType } from './packet.ts';
export { packetFrames } from './packet-frames.ts';
export { type QueryHit, queryHitCodec } from './query-hit.ts';
export { type GnutellaQuery } from './searches.ts';
export type { Role } from './roles.ts';
export { GnutellaServent } from './servent.ts';
export { vendorCodec, VendorKind } from './vendor-message.ts';
