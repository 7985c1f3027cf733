/** Who has an HTTP connection to a service that answers in a few words: so many at most, and none that is silent for long. Owns the connections. */

import type { Host, Peer, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { WebCaller } from './web-caller.ts';

const IDLE_MS_MAX = 30_000;

export class WebCallers implements StreamAcceptor<HttpRequest> {
  private readonly host: Host;
  private readonly most: number;
  private readonly answer: (caller: WebCaller, request: HttpRequest) => void;
  /** The one that was silent for longest comes first. */
  private readonly callers = new Set<WebCaller>();

  /** `answer` is to call `caller.answer` once, at once or later. One caller more than `most` takes the place of the one that was silent for longest. */
  constructor(host: Host, most: number, answer: (caller: WebCaller, request: HttpRequest) => void) {
    this.host = host;
    this.most = most;
    this.answer = answer;
  }

  get count(): number {
    return this.callers.size;
  }

  onConnection(peer: Peer): StreamHandler<HttpRequest> {
    if (this.callers.size >= this.most) this.callers.values().next().value?.drop();
    return new WebCaller(this, this.host.endpoint(peer), this.host.now());
  }

  opened(caller: WebCaller): void {
    this.callers.add(caller);
  }

  closed(caller: WebCaller): void {
    this.callers.delete(caller);
  }

  asked(caller: WebCaller, request: HttpRequest): void {
    caller.activeMs = this.host.now();
    this.callers.delete(caller);
    this.callers.add(caller);
    this.answer(caller, request);
  }

  /** To be called about once a second. */
  tick(): void {
    for (const caller of this.callers) {
      if (caller.activeMs + IDLE_MS_MAX > this.host.now()) return;
      caller.drop();
    }
  }

  stop(): void {
    for (const caller of this.callers) caller.finish();
  }
}
