/**
 * Addresses of a world. Node n is 10.x.y.z with x.y.z = n + 1, port 6881 or one of its own, and its `Peer` is that number; other
 * ports of it are computed too. Any other address is kept in a table, so that it can be handed around, and leads nowhere.
 */

import { ENDPOINT_V4_BYTES, endpointPort, formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint, Peer } from '../core/host.ts';

export const NODE_PORT = 6881;
/** 10.0.0.0 and 10.255.255.255 are no nodes. */
export const NODES_MAX = 0xff_fffe;

const HOST_SPAN = 0x100_0000;
/** Peers of other ports: host + span × (port + 1). Peers of foreign addresses lie above all of them. */
const FOREIGN_BASE = HOST_SPAN * 0x2_0000;
/** Ports that streams leave from, as Linux has them by default. */
const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_COUNT = 28_232;

export class Addresses {
  /** Of nodes with a port of their own. */
  private readonly ports = new Map<number, number>();
  private readonly foreign: Endpoint[] = [];
  private readonly foreignByText = new Map<string, Peer>();

  peerOfNode(index: number): Peer {
    return (index + 1) as Peer;
  }

  /** Gives a node a port of its own. */
  setPort(index: number, port: number): void {
    if (port !== NODE_PORT) this.ports.set(index, port);
  }

  /** The node whose machine has that peer's address, on whatever port, or -1. */
  machineOfPeer(peer: Peer): number {
    return peer < FOREIGN_BASE ? (peer % HOST_SPAN) - 1 : -1;
  }

  /** The node that answers at that peer, or -1. */
  nodeOfPeer(peer: Peer): number {
    return peer < HOST_SPAN ? peer - 1 : -1;
  }

  /** The peer that a node's n-th outgoing stream comes from. */
  ephemeralPeer(index: number, count: number): Peer {
    return (index + 1 + HOST_SPAN * (EPHEMERAL_FIRST + (count % EPHEMERAL_COUNT) + 1)) as Peer;
  }

  peer(endpoint: Endpoint): Peer {
    if (endpoint.length !== ENDPOINT_V4_BYTES || endpoint[0] !== 10) return this.foreignPeer(endpoint);
    const host = ((endpoint[1] as number) << 16) | ((endpoint[2] as number) << 8) | (endpoint[3] as number);
    const port = endpointPort(endpoint);
    if (host === 0) return this.foreignPeer(endpoint);
    return (port === this.portOf(host - 1) ? host : host + HOST_SPAN * (port + 1)) as Peer;
  }

  endpoint(peer: Peer): Endpoint {
    if (peer >= FOREIGN_BASE) {
      const endpoint = this.foreign[peer - FOREIGN_BASE];
      if (endpoint === undefined) throw new RangeError(`a peer of this world expected, got ${peer}`);
      return endpoint.slice();
    }
    const host = peer % HOST_SPAN;
    const port = peer < HOST_SPAN ? this.portOf(host - 1) : Math.floor(peer / HOST_SPAN) - 1;
    return Uint8Array.of(10, host >> 16, (host >> 8) & 0xff, host & 0xff, port >> 8, port & 0xff);
  }

  private portOf(index: number): number {
    return this.ports.size === 0 ? NODE_PORT : (this.ports.get(index) ?? NODE_PORT);
  }

  private foreignPeer(endpoint: Endpoint): Peer {
    const text = formatEndpoint(endpoint);
    const known = this.foreignByText.get(text);
    if (known !== undefined) return known;
    const peer = (FOREIGN_BASE + this.foreign.length) as Peer;
    this.foreign.push(endpoint.slice());
    this.foreignByText.set(text, peer);
    return peer;
  }
}
