/** The Fetcher contract on the streams of any host, for `http://a.b.c.d:port/…` alone: how a simulated node asks a simulated server. Owns its questions under way. */

import { endpointOf } from '../../src/core/endpoint.ts';
import type { Fetcher, FetchLimits, FetchOperation, Host, Stream, StreamHandler } from '../../src/core/host.ts';
import { httpRequest, httpResponses } from '../../src/wire/http.ts';
import type { HttpResponse } from '../../src/wire/http-head.ts';

const NOTHING = new Uint8Array(0);

export class StreamFetcher implements Fetcher {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  fetch(url: string, _limits: FetchLimits, operation: FetchOperation): void {
    const { hostname, port, pathname, search } = new URL(url);
    const server = endpointOf(hostname, Number(port));
    if (server === null) throw new Error(`an address expected, got ${url}`);
    new Question(operation).ask(this.#host, server, `${pathname}${search}`);
  }
}

class Question implements StreamHandler<HttpResponse> {
  readonly #operation: FetchOperation;
  #stream: Stream | null = null;
  #over = false;

  constructor(operation: FetchOperation) {
    this.#operation = operation;
  }

  ask(host: Host, server: Uint8Array, target: string): void {
    this.#stream = host.connect(host.peer(server), httpResponses, this);
    const headers = new Map([
      ['host', 'cache'],
      ['connection', 'close'],
    ]);
    this.#stream.send(httpRequest, { method: 'GET', target, minor: 1, headers, body: NOTHING });
  }

  onMessage({ status, body }: HttpResponse): void {
    this.#end(status, body, '');
    this.#stream?.end();
  }

  onClose(reason: string): void {
    this.#end(0, NOTHING, reason);
  }

  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {
    this.#stream?.end();
  }

  #end(status: number, body: Uint8Array, detail: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#operation.onFetched(status, body, detail);
  }
}
