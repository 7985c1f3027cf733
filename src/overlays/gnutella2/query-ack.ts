/** What a hub answers to a query (QA): which hubs it has covered, which could be asked next, or how long it is not to be asked again. Owns no state. */

import type { Endpoint } from '../../core/host.ts';
import { endpointAndNumber, GUID_BYTES, u32Bytes } from './packet-parts.ts';
import { Packet } from './packet.ts';

/** What is told, and what is read of it. */
export const NEXT_TOLD_MAX = 16;
const READ_MAX = 64;

export interface QueryAck {
  readonly guid: Uint8Array;
  readonly done: readonly { readonly endpoint: Endpoint; readonly leaves: number }[];
  readonly next: readonly { readonly endpoint: Endpoint; readonly ageMs: number }[];
  /** 0: ask again whenever you like. */
  readonly retryAfterMs: number;
}

export function queryAckPacket({ guid, done, next, retryAfterMs }: QueryAck, nowMs: number): Packet {
  const now = Math.floor(nowMs / 1_000);
  const children = [new Packet('TS', u32Bytes(now))];
  for (const { endpoint, leaves } of done) children.push(new Packet('D', endpointAndNumber(endpoint, leaves, 2)));
  for (const { endpoint, ageMs } of next) {
    children.push(new Packet('S', endpointAndNumber(endpoint, Math.max(0, now - Math.floor(ageMs / 1_000)), 4)));
  }
  if (retryAfterMs > 0) children.push(new Packet('RA', u32Bytes(Math.ceil(retryAfterMs / 1_000))));
  return new Packet('QA', guid, children);
}

export function parseQueryAck(packet: Packet): QueryAck | null {
  if (packet.payload.length < GUID_BYTES) return null;
  const now = packet.child('TS')?.number(0, 4) ?? 0;
  const done: { endpoint: Endpoint; leaves: number }[] = [];
  const next: { endpoint: Endpoint; ageMs: number }[] = [];
  for (const child of packet.children) {
    const endpoint = child.name === 'D' || child.name === 'S' ? child.endpoint() : null;
    if (endpoint === null) continue;
    if (child.name === 'D' && done.length < READ_MAX) done.push({ endpoint, leaves: child.number(6, 2) });
    if (child.name === 'S' && next.length < READ_MAX) {
      next.push({ endpoint, ageMs: child.payload.length < 10 ? 0 : Math.max(0, now - child.number(6, 4)) * 1_000 });
    }
  }
  const retry = packet.child('RA');
  const retryAfterMs = 1_000 * (retry === null ? 0 : retry.payload.length < 4 ? retry.number(0, 2) : retry.number(0, 4));
  return { guid: packet.payload.slice(0, GUID_BYTES), done, next, retryAfterMs };
}
