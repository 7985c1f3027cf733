/** How hubs hear of hubs that are far away (HAW): a packet that walks from one to a random next, and says where one is. Owns when the next begins. */

import { GUID_BYTES, endpointBytes, u16Bytes, VENDOR } from './packet-parts.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { Packet } from './packet.ts';

const TTL = 100;
/** Others may not send it on for ever. */
const HOPS_MAX = 100;
const PAYLOAD_BYTES = 2 + GUID_BYTES;

export class HubAdverts {
  private readonly node: Gnutella2Node;
  private nextMs: number;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.nextMs = node.host.now() + node.options.advertMs * node.host.random.unit();
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const { options, role, links, host } = this.node;
    const own = this.node.own.endpoint;
    if (!role.isHub || own === null || nowMs < this.nextMs) return;
    this.nextMs = nowMs + options.advertMs;
    const payload = new Uint8Array(PAYLOAD_BYTES);
    payload[0] = TTL;
    host.random.fill(payload.subarray(2));
    const children = [
      new Packet('NA', endpointBytes(own)),
      new Packet('HS', u16Bytes(links.leaves.length, options.leavesMax)),
      new Packet('V', latin1Bytes(VENDOR)),
    ];
    this.send(new Packet('HAW', payload, children), null);
  }

  onAdvert(from: Link, packet: Packet): void {
    const endpoint = packet.child('NA')?.endpoint() ?? null;
    const [ttl = 0, hops = 0] = packet.payload;
    if (!this.node.role.isHub || from.kind !== 'hub' || endpoint === null || packet.payload.length < PAYLOAD_BYTES) return;
    const load = packet.child('HS');
    this.node.learnHub(endpoint, 0, load?.number(0, 2) ?? 0, load?.number(2, 2) ?? 0);
    if (ttl <= 1 || hops >= HOPS_MAX) return;
    const payload = packet.payload.slice();
    payload[0] = ttl - 1;
    payload[1] = hops + 1;
    this.send(new Packet(packet.name, payload, packet.children, packet.isBigEndian), from);
  }

  private send(packet: Packet, from: Link | null): void {
    const { links, host } = this.node;
    const others = links.hubs.filter((hub) => hub !== from);
    if (others.length > 0) others[host.random.below(others.length)]?.offer(packet);
  }
}
