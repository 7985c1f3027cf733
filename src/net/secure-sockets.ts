/** TLS sockets for streams that ask for one (https web seeds). Owns the TLS part of Node, which is loaded when it is first needed. */

import { isIP, type OnReadOpts, type Socket } from 'node:net';
import type { SocksAddress } from '../wire/socks5.ts';
import type { Proxy } from './proxy.ts';
import type { SocketStream } from './socket-stream.ts';
import { openTunnel } from './tunnel.ts';

interface Place {
  readonly host: string;
  readonly port: number;
  readonly localAddress?: string;
}

export class SecureSockets {
  #tls: Promise<typeof import('node:tls')> | null = null;

  /** Dials, with the system's and Node's own roots of trust, and hands the socket to the stream unless that was reset meanwhile. */
  async open(to: Place, name: string, onread: OnReadOpts, stream: SocketStream): Promise<void> {
    this.#tls ??= import('node:tls');
    const { checkServerIdentity, connect } = await this.#tls;
    if (stream.isFinished) return stream.failToConnect('');
    const options = { ...expecting(name, checkServerIdentity), ...to, onread };
    stream.attach(connect(options).setNoDelay(true), 'secureConnect');
  }

  /** The same through a proxy, which sees the name of the server and nothing else. */
  async openThrough(proxy: Proxy, to: SocksAddress, name: string, onread: OnReadOpts, stream: SocketStream): Promise<void> {
    this.#tls ??= import('node:tls');
    const { checkServerIdentity, connect } = await this.#tls;
    let tunnel: Socket;
    try {
      tunnel = await openTunnel(proxy, to);
    } catch (error) {
      return stream.failToConnect((error as Error).message);
    }
    if (stream.isFinished) {
      tunnel.destroy();
      return stream.failToConnect('');
    }
    const socket = connect({ socket: tunnel, ...expecting(name, checkServerIdentity) });
    // Node reads into a buffer of ours only where it connects by itself.
    socket.on('data', (bytes: Buffer) => onread.callback(bytes.length, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)));
    stream.attach(socket, 'secureConnect');
  }
}

function expecting(name: string, check: typeof import('node:tls').checkServerIdentity) {
  return {
    ALPNProtocols: ['http/1.1'],
    // An address has no name to be sent along (RFC 6066 §3), but its certificate is checked all the same.
    ...(isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_host: string, certificate: import('node:tls').PeerCertificate) => check(name, certificate),
  };
}
