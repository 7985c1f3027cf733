/**
 * Multicast groups on UDP sockets (RFC 1112, 4291 §2.7): one socket a family, joined on every network that the host is in. Owned by the
 * socket host. Where a network has no multicast there are no groups, which is no error: nobody is to be found there.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { type Codec, encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { ENDPOINT_V4_BYTES, endpointIp, endpointPort, isLoopback } from '../core/endpoint.ts';
import type { Endpoint, GroupHandler, Multicaster } from '../core/host.ts';
import type { EventLoop } from './event-loop.ts';
import { endpointFromNode, isWildcard } from './socket-address.ts';

/** A machine has a few networks; one with hundreds of containers speaks in the first of them. */
const NETWORKS_MAX = 16;

/** A group on the socket of its family. */
interface Joined {
  readonly group: Endpoint;
  readonly socket: Socket;
  /** What `setMulticastInterface` takes, for each network. */
  readonly networks: readonly string[];
}

export class MulticastPort implements Multicaster {
  private readonly loop: EventLoop;
  /** Only what comes from this machine is heard, and nothing leaves it. */
  private readonly loopbackOnly: boolean;
  private readonly joined: Joined[] = [];
  private codec: Codec<unknown> | null = null;
  private handler: GroupHandler<unknown> | null = null;

  /** Speaks in the networks of `address`: an IP literal, a wildcard for all of them, a loopback address for none but this machine. */
  static async open(loop: EventLoop, address: string, groups: readonly Endpoint[]): Promise<MulticastPort> {
    const endpoint = endpointFromNode(address, 0);
    const port = new MulticastPort(loop, endpoint !== null && isLoopback(endpoint));
    for (const group of groups) {
      const networks = networksOf(address, group.length === ENDPOINT_V4_BYTES);
      if (networks.length > 0) await port.join(group, networks);
    }
    return port;
  }

  private constructor(loop: EventLoop, loopbackOnly: boolean) {
    this.loop = loop;
    this.loopbackOnly = loopbackOnly;
  }

  get groups(): readonly Endpoint[] {
    return this.joined.map(({ group }) => group);
  }

  hear<M>(codec: Codec<M>, handler: GroupHandler<M>): void {
    this.codec = codec;
    this.handler = handler;
  }

  say<M>(group: Endpoint, codec: Codec<M>, message: M): void {
    const place = this.joined.find((each) => each.group === group);
    if (place === undefined) return;
    const bytes = encodeToBytes(codec, message);
    for (const network of place.networks) {
      try {
        // The socket sends within `send`, so that one can speak in several networks in turn.
        place.socket.setMulticastInterface(network);
        place.socket.send(bytes, endpointPort(group), endpointIp(group));
      } catch {
        // The network has gone, as a laptop's does.
      }
    }
  }

  async close(): Promise<void> {
    const sockets = this.joined.splice(0).map(({ socket }) => socket);
    await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
  }

  private async join(group: Endpoint, networks: readonly string[]): Promise<void> {
    const type = group.length === ENDPOINT_V4_BYTES ? 'udp4' : 'udp6';
    // Every program on this machine that takes part has the same port. Addresses are literals: nothing is to be looked up.
    const socket = createSocket({
      type,
      reuseAddr: true,
      ipv6Only: type === 'udp6',
      lookup: (name, _options, done) => done(null, name, type === 'udp6' ? 6 : 4),
    });
    const bound = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind(endpointPort(group), type === 'udp6' ? '::' : '0.0.0.0', () => resolve(true));
    });
    const members = bound ? networks.filter((network) => addMembership(socket, group, network)) : [];
    if (members.length === 0) {
      socket.close();
      return;
    }
    // An error of a bound socket is about one datagram that did not leave.
    socket.removeAllListeners('error').on('error', () => {});
    socket.on('message', this.onReceived);
    this.joined.push({ group, socket, networks: members });
  }

  private readonly onReceived = (bytes: Buffer, from: RemoteInfo): void => {
    const endpoint = endpointFromNode(from.address, from.port);
    if (endpoint === null || (this.loopbackOnly && !isLoopback(endpoint)) || !this.loop.begin()) return;
    this.deliver(endpoint, bytes);
    this.loop.end();
  };

  private deliver(from: Endpoint, bytes: Uint8Array): void {
    if (this.codec === null || this.handler === null) return;
    let message: unknown;
    try {
      message = this.codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    } catch (error) {
      if (error instanceof MalformedMessage) return;
      throw error;
    }
    this.handler.onHeard(from, message);
  }
}

function addMembership(socket: Socket, group: Endpoint, network: string): boolean {
  try {
    socket.addMembership(endpointIp(group), network);
    return true;
  } catch {
    return false;
  }
}

/** The networks to speak in, as `addMembership` and `setMulticastInterface` name them: by an address of ours, for IPv6 by the interface. */
function networksOf(address: string, ipv4: boolean): string[] {
  const networks = new Set<string>();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const each of addresses ?? []) {
      const wanted = isWildcard(address) ? !each.internal && (ipv4 || address === '::') : each.address === address;
      if (!wanted || (each.family === 'IPv4') !== ipv4 || networks.size === NETWORKS_MAX) continue;
      networks.add(ipv4 ? each.address : `::%${name}`);
    }
  }
  return [...networks];
}
