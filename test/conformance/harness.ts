/** What the conformance suite needs of a kind of host, and what a promise is. */

import type { Body, Endpoint, Host, Protocol } from '../../src/core/host.ts';
import type { Script } from './script.ts';

/** Makes networks of one kind of host. */
export interface HostHarness {
  /**
   * So many hosts, each running the protocol that the factory makes; resolves when all have started. `garbage`: what they send may
   * be no message of its receiver, which a host that passes objects on has to be prepared for.
   */
  open(count: number, factory: (host: Host) => Protocol, garbage: boolean): Promise<HostNetwork>;
}

export interface HostNetwork {
  readonly hosts: readonly Host[];
  /** Where that host gets streams and datagrams. */
  endpointOf(index: number): Endpoint;
  /** An endpoint of a running machine on which nobody listens. */
  readonly deafEndpoint: Endpoint;
  /** A name that `resolve` finds. */
  readonly hostname: string;
  /** How often that host has tapped that event. */
  tapped(index: number, event: number): number;
  /** A place for a store of that name, empty at first, the same for the same name. */
  location(name: string): string;
  /** Content as it would come from a peer: these bytes, or others of the same length when not genuine. */
  body(bytes: Uint8Array, genuine: boolean): Body;
  /** Whether a body that was read or received is what `body(bytes, true)` stands for. */
  isGenuine(body: Body, bytes: Uint8Array): boolean;
  /** Lets time pass until the condition holds; rejects, naming it, when it takes too long. */
  until(condition: () => boolean, what: string): Promise<void>;
  /** Lets so much time pass. */
  pass(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export type Claim = (network: HostNetwork, scripts: readonly Script[]) => Promise<void>;
export type Promised = (sentence: string, count: number, claim: Claim, garbage?: boolean) => void;
