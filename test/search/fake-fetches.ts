/** Fetches of the test's own making: they end when the test says so. Owns them. */

import type { FetchProgress, FetchRequest, FetchResult, FileFetch } from '../../src/node/files/file-fetch.ts';
import type { FetchMaker } from '../../src/node/search/fetch-book.ts';
import { type HolderWay, KnownWay } from '../../src/transfer/files/holder-way.ts';

export class FakeFetch implements FileFetch {
  readonly request: FetchRequest;
  readonly ways: HolderWay[];
  readonly end = Promise.withResolvers<FetchResult>();
  stopped = false;

  constructor(request: FetchRequest) {
    this.request = request;
    this.ways = [...request.ways];
  }

  get done(): Promise<FetchResult> {
    return this.end.promise;
  }

  get progress(): FetchProgress {
    const holders = this.ways.map(({ name }) => ({ name, state: 'sends', bytesPerSecond: 10, bytes: 1 }));
    return { state: 'moving', bytes: this.request.wanted.bytes, bytesDone: 7, bytesPerSecond: 10, checksParts: true, holders };
  }

  onProgress(): () => void {
    return () => undefined;
  }

  add(way: HolderWay): void {
    this.ways.push(way);
  }

  remove(): void {}

  async stop(): Promise<void> {
    this.stopped = true;
  }

  /** It is whole now. */
  arrives(path: string): void {
    this.end.resolve({ path, bytes: this.request.wanted.bytes, verification: 'parts' });
  }
}

export class FakeFetches implements FetchMaker {
  readonly made: FakeFetch[] = [];
  closed = false;

  fetch(request: FetchRequest): FakeFetch {
    const fetch = new FakeFetch(request);
    this.made.push(fetch);
    return fetch;
  }

  webWay(url: string): HolderWay | null {
    return new KnownWay(url, Uint8Array.of(1, 2, 3, 4, 0, 80), { speech: 'http', target: '/', headers: [] });
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
