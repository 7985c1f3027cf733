/** A host on the open Internet, as far as one node sees it: every address answers what a test says. For what the addresses of a world cannot show. */

import { formatEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint, Host, Peer, Timer } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import type { Kademlia } from '../../src/overlays/kademlia/kademlia.ts';
import type { KrpcMessage, KrpcQuery } from '../../src/overlays/kademlia/krpc-messages.ts';

export class PublicHost {
  readonly random = new Random(1);
  readonly self = { datagram: Uint8Array.of(203, 0, 113, 1, 0x1a, 0xe1), stream: null };
  /** What was sent and is not answered yet. */
  private readonly sent: { readonly to: Peer; readonly message: KrpcMessage }[] = [];
  private readonly endpoints: Endpoint[] = [];
  private readonly peers = new Map<string, Peer>();

  now(): number {
    return 0;
  }

  setTimer(): Timer {
    return 1 as Timer;
  }

  clearTimer(): void {}

  bind(): void {}

  tap(): void {}

  peer(endpoint: Endpoint): Peer {
    const text = formatEndpoint(endpoint);
    const peer = this.peers.get(text) ?? (this.endpoints.push(endpoint.slice()) as Peer);
    this.peers.set(text, peer);
    return peer;
  }

  endpoint(peer: Peer): Endpoint {
    return (this.endpoints[peer - 1] as Endpoint).slice();
  }

  send(to: Peer, _codec: unknown, message: KrpcMessage): void {
    this.sent.push({ to, message });
  }

  /** As a host, of which a node needs no more than this. */
  get host(): Host {
    return this as unknown as Host;
  }

  /** Lets `answer` reply to each query of the node until there are no more; null is silence. */
  run(node: Kademlia, answer: (to: Endpoint, query: KrpcQuery) => KrpcMessage | null): void {
    for (let sent = this.sent.shift(); sent !== undefined; sent = this.sent.shift()) {
      if (sent.message.kind !== 'query') continue;
      const reply = answer(this.endpoint(sent.to), sent.message);
      if (reply !== null) node.onDatagram(sent.to, reply);
    }
  }
}
