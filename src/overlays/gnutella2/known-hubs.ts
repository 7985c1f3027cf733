/** Which hubs a hub knows, as it tells its neighbours (KHL): those it is connected to, and some that it has heard of. Owns no state. */

import type { Endpoint } from '../../core/host.ts';
import { endpointAndNumber, endpointBytes, u16Bytes, u32Bytes } from './packet-parts.ts';
import { Packet } from './packet.ts';

export const CACHED_TOLD_MAX = 50;
/** What is taken from one packet. */
const READ_MAX = 100;

export interface HubFact {
  readonly endpoint: Endpoint;
  readonly leaves: number;
  readonly leavesMax: number;
  /** How long ago somebody saw it. */
  readonly ageMs: number;
}

export function knownHubsPacket(neighbours: readonly HubFact[], cached: readonly HubFact[], nowMs: number): Packet {
  const children = [new Packet('TS', u32Bytes(seconds(nowMs)))];
  for (const hub of neighbours) children.push(new Packet('NH', endpointBytes(hub.endpoint), loadOf(hub)));
  for (const hub of cached.slice(0, CACHED_TOLD_MAX)) {
    children.push(new Packet('CH', endpointAndNumber(hub.endpoint, seconds(nowMs - hub.ageMs), 4), loadOf(hub)));
  }
  return new Packet('KHL', undefined, children);
}

/** Times are by the sender's own clock, which is in the packet: only how long ago something was means anything here. */
export function parseKnownHubs(packet: Packet): HubFact[] {
  const now = packet.child('TS')?.number(0, 4) ?? 0;
  const facts: HubFact[] = [];
  for (const child of packet.children) {
    if (facts.length >= READ_MAX) break;
    if (child.name !== 'NH' && child.name !== 'CH') continue;
    const endpoint = child.endpoint();
    if (endpoint === null) continue;
    const load = child.child('HS');
    const ageMs = child.name === 'NH' ? 0 : Math.max(0, now - child.number(6, 4)) * 1_000;
    facts.push({ endpoint, leaves: load?.number(0, 2) ?? 0, leavesMax: load?.number(2, 2) ?? 0, ageMs });
  }
  return facts;
}

function loadOf({ leaves, leavesMax }: HubFact): Packet[] {
  return leavesMax === 0 ? [] : [new Packet('HS', u16Bytes(leaves, leavesMax))];
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1_000));
}
