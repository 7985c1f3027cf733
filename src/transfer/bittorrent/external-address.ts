/**
 * Our own address as others see it: told by trackers (BEP 24) and by peers (`yourip` of BEP 10), believed when several agree. Peer
 * priorities (BEP 40) are computed with it. Owns the votes.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** Voices that must agree. One alone may lie, or stand behind the same NAT. */
const VOTES_MIN = 2;
/** Voices remembered for each family; the oldest is forgotten. */
const VOTERS_MAX = 50;

export class ExternalAddress {
  /** Voter → the address it sees, 4 or 16 bytes as text; in the order in which they spoke. */
  private readonly votes = { ipv4: new Map<string, string>(), ipv6: new Map<string, string>() };
  /** Where others reach us. */
  port: number;

  /** `port` is where we listen. */
  constructor(port: number) {
    this.port = port;
  }

  /** `voter` tells voices apart: an address without port, or a tracker's URL. True when this changes what `seen` answers. */
  vote(ip: Uint8Array, voter: string): boolean {
    const before = this.leader(ip.length);
    const votes = this.votesOf(ip.length);
    votes.delete(voter);
    votes.set(voter, latin1(ip));
    if (votes.size > VOTERS_MAX) {
      for (const oldest of votes.keys()) {
        votes.delete(oldest);
        break;
      }
    }
    return this.leader(ip.length) !== before;
  }

  /** Our endpoint in the family of the other one, or null while too few agree. */
  seenFrom(other: Endpoint): Endpoint | null {
    const leader = this.leader(other.length - 2);
    return leader === null ? null : Uint8Array.of(...latin1Bytes(leader), this.port >> 8, this.port & 0xff);
  }

  /** Our address of that many bytes, 4 or 16, or null while too few agree. */
  seen(ipBytes: number): Uint8Array | null {
    const leader = this.leader(ipBytes);
    return leader === null ? null : latin1Bytes(leader);
  }

  private leader(ipBytes: number): string | null {
    const counts = new Map<string, number>();
    let best: string | null = null;
    for (const ip of this.votesOf(ipBytes).values()) {
      const count = (counts.get(ip) ?? 0) + 1;
      counts.set(ip, count);
      if (count >= VOTES_MIN && (best === null || count > (counts.get(best) as number))) best = ip;
    }
    return best;
  }

  private votesOf(ipBytes: number): Map<string, string> {
    return ipBytes === ENDPOINT_V4_BYTES - 2 ? this.votes.ipv4 : this.votes.ipv6;
  }
}
