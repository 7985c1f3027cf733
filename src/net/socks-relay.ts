/**
 * The way of datagrams through a SOCKS 5 proxy (UDP ASSOCIATE, RFC 1928 §7): a socket that is connected to the proxy's relay, so that the system itself
 * lets nothing go elsewhere and nothing come from elsewhere, for as long as the TCP connection that asked for it stands. Owns both, and renews them.
 */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { isIP, type Socket } from 'node:net';
import { endpointIp, endpointPort } from '../core/endpoint.ts';
import { type SocksAddress, SocksCommand } from '../wire/socks5.ts';
import { SocksHandshake } from './proxy-handshake.ts';
import { type Proxy, ProxyError } from './proxy.ts';
import { isWildcard } from './socket-address.ts';
import { openWith } from './tunnel.ts';

/** A relay that went is asked for again, with growing patience. */
const RETRY_MS = 1000;
const RETRY_MS_MAX = 60_000;
/** The client does not say where it will send from (RFC 1928 §4): it does not know what its router makes of it. */
const ANYWHERE: SocksAddress = { endpoint: new Uint8Array(6) };

export class SocksRelay {
  private readonly proxy: Proxy;
  private readonly onDatagram: (bytes: Buffer) => void;
  private readonly receiveBufferBytes: number;
  /** Null while there is no relay: datagrams get lost meanwhile. */
  socket: DatagramSocket | null = null;
  private control: Socket | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retryMs = RETRY_MS;
  private closed = false;

  constructor(proxy: Proxy, receiveBufferBytes: number, onDatagram: (bytes: Buffer) => void) {
    this.proxy = proxy;
    this.receiveBufferBytes = receiveBufferBytes;
    this.onDatagram = onDatagram;
  }

  /** Rejects with a ProxyError when there is no relay to be had. */
  async open(): Promise<void> {
    const handshake = new SocksHandshake(SocksCommand.udpAssociate, ANYWHERE, this.proxy.credentials);
    const { socket: control, bound } = await openWith(this.proxy, handshake);
    control.on('error', () => undefined);
    const [host, port] = relayPlace(bound, control.remoteAddress ?? '');
    const socket = await connected(host, port).catch((error: NodeJS.ErrnoException) => {
      control.destroy();
      throw new ProxyError(this.proxy, `its relay ${host}:${port}: ${error.code ?? error.message}`, true);
    });
    if (this.closed || control.destroyed) {
      control.destroy();
      socket.close();
      throw new ProxyError(this.proxy, 'it hung up');
    }
    // About one datagram that did not leave, or an ICMP answer to one: lost, as datagrams are.
    socket.on('error', () => undefined);
    socket.on('message', this.onDatagram);
    try {
      socket.setRecvBufferSize(this.receiveBufferBytes);
    } catch {
      // Some systems refuse what is over their limit instead of giving less; the default has to do then.
    }
    this.socket = socket;
    this.control = control;
    this.retryMs = RETRY_MS;
    control.on('close', () => this.lost());
    control.resume();
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    this.control?.destroy();
    if (socket !== null) await new Promise<void>((resolve) => socket.close(resolve));
  }

  private lost(): void {
    this.socket?.close();
    this.socket = null;
    this.control = null;
    this.retry();
  }

  private retry(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => void this.open().catch(() => this.retry()), this.retryMs);
    this.timer.unref();
    this.retryMs = Math.min(this.retryMs * 2, RETRY_MS_MAX);
  }
}

/** A relay at no address in particular is where the proxy is. */
function relayPlace(bound: SocksAddress | null, proxyIp: string): readonly [string, number] {
  if (bound === null) throw new Error('a SOCKS proxy names its relay in every answer');
  if (!('endpoint' in bound)) return [isIP(bound.name) === 0 ? proxyIp : bound.name, bound.port];
  const ip = endpointIp(bound.endpoint);
  return [isWildcard(ip) ? proxyIp : ip, endpointPort(bound.endpoint)];
}

function connected(host: string, port: number): Promise<DatagramSocket> {
  // An address already: no name is looked up.
  const socket = createSocket({
    type: host.includes(':') ? 'udp6' : 'udp4',
    lookup: (name, _options, done) => done(null, name, isIP(name)),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    // Node calls back with an error where the connection could not be made.
    socket.connect(port, host, ((error?: Error) => {
      socket.off('error', reject);
      if (error === undefined || error === null) return resolve(socket);
      socket.close();
      reject(error);
    }) as () => void);
  });
}
