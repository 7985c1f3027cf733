/** What came of mapping ports, for people and programs; plain data, nothing in it changes. Owns no state. */

import type { MappedTransport, MappingProtocol } from './gateway.ts';

export interface MappedPort {
  /** What it is for: `peers`, `tracker`, `web`. */
  readonly role: string;
  readonly port: number;
  /** By which number the world reaches it; null while it does not. */
  readonly externalPort: number | null;
  /** Those of its transports that the router passes on. */
  readonly transports: readonly MappedTransport[];
  /** Why it, or a transport of it, is not mapped; empty when nothing is amiss. */
  readonly why: string;
}

/** One protocol that the router was asked by, and what it answered. */
export interface MappingFailure {
  readonly protocol: MappingProtocol;
  readonly why: string;
}

export interface PortMappingStatus {
  /** `off`: nobody asked for it. `mapped`: one port at least is. */
  readonly state: 'off' | 'searching' | 'mapped' | 'failed' | 'closed';
  readonly protocol: MappingProtocol | null;
  /** The router's address on our side. */
  readonly router: string | null;
  /** Its address on the other side, when it tells. */
  readonly externalAddress: string | null;
  readonly ports: readonly MappedPort[];
  readonly failures: readonly MappingFailure[];
  /** Why nothing is mapped, in a sentence; empty when something is. */
  readonly why: string;
}

export function unmapped(state: PortMappingStatus['state'], why: string, router: string | null = null): PortMappingStatus {
  return { state, protocol: null, router, externalAddress: null, ports: [], failures: [], why };
}
