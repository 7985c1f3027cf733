/** How answers to requests for files name this node of FastTrack; it changes with the supernode. Owns no state. */

import { formatEndpoint } from '../core/endpoint.ts';
import type { FastTrackNode } from '../overlays/fasttrack/index.ts';
import type { KazaaIdentity } from '../transfer/files/index.ts';

export class FastTrackIdentity implements KazaaIdentity {
  readonly #node: () => FastTrackNode;

  constructor(node: () => FastTrackNode) {
    this.#node = node;
  }

  get userName(): string {
    return this.#node().name;
  }

  get address(): string {
    return formatEndpoint(this.#node().ownAddress);
  }

  get supernode(): string {
    const { supernode, parent, ownAddress } = this.#node();
    return formatEndpoint(supernode === null && parent.endpoint !== null ? parent.endpoint : ownAddress);
  }
}
