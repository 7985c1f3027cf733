/**
 * The way of one stream through a proxy: the handshake reads from the very socket, into the very buffer, that the stream reads from after
 * it, so that nothing stands between the two from then on. Owned by the stream port.
 */

import { type OnReadOpts, Socket } from 'node:net';
import type { CloseReason } from '../core/host.ts';
import type { SocksAddress } from '../wire/socks5.ts';
import type { ProxyHandshake } from './proxy-handshake.ts';
import { handshakeTo, type Proxy, textOfAddress } from './proxy.ts';
import type { SocketStream } from './socket-stream.ts';

export class ProxiedStream {
  private readonly proxy: Proxy;
  private readonly to: SocksAddress;
  private readonly stream: SocketStream;
  private readonly handshake: ProxyHandshake;
  private readonly socket: Socket;
  private open = false;

  constructor(proxy: Proxy, to: SocksAddress, buffer: Uint8Array, stream: SocketStream) {
    this.proxy = proxy;
    this.to = to;
    this.stream = stream;
    this.handshake = handshakeTo(proxy, to);
    const onread: OnReadOpts = { buffer, callback: this.onReceived };
    this.socket = new Socket({ allowHalfOpen: true, noDelay: true, onread });
    // Before the stream's own: it is the proxy that cannot be reached, not who is behind it.
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.fail('unreachable', error.code ?? error.message));
    this.socket.on('end', () => this.fail('unreachable', 'it hung up'));
  }

  dial(): void {
    const { hostname: host, port } = this.proxy;
    this.socket.connect({ host, port }, () => {
      this.socket.resume();
      this.socket.write(this.handshake.begin());
    });
    this.stream.attach(this.socket, 'handshake');
  }

  private readonly onReceived = (length: number, bytes: Uint8Array): boolean => {
    if (this.open) return this.stream.onReceived(length, bytes);
    const step = this.handshake.receive(bytes.subarray(0, length));
    if (step.kind === 'refused') this.fail(step.reason, `${textOfAddress(this.to)}: ${step.detail}`);
    else if (step.kind === 'more') {
      if (step.send !== null) this.socket.write(step.send);
    } else {
      this.open = true;
      this.stream.onConnected();
      if (step.rest.length > 0) this.stream.onReceived(step.rest.length, step.rest);
    }
    return true;
  };

  private fail(reason: CloseReason, detail: string): void {
    if (!this.open) this.stream.failAttached(reason, `the proxy ${this.proxy.text}: ${detail}`);
  }
}
