/** Query keys (`wire/query-keys.ts`) as hubs are asked for them, and give them. Owns the keys that hubs have given us. */

import type { Endpoint } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { writeU32Little } from '../../wire/little-endian.ts';
import { addressOf, endpointKey } from '../../wire/endpoint-key.ts';
import { endpointBytes } from './packet-parts.ts';
import { Packet } from './packet.ts';

/** What a hub has given is not used for longer. */
const KEPT_MS = 3_600_000;
const RING_MAX = 1_024;

/** Keys that hubs have given, each for answers to one address. */
export class KeyRing {
  private readonly keys = new Lru<number, { readonly key: number; readonly address: number; readonly atMs: number }>(RING_MAX);

  keep(hub: Endpoint, key: number, answersTo: Endpoint, nowMs: number): void {
    this.keys.set(endpointKey(hub), { key, address: addressOf(answersTo), atMs: nowMs });
  }

  /** Null: there is none, or it is too old. */
  keyFor(hub: Endpoint, answersTo: Endpoint, nowMs: number): number | null {
    const kept = this.keys.get(endpointKey(hub));
    return kept !== undefined && kept.address === addressOf(answersTo) && nowMs - kept.atMs < KEPT_MS ? kept.key : null;
  }

  forget(hub: Endpoint): void {
    this.keys.delete(endpointKey(hub));
  }
}

/** Asks for a key: a hub for itself, or (`hub`) our own hub for the key of another. `answersTo`: for that address, which gets it. */
export function keyRequest(hub: Endpoint | null, answersTo: Endpoint | null): Packet {
  const children: Packet[] = [];
  if (answersTo !== null) children.push(new Packet('RNA', endpointBytes(answersTo)));
  if (hub !== null) children.push(new Packet('QNA', endpointBytes(hub)));
  return new Packet('QKR', undefined, children);
}

export interface KeyAnswer {
  readonly key: number;
  /** Whose key it is, where another than the sender. */
  readonly hub: Endpoint | null;
}

export function keyAnswer(key: number, asker: Endpoint, hub: Endpoint | null, isCached = false): Packet {
  const payload = new Uint8Array(4);
  writeU32Little(payload, 0, key);
  const children = [new Packet('QK', payload), new Packet('SNA', endpointBytes(asker))];
  if (hub !== null) children.push(new Packet('QNA', endpointBytes(hub)));
  if (isCached) children.push(new Packet('CACHED'));
  return new Packet('QKA', undefined, children);
}

export function parseKeyAnswer(packet: Packet): KeyAnswer | null {
  const key = packet.child('QK');
  if (key === null || key.payload.length < 4) return null;
  return { key: key.number(0, 4), hub: packet.child('QNA')?.endpoint() ?? null };
}
