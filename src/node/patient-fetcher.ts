/** A fetcher that lets the last words out before it closes: trackers are told of the end while the engine is stopping. Owns the count. */

import type { Fetcher, FetchLimits, FetchOperation } from '../core/host.ts';
import { HttpFetcher } from '../net/fetcher.ts';
import type { Proxy } from '../net/proxy.ts';

/** A tracker that takes longer to hear goodbye finds out by itself. */
const GOODBYE_MS_MAX = 1_000;

export class PatientFetcher implements Fetcher {
  readonly #fetcher: HttpFetcher;
  #running = 0;
  #onIdle: () => void = () => undefined;

  constructor(proxy: Proxy | null = null) {
    this.#fetcher = new HttpFetcher(proxy);
  }

  fetch(url: string, limits: FetchLimits, operation: FetchOperation): void {
    this.#running++;
    this.#fetcher.fetch(url, limits, {
      onFetched: (status, body, detail) => {
        this.#running--;
        operation.onFetched(status, body, detail);
        if (this.#running === 0) this.#onIdle();
      },
    });
  }

  /** Waits for what is under way, not for long. */
  async close(): Promise<void> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
        setTimeout(resolve, GOODBYE_MS_MAX).unref();
      });
    }
    this.#fetcher.close();
  }
}
