/**
 * Addresses of a world. Node n is 10.x.y.z with x.y.z = n + 1, port 6881 or one of its own, and its `Peer` is that number; other
 * ports of it are computed too. In a world with NATs that is a node's private address, and a node behind none is 11.x.y.z. Any other
 * address is kept in a table, so that it can be handed around; it is that of a NAT, or leads nowhere.
 */

import { ENDPOINT_V4_BYTES, endpointPort, formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint, Peer } from '../core/host.ts';

export const NODE_PORT = 6881;
/** 10.0.0.0 and 10.255.255.255 are no nodes. */
export const NODES_MAX = 0xff_fffe;

const PRIVATE_OCTET = 10;
const PUBLIC_OCTET = 11;
/** Outer addresses of NATs: 12.x.y.z, and 100.64.0.0/10 of those behind another one (RFC 6598). */
const NAT_OCTET = 12;
const SHARED_FIRST = 100 * 0x100_0000 + 64 * 0x1_0000;
export const SHARED_MAX = 0x40_0000 - 2;

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
  /** A number for the address of each. */
  private readonly foreignHosts: number[] = [];
  private readonly foreignByText = new Map<string, Peer>();
  /** Of nodes that are behind no NAT. */
  private readonly openOctet: number;
  /** Nodes behind a NAT. */
  private readonly hidden = new Set<number>();

  constructor(hasPublic = false) {
    this.openOctet = hasPublic ? PUBLIC_OCTET : PRIVATE_OCTET;
  }

  peerOfNode(index: number): Peer {
    return (index + 1) as Peer;
  }

  /** Gives a node a port of its own. */
  setPort(index: number, port: number): void {
    if (port !== NODE_PORT) this.ports.set(index, port);
  }

  /** The node is behind a NAT: its address is private. */
  hide(index: number): void {
    this.hidden.add(index);
  }

  /** Where the n-th NAT of the world is, in the public network or behind another NAT; with a port of 0. */
  endpointOfNat(number: number, isPublic: boolean): Endpoint {
    const host = number + 1;
    if (host > (isPublic ? NODES_MAX : SHARED_MAX)) throw new RangeError(`a free address for a NAT expected, got number ${number}`);
    const address = host + (isPublic ? NAT_OCTET * 0x100_0000 : SHARED_FIRST);
    return Uint8Array.of(address >>> 24, (address >> 16) & 0xff, (address >> 8) & 0xff, address & 0xff, 0, 0);
  }

  /** A number for the address of a peer, whatever its port. */
  hostOf(peer: Peer): number {
    if (peer < FOREIGN_BASE) return peer % HOST_SPAN;
    return this.foreignHosts[peer - FOREIGN_BASE] as number;
  }

  portOfPeer(peer: Peer): number {
    if (peer >= FOREIGN_BASE) return endpointPort(this.foreign[peer - FOREIGN_BASE] as Endpoint);
    return peer < HOST_SPAN ? this.portOf(peer - 1) : Math.floor(peer / HOST_SPAN) - 1;
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
    const octet = endpoint[0];
    if (endpoint.length !== ENDPOINT_V4_BYTES || (octet !== PRIVATE_OCTET && octet !== this.openOctet)) return this.foreignPeer(endpoint);
    const host = ((endpoint[1] as number) << 16) | ((endpoint[2] as number) << 8) | (endpoint[3] as number);
    const port = endpointPort(endpoint);
    if (host === 0 || octet !== this.octetOf(host - 1)) return this.foreignPeer(endpoint);
    return (port === this.portOf(host - 1) ? host : host + HOST_SPAN * (port + 1)) as Peer;
  }

  endpoint(peer: Peer): Endpoint {
    if (peer >= FOREIGN_BASE) {
      const endpoint = this.foreign[peer - FOREIGN_BASE];
      if (endpoint === undefined) throw new RangeError(`a peer of this world expected, got ${peer}`);
      return endpoint.slice();
    }
    const host = peer % HOST_SPAN;
    const port = this.portOfPeer(peer);
    return Uint8Array.of(this.octetOf(host - 1), host >> 16, (host >> 8) & 0xff, host & 0xff, port >> 8, port & 0xff);
  }

  private octetOf(index: number): number {
    return this.hidden.size === 0 || !this.hidden.has(index) ? this.openOctet : PRIVATE_OCTET;
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
    this.foreignHosts.push(foreignHost(endpoint, this.foreign.length));
    this.foreignByText.set(text, peer);
    return peer;
  }
}

/** Above those of nodes: of IPv4 the address itself; addresses of IPv6 are those of no NAT, and each counts for itself. */
function foreignHost(endpoint: Endpoint, position: number): number {
  if (endpoint.length !== ENDPOINT_V4_BYTES) return HOST_SPAN + 0x1_0000_0000 + position;
  const [a, b, c, d] = endpoint as unknown as readonly [number, number, number, number];
  return HOST_SPAN + (((a << 24) | (b << 16) | (c << 8) | d) >>> 0);
}
