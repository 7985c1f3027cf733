/** A node of the DHT as torrents name it (BEP 5): a name or an address, and a port. Owns no state. */

import { endpointOf } from '../../core/endpoint.ts';

export interface DhtNode {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Null for what is no host name, no address, or no port. */
export function dhtNodeOf(host: string, port: number): DhtNode | null {
  const isHost = /^[\w.-]{1,253}$/.test(host) || (host.includes(':') && endpointOf(host, 1) !== null);
  return isHost && Number.isInteger(port) && port > 0 && port <= 0xffff ? { host, port } : null;
}

/** `host:port`, or `[address]:port` of IPv6; null for what is neither. */
export function parseDhtNode(text: string): DhtNode | null {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(text) ?? [];
  return dhtNodeOf(bracketed ?? plain ?? '', Number(port));
}
