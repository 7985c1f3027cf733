/**
 * Under which address the world sees this machine: what the router says, what peers and trackers say, what its own interfaces say, and whether
 * they agree. When they do not, something more stands in between. Owns no state.
 */

import { AddressScope, scopeOf } from '../core/address-scope.ts';
import { endpointOf } from '../core/endpoint.ts';

/** IPv4 addresses as text; null where nobody says anything. */
export interface AddressEvidence {
  /** The router's address on its other side. */
  readonly router: string | null;
  /** What several peers or trackers agree on. */
  readonly peers: string | null;
  /** Of the interface that the world is reached by. */
  readonly local: string | null;
}

export interface SeenAddress {
  readonly address: string | null;
  /** Who says so; the interface only where it has an address of the world itself. */
  readonly source: 'router' | 'peers' | 'interface' | null;
  /**
   * `none`: the interface has it. `one`: a router. `several`: a router that has no such address itself (a second router, or the provider's
   * NAT), so that what it maps leads nowhere, or to somebody else. `unknown`: too little was said.
   */
  readonly nat: 'none' | 'one' | 'several' | 'unknown';
  /** What that means, in a sentence; empty when there is nothing to say. */
  readonly note: string;
}

export function seenAddress({ router, peers: votes, local }: AddressEvidence): SeenAddress {
  // Peers in our own network see us there.
  const peers = isPublic(votes) ? votes : null;
  const isLocalPublic = isPublic(local);
  if (router !== null && !isPublic(router)) {
    const note = `The router's own address ${router} ${whose(router)}: the world does not reach what it maps.`;
    return { address: peers, source: peers === null ? null : 'peers', nat: 'several', note };
  }
  if (router !== null && peers !== null && router !== peers) {
    const note = `The router says ${router}, peers say ${peers}: another NAT or a tunnel lies between.`;
    return { address: peers, source: 'peers', nat: 'several', note };
  }
  if (router !== null) return { address: router, source: 'router', nat: router === local ? 'none' : 'one', note: '' };
  if (peers !== null)
    return { address: peers, source: 'peers', nat: peers === local ? 'none' : isLocalPublic ? 'several' : 'one', note: '' };
  if (isLocalPublic) return { address: local, source: 'interface', nat: 'unknown', note: '' };
  return { address: null, source: null, nat: 'unknown', note: '' };
}

function isPublic(address: string | null): boolean {
  const endpoint = address === null ? null : endpointOf(address, 0);
  return endpoint !== null && scopeOf(endpoint) === AddressScope.public;
}

/** RFC 6598: what providers put their customers behind. */
function whose(address: string): string {
  const [first, second] = address.split('.').map(Number);
  const isProviders = first === 100 && second !== undefined && second >= 64 && second < 128;
  return isProviders ? "is of the kind that providers' NATs give (100.64.0.0/10)" : 'is a private one, of another router';
}
