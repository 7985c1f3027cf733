/** The addresses of this machine, for who wants to know whether a router stands between it and the open internet. Owns no state. */

import { networkInterfaces } from 'node:os';
import { endpointOf } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';

/** As endpoints with a port of 0; none of the loopback interface. */
export function ownAddresses(): Endpoint[] {
  const outward = Object.values(networkInterfaces()).flatMap((each) => each?.filter(({ internal }) => !internal) ?? []);
  return outward.map(({ address }) => endpointOf(address, 0)).filter((endpoint) => endpoint !== null);
}
