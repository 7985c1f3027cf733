/** A node of tests that says what it is told to: it records what reaches it and sends any message to anybody. */

import type { Host, Peer, Protocol } from '../../src/core/host.ts';
import { krpc } from '../../src/overlays/kademlia/krpc.ts';
import type { KrpcMessage } from '../../src/overlays/kademlia/krpc-messages.ts';

export class FakeNode implements Protocol {
  readonly heard: KrpcMessage[] = [];
  private readonly host: Host;
  /** What it does with each message. */
  react: (from: Peer, message: KrpcMessage) => void = () => {};

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(krpc, {
      onDatagram: (from: Peer, message: KrpcMessage) => {
        this.heard.push(message);
        this.react(from, message);
      },
    });
  }

  say(to: Peer, message: KrpcMessage): void {
    this.host.send(to, krpc, message);
  }

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return { heard: this.heard.length };
  }
}
