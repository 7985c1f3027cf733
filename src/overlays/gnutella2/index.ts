/** What others may use of Gnutella2. */

export { Gnutella2Node } from './gnutella2-node.ts';
export {
  GNUTELLA2_DEFAULTS,
  type Gnutella2Given,
  type Gnutella2Hooks,
  type Gnutella2Options,
  NO_HOOKS,
  type OtherStreams,
} from './gnutella2-options.ts';
export type { HashedQuery } from './query.ts';
export type { UrnHash } from './urn-payload.ts';
export type { PacketPart } from './datagram.ts';
export { Packet, packetCodec } from './packet.ts';
export { GUID_BYTES } from './packet-parts.ts';
