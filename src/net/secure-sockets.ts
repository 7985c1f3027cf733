/** TLS sockets for streams that ask for one (https web seeds). Owns the TLS part of Node, which is loaded when it is first needed. */

import { isIP, type OnReadOpts } from 'node:net';
import type { SocketStream } from './socket-stream.ts';

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
    const options = {
      ...to,
      onread,
      ALPNProtocols: ['http/1.1'],
      // An address has no name to be sent along (RFC 6066 §3), but its certificate is checked all the same.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_host: string, certificate: import('node:tls').PeerCertificate) => checkServerIdentity(name, certificate),
    };
    stream.attach(connect(options).setNoDelay(true), 'secureConnect');
  }
}
