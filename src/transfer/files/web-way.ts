/**
 * A plain web server that has the file (`xs` and `ws` of magnet links): its name is looked up each time, and redirects are followed, though never further
 * inside than the first address was. Owns what it has been led to.
 */

import { mayName } from '../../core/address-scope.ts';
import type { Endpoint, Host, ResolveOperation } from '../../core/host.ts';
import { formatHttpUrl, httpAuthority, type HttpUrl, resolveHttpUrl } from '../../wire/http-url.ts';
import type { FileAsk, HolderWay, WayAttempt, WayListener } from './holder-way.ts';

export class WebWay implements HolderWay {
  readonly name: string;
  readonly network = 'web';
  private readonly host: Host;
  private url: HttpUrl;
  private firstEndpoint: Endpoint | null = null;

  constructor(host: Host, url: HttpUrl) {
    this.host = host;
    this.url = url;
    this.name = formatHttpUrl(url);
  }

  reach(listener: WayListener): WayAttempt {
    const looking = new Looking(this, listener);
    this.host.resolve(this.url.hostname, this.url.port, looking);
    return looking;
  }

  onMoved(location: string): boolean {
    const next = resolveHttpUrl(this.url, location);
    if (next !== null) this.url = next;
    return next !== null;
  }

  onResolved(listener: WayListener, endpoints: readonly Endpoint[]): void {
    const endpoint = endpoints.find((each) => this.firstEndpoint === null || mayName(this.firstEndpoint, each));
    if (endpoint === undefined) {
      return listener.onUnreachable(endpoints.length === 0 ? `${this.url.hostname} is not known` : 'led from outside to an address inside');
    }
    this.firstEndpoint ??= endpoint;
    const ask: FileAsk = {
      speech: 'http',
      target: this.url.target,
      headers: [['host', httpAuthority(this.url)]],
      ...(this.url.secure ? { secureName: this.url.hostname } : {}),
    };
    listener.onAddress(endpoint, ask);
  }
}

class Looking implements ResolveOperation, WayAttempt {
  private readonly way: WebWay;
  private listener: WayListener | null;

  constructor(way: WebWay, listener: WayListener) {
    this.way = way;
    this.listener = listener;
  }

  cancel(): void {
    this.listener = null;
  }

  onResolved(endpoints: readonly Endpoint[]): void {
    if (this.listener !== null) this.way.onResolved(this.listener, endpoints);
  }
}
