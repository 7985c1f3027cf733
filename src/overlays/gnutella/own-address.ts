/** Where others can reach us: what the socket knows, or what those tell us whom we have dialled. Owns what has been told. */

import { endpointOf, endpointPort, ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import { isNowhere, mayName } from '../../core/address-scope.ts';
import type { Endpoint, Host } from '../../core/host.ts';

/** So many have to say the same before it is believed against what was believed before. */
const VOTES_MIN = 2;

export class OwnAddress {
  private readonly host: Host;
  private told: Endpoint | null = null;
  private rival: string | null = null;
  private votes = 0;

  constructor(host: Host) {
    this.host = host;
  }

  /** IPv4, which is all that the network has; null while it is unknown, or nobody can dial us. */
  get endpoint(): Endpoint | null {
    const listening = this.host.self.stream;
    if (listening === null) return null;
    if (listening.length === ENDPOINT_V4_BYTES && !isNowhere(listening)) return listening;
    if (this.told === null) return null;
    const port = endpointPort(listening);
    return endpointOf(this.told.subarray(0, 4).join('.'), port);
  }

  /** A peer says how it sees us (`Remote-IP`). */
  onSeen(teller: Endpoint, ip: string): void {
    const seen = endpointOf(ip, 1);
    if (seen === null || seen.length !== ENDPOINT_V4_BYTES || isNowhere(seen) || !mayName(teller, seen)) return;
    if (this.rival === ip) this.votes++;
    else {
      this.rival = ip;
      this.votes = 1;
    }
    if (this.told === null || this.votes >= VOTES_MIN) this.told = seen;
  }
}
