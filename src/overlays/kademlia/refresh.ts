/** Keeps the buckets of a table fresh: one that nobody looked into for a quarter of an hour gets a lookup (BEP 5), one at a time. */

import { FindNode, type FindNodeHandler } from './find-node.ts';
import type { Network } from './network.ts';
import { randomSharing } from './node-id.ts';

export class Refresh implements FindNodeHandler {
  private readonly network: Network;
  private underway = false;

  constructor(network: Network) {
    this.network = network;
  }

  onTick(): void {
    const { network } = this;
    const { refreshMs } = network.node.options;
    if (this.underway || refreshMs === 0 || network.table.size === 0) return;
    const bucket = network.table.stalest(network.nowS(), refreshMs / 1000);
    if (bucket < 0) return;
    this.underway = true;
    refreshBucket(network, bucket, this);
  }

  onNodes(): void {
    this.underway = false;
  }
}

/** A lookup for a random id in the range of that bucket. */
export function refreshBucket(network: Network, bucket: number, handler: FindNodeHandler): void {
  const { node, table } = network;
  new FindNode(node, randomSharing(table.self, bucket, node.host.random), handler, [network]).start();
}
