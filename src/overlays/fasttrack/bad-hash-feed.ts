/** Fetches the lists of bad hashes over HTTP, now and then. Owns nothing but the moment of the next look. */

import type { Fetcher, FetchOperation } from '../../core/host.ts';
import { LIST_BYTES_MAX } from './bad-hashes.ts';
import type { FastTrackNode } from './fasttrack-node.ts';

const EVERY_MS = 3_600_000;
const TIMEOUT_MS = 30_000;
const OK = 200;

export class BadHashFeed implements FetchOperation {
  private readonly node: FastTrackNode;
  private readonly fetcher: Fetcher;
  private nextMs = 0;

  constructor(node: FastTrackNode, fetcher: Fetcher) {
    this.node = node;
    this.fetcher = fetcher;
  }

  beat(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + EVERY_MS;
    for (const url of this.node.options.badHashUrls) this.fetcher.fetch(url, { bytesMax: LIST_BYTES_MAX, timeoutMs: TIMEOUT_MS }, this);
  }

  /** The signature says whose it is, wherever it was fetched. */
  onFetched(status: number, body: Uint8Array): void {
    if (status === OK) this.node.takeBadHashes(body);
  }
}
