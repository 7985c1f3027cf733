/**
 * Hears a router say to all of its network that it has restarted (RFC 6886 §3.2.1, RFC 6887 §14.1.3). It may be anybody who says so: all that
 * comes of it is that the router is asked anew. Owns the socket.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { Route } from './gateway.ts';

const ALL_HOSTS = '224.0.0.1';
/** Whoever shouts all the time makes us ask no more often than this. */
const NEWS_MS_MIN = 5_000;

export class RestartNews {
  private readonly socket: Socket;
  private heardAtMs = Number.NEGATIVE_INFINITY;

  /** Where the port is not to be had nothing is heard; the router is asked now and then all the same. */
  constructor(port: number, { gateway, localAddress }: Route, onNews: () => void) {
    this.socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.socket.on('error', () => {});
    this.socket.on('message', (_bytes: Buffer, from: RemoteInfo) => {
      const now = performance.now();
      if (from.address !== gateway || now - this.heardAtMs < NEWS_MS_MIN) return;
      this.heardAtMs = now;
      onNews();
    });
    this.socket.bind({ address: '0.0.0.0', port, exclusive: false }, () => {
      try {
        this.socket.addMembership(ALL_HOSTS, localAddress);
      } catch {
        // A network without multicast has no news.
      }
    });
    this.socket.unref();
  }

  close(): void {
    this.socket.close();
  }
}
