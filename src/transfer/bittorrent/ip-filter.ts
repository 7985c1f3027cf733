/**
 * Addresses that we want nothing to do with, as ranges: sorted and without overlap, so that a look-up is a binary search. Immutable;
 * made by `IpFilterParser`. It concerns peers alone: trackers, web seeds and nodes of the DHT are not peers.
 */

import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { SortedRanges } from './sorted-ranges.ts';

const MAPPED_PREFIX_BYTES = 12;

export class IpFilter {
  static readonly none = new IpFilter(new SortedRanges(1, new Uint32Array(0)), new SortedRanges(4, new Uint32Array(0)));

  private readonly v4: SortedRanges;
  private readonly v6: SortedRanges;

  constructor(v4: SortedRanges, v6: SortedRanges) {
    this.v4 = v4;
    this.v6 = v6;
  }

  /** After those that overlap or touch were joined. */
  get rangeCount(): number {
    return this.v4.count + this.v6.count;
  }

  blocks(endpoint: Endpoint): boolean {
    if (endpoint.length === ENDPOINT_V4_BYTES) return this.v4.count > 0 && this.v4.holds(endpoint, 0);
    if (this.v4.count > 0 && isMapped(endpoint)) return this.v4.holds(endpoint, MAPPED_PREFIX_BYTES);
    return this.v6.count > 0 && this.v6.holds(endpoint, 0);
  }
}

/** ::ffff:0:0/96, an IPv4 address in the clothes of the other kind. */
export function isMapped(address: Uint8Array): boolean {
  for (let at = 0; at < MAPPED_PREFIX_BYTES; at++) if (address[at] !== (at < 10 ? 0 : 0xff)) return false;
  return true;
}
