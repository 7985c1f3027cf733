/**
 * How large datagrams may be on the way to one peer: starts with what every path takes and tries larger ones, one at a time. The packet
 * that tries is a small one with padding; when it is lost it goes again without, so that a wrong guess costs a round trip and no more.
 * (Its payload could not be cut smaller: µTP numbers packets, not bytes.) Owned by one stream.
 */

import { ENDPOINT_V4_BYTES, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

/** What a host has to take (RFC 791: 576), without the heads of IP and UDP. */
export const DATAGRAM_BYTES_MIN = 576 - 28;
/** Ethernet's 1,500 without the heads of IPv4 or IPv6 and UDP. */
const ETHERNET_V4_BYTES = 1472;
const ETHERNET_V6_BYTES = 1452;
/** Inside one machine: a datagram costs about the same whatever its size (`bench/transfer.ts`). */
const LOOPBACK_BYTES = 32_800;
/** The search ends when it could gain less. */
const PRECISION_BYTES = 16;
/** Lost so often, a size is taken to be too large: a full queue somewhere loses packets too. */
const TRIES = 2;
/** Paths change: what was too large is tried again after this. */
const SEARCH_AGAIN_MS = 30 * 60_000;

export class PacketSize {
  /** Datagrams of this size get through. */
  bytes = DATAGRAM_BYTES_MIN;
  private readonly mostBytes: number;
  private readonly ethernetBytes: number;
  /** Every size from here on is too large, as far as we know. */
  private tooLargeBytes: number;
  private failures = 0;
  /** The size being tried, or 0. */
  private tryingBytes = 0;
  private settledAtMs = 0;

  constructor(endpoint: Endpoint) {
    this.ethernetBytes = endpoint.length === ENDPOINT_V4_BYTES ? ETHERNET_V4_BYTES : ETHERNET_V6_BYTES;
    this.mostBytes = isLoopback(endpoint) ? LOOPBACK_BYTES : this.ethernetBytes;
    this.tooLargeBytes = this.mostBytes + 1;
  }

  /** The size that the next packet should try, or 0. */
  next(now: number): number {
    if (this.tryingBytes !== 0) return 0;
    const { bytes, tooLargeBytes, ethernetBytes } = this;
    if (tooLargeBytes - bytes <= PRECISION_BYTES) {
      if (bytes < this.mostBytes && now - this.settledAtMs > SEARCH_AGAIN_MS) this.tooLargeBytes = this.mostBytes + 1;
      return 0;
    }
    // The likely answers first: all that there may be, and what Ethernet takes.
    if (tooLargeBytes > this.mostBytes) return this.mostBytes;
    if (bytes < ethernetBytes && tooLargeBytes > ethernetBytes) return ethernetBytes;
    // Between Ethernet and loopback there is nothing.
    if (bytes === ethernetBytes) {
      this.tooLargeBytes = bytes + 1;
      this.settledAtMs = now;
      return 0;
    }
    return Math.floor((bytes + tooLargeBytes) / 2);
  }

  trying(bytes: number): void {
    this.tryingBytes = bytes;
  }

  /** It got through: true when packets may be larger from now on. */
  passed(bytes: number, now: number): boolean {
    this.tryingBytes = 0;
    this.failures = 0;
    this.settledAtMs = now;
    if (bytes <= this.bytes) return false;
    this.bytes = bytes;
    return true;
  }

  failed(bytes: number, now: number): void {
    this.tryingBytes = 0;
    this.settledAtMs = now;
    this.failures++;
    if (this.failures < TRIES) return;
    this.failures = 0;
    if (bytes > this.bytes) this.tooLargeBytes = Math.min(this.tooLargeBytes, bytes);
  }
}
