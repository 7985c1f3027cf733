/** What neighbours tell each other of themselves (LNI). Owns no state. */

import type { Endpoint } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { endpointBytes, GUID_BYTES, u16Bytes, u32Bytes, VENDOR } from './packet-parts.ts';
import { Packet } from './packet.ts';

export interface NodeInfo {
  readonly endpoint: Endpoint | null;
  /** The servent's name, in hex; empty where it does not tell. */
  readonly guid: string;
  readonly vendor: string;
  readonly files: number;
  readonly kilobytes: number;
  /** Null for a leaf. */
  readonly hub: { readonly leaves: number; readonly leavesMax: number } | null;
  readonly isFirewalled: boolean;
}

export function nodeInfoPacket(
  endpoint: Endpoint | null,
  guid: Uint8Array,
  info: Pick<NodeInfo, 'files' | 'kilobytes' | 'hub' | 'isFirewalled'>,
): Packet {
  const children = [
    ...(endpoint === null ? [] : [new Packet('NA', endpointBytes(endpoint))]),
    new Packet('GU', guid),
    new Packet('V', latin1Bytes(VENDOR)),
    new Packet('LS', u32Bytes(info.files, info.kilobytes)),
  ];
  if (info.hub !== null) children.push(new Packet('HS', u16Bytes(info.hub.leaves, info.hub.leavesMax)), new Packet('QK'));
  if (info.isFirewalled) children.push(new Packet('FW'));
  return new Packet('LNI', undefined, children);
}

export function parseNodeInfo(packet: Packet): NodeInfo {
  const guid = packet.child('GU')?.payload;
  const shared = packet.child('LS');
  const hub = packet.child('HS');
  return {
    endpoint: packet.child('NA')?.endpoint() ?? null,
    guid: guid?.length === GUID_BYTES ? hexOf(guid) : '',
    vendor: latin1(packet.child('V')?.payload.subarray(0, 4) ?? new Uint8Array(0)),
    files: shared?.number(0, 4) ?? 0,
    kilobytes: shared?.number(4, 4) ?? 0,
    hub: hub === null ? null : { leaves: hub.number(0, 2), leavesMax: hub.number(2, 2) },
    isFirewalled: packet.has('FW'),
  };
}
