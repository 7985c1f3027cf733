/** Where others reach this node, as far as that is known: by its own socket, or by what those see who were dialled. Owns that. */

import { endpointPort, isLoopback, withPort } from '../../core/endpoint.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { endpointKey } from './endpoint-key.ts';
import { addressIn } from './greeter.ts';
import { isDialable } from './packet.ts';

export class OwnAddress {
  endpoint: Endpoint | null = null;
  private key = 0;
  private readonly host: Host;
  private seen: Endpoint | null = null;

  constructor(host: Host) {
    this.host = host;
  }

  /** To be called now and then: a socket may learn its address late. */
  refresh(): void {
    const { stream } = this.host.self;
    if (stream === null) this.endpoint = null;
    else if (isDialable(stream)) this.endpoint = stream;
    else this.endpoint = this.seen === null ? null : withPort(this.seen, endpointPort(stream));
    this.key = this.endpoint === null ? 0 : endpointKey(this.endpoint);
  }

  /** Somebody whom we have dialled sees us there. Who lies about it makes us say a wrong address, which others do not believe. */
  learn(text: string): void {
    const { stream } = this.host.self;
    if (stream !== null) this.seen = addressIn(text, endpointPort(stream)) ?? this.seen;
    this.refresh();
  }

  is(endpoint: Endpoint): boolean {
    return this.endpoint !== null && endpointKey(endpoint) === this.key;
  }

  /** Whether somebody else may be there. Nobody far away sends us to our own machine. */
  mayDial(endpoint: Endpoint): boolean {
    return isDialable(endpoint) && !this.is(endpoint) && !(isLoopback(endpoint) && this.endpoint !== null && !isLoopback(this.endpoint));
  }
}
