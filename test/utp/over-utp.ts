/** Runs a protocol whose streams go over µTP: its host is the real one but for `connect` and `listen`. */

import type { Framing } from '../../src/core/framing.ts';
import type { Host, Peer, Protocol, Stream, StreamAcceptor, StreamHandler } from '../../src/core/host.ts';
import { HostView } from '../../src/core/host-view.ts';
import { UtpPort } from '../../src/transfer/utp/index.ts';

/** No protocol under test has a timer of this kind. */
const UTP_TIMER = 99;

export class OverUtp<P extends Protocol> implements Protocol {
  readonly inner: P;
  readonly port: UtpPort;

  constructor(host: Host, factory: (host: Host) => P) {
    this.port = new UtpPort(host, UTP_TIMER);
    this.inner = factory(new UtpHost(host, this.port));
  }

  start(): void {
    this.port.start();
    this.inner.start();
  }

  onTimer(kind: number, arg: number): void {
    if (kind === UTP_TIMER) this.port.onTimer(arg);
    else this.inner.onTimer(kind, arg);
  }

  stop(): void {
    this.inner.stop();
    this.port.close();
  }

  inspect(): unknown {
    return this.inner.inspect();
  }
}

class UtpHost extends HostView {
  private readonly port: UtpPort;

  constructor(host: Host, port: UtpPort) {
    super(host);
    this.port = port;
  }

  override connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    return this.port.connect(peer, framing, handler);
  }

  override listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void {
    this.port.listen(framing, acceptor);
  }
}
