/**
 * Several protocols on one host: one port, one process. Datagrams are told apart by their codecs (`recognizes`), timers by what is here;
 * one of the protocols may listen. Owns the protocols.
 */

import type { Host, Protocol, Timer } from './host.ts';
import { HostView } from './host-view.ts';

/** A protocol that shares its host has timers of so many kinds at most. */
export const TIMER_KINDS_MAX = 16;

export class SideBySide implements Protocol {
  private readonly host: Host;
  private readonly protocols: Protocol[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  /** One more, made as `Host.run` and `World.addNode` make theirs; to be called before `start`. */
  add<P extends Protocol>(factory: (host: Host) => P): P {
    const protocol = factory(new PlaceOnHost(this.host, this.protocols.length * TIMER_KINDS_MAX));
    this.protocols.push(protocol);
    return protocol;
  }

  /** In the order in which they were added. */
  start(): void {
    for (const protocol of this.protocols) protocol.start();
  }

  onTimer(kind: number, arg: number): void {
    this.protocols[Math.floor(kind / TIMER_KINDS_MAX)]?.onTimer(kind % TIMER_KINDS_MAX, arg);
  }

  /** The last first: it may still need those before it. */
  stop(): void {
    for (const protocol of [...this.protocols].reverse()) protocol.stop();
  }

  inspect(): unknown {
    return this.protocols.map((protocol) => protocol.inspect());
  }
}

class PlaceOnHost extends HostView {
  private readonly firstKind: number;

  constructor(host: Host, firstKind: number) {
    super(host);
    this.firstKind = firstKind;
  }

  override setTimer(delayMs: number, kind: number, arg: number): Timer {
    if (kind >= TIMER_KINDS_MAX) throw new RangeError(`a timer kind below ${TIMER_KINDS_MAX} expected on a shared host, got ${kind}`);
    return this.host.setTimer(delayMs, this.firstKind + kind, arg);
  }
}
