/** Fetches of the test's own making: they end when the test says so. Owns them. */

import type { FetchMaker, FetchParts, FetchProgress, FetchRequest, FetchResult, FileFetch } from '../../src/node/files/file-fetch.ts';
import { Failure } from '../../src/node/failure.ts';
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
    const sending = { phase: 'sending', isPartial: false, state: 'sends', bytesPerSecond: 10, bytes: 1 } as const;
    const holders = this.ways.map(({ name, network = null }) => ({ name, network, ...sending }));
    const { bytes } = this.request.wanted;
    return { state: 'moving', bytes, bytesDone: 7, bytesPerSecond: 10, checksParts: true, verdict: null, holders };
  }

  get parts(): FetchParts {
    return { count: 2, bytes: 500, have: 1, bits: Uint8Array.of(0x80), availability: Uint8Array.of(1, 2) };
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
    this.end.reject(new Failure('interrupted', 'It was stopped.', '', ''));
  }

  /** It is whole now. */
  arrives(path: string): void {
    this.end.resolve({ path, bytes: this.request.wanted.bytes, verification: 'parts' });
  }
}

export class FakeFetches implements FetchMaker {
  readonly made: FakeFetch[] = [];
  /** What was taken away. */
  readonly discarded: string[] = [];
  closed = false;

  fetch(request: FetchRequest): FakeFetch {
    const fetch = new FakeFetch(request);
    this.made.push(fetch);
    return fetch;
  }

  webWay(url: string): HolderWay | null {
    return new KnownWay(url, Uint8Array.of(1, 2, 3, 4, 0, 80), { speech: 'http', target: '/', headers: [] });
  }

  partPath({ folder, name }: FetchRequest): string {
    return `${folder}/${name}.part`;
  }

  discard(request: FetchRequest): void {
    this.discarded.push(this.partPath(request));
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
