/** Where others can reach us: what the socket knows, or what those tell us whom we have dialled. Owns what has been told. */

import { isNowhere, mayName } from './address-scope.ts';
import { equalBytes } from './bytes.ts';
import { ENDPOINT_V4_BYTES, endpointOf, endpointPort, isLoopback, withPort } from './endpoint.ts';
import type { Endpoint, Host } from './host.ts';

/** So many have to say the same before it is believed against what was believed before. */
const VOTES_MIN = 2;

/** Of networks that know IPv4 alone. */
export class OwnAddress {
  private readonly host: Pick<Host, 'self'>;
  private told: Endpoint | null = null;
  private rival: string | null = null;
  private votes = 0;

  constructor(host: Pick<Host, 'self'>) {
    this.host = host;
  }

  /** Null while it is unknown, or nobody can dial us; a socket may learn its address late. */
  get endpoint(): Endpoint | null {
    const listening = this.host.self.stream;
    if (listening === null) return null;
    if (isPlace(listening)) return listening;
    return this.told === null ? null : withPort(this.told, endpointPort(listening));
  }

  /** A peer that we have dialled says how it sees us (`Remote-IP`). Who lies about it makes us say a wrong address, which others do not believe. */
  onSeen(teller: Endpoint, text: string): void {
    const ip = text.trim();
    const seen = endpointOf(ip, 1);
    if (seen === null || !isPlace(seen) || !mayName(teller, seen)) return;
    if (this.rival === ip) this.votes++;
    else {
      this.rival = ip;
      this.votes = 1;
    }
    if (this.told === null || this.votes >= VOTES_MIN) this.told = seen;
  }

  is(endpoint: Endpoint): boolean {
    const own = this.endpoint;
    return own !== null && equalBytes(own, endpoint);
  }

  /** Whether somebody else may be there. Nobody far away sends us to our own machine. */
  mayDial(endpoint: Endpoint): boolean {
    if (!isPlace(endpoint) || this.is(endpoint)) return false;
    const own = this.endpoint;
    return !isLoopback(endpoint) || own === null || isLoopback(own);
  }
}

function isPlace(endpoint: Endpoint): boolean {
  return endpoint.length === ENDPOINT_V4_BYTES && !isNowhere(endpoint) && endpointPort(endpoint) !== 0;
}
