/**
 * One GET in flight, with the redirects that it is sent through (RFC 9110 §15.4). Owned by whoever asked; the client gives it a
 * connection and passes on what arrives there.
 */

import type { Body, Endpoint, Stream } from '../../core/host.ts';
import type { HttpResponse } from '../../wire/http-head.ts';
import { formatHttpUrl, httpAuthority, type HttpUrl, resolveHttpUrl } from '../../wire/http-url.ts';
import { reachOf, type Reach } from './inside-address.ts';

export const REDIRECTS_MAX = 5;
/** A server that brings neither its answer nor this much of it in that time has stalled: what waits for it goes elsewhere. */
export const STALL_MS = 30_000;
export const STALL_BYTES = 16_384;

/** Told of one GET, in events. After `onGetDone` or `onGetFailed`, or a `cancel`, nothing more comes. */
export interface GetOperation {
  /** The head of the answer, whatever its status; redirects are not told. `head.body` is the text of a failure, if that was short. */
  onGetHead(head: HttpResponse): void;
  /** The next slice of the body; borrowed. */
  onGetBody(body: Body): void;
  /** The body is whole. */
  onGetDone(): void;
  /** No answer, or only a part of it; `detail` is for people. */
  onGetFailed(detail: string): void;
}

/** What a GET needs of its client. */
export interface GetOwner {
  /** Begins, or begins again at `get.url`. */
  dispatch(get: HttpGet): void;
  /** The get is over while its connection still has something to say. */
  abandon(get: HttpGet): void;
}

export class HttpGet {
  url: HttpUrl;
  readonly headers: ReadonlyMap<string, string>;
  readonly operation: GetOperation;
  /** Set while a connection serves it. */
  stream: Stream | null = null;
  over = false;
  headCame = false;
  private readonly owner: GetOwner;
  private redirects = 0;
  /** From where the first URL was served: a redirect may lead no further inside than that. */
  private reach: Reach | null = null;
  private paused = false;
  private windowStartMs: number;
  private windowBytes = 0;

  constructor(owner: GetOwner, url: HttpUrl, headers: ReadonlyMap<string, string>, operation: GetOperation, now: number) {
    this.owner = owner;
    this.url = url;
    this.headers = headers;
    this.operation = operation;
    this.windowStartMs = now;
  }

  /** Nothing more is reported. A body that is still coming costs its connection. */
  cancel(): void {
    if (this.over) return;
    this.over = true;
    this.owner.abandon(this);
  }

  /** No slice until `resume`; the server is held back. The time does not count as a stall. */
  pause(): void {
    this.paused = true;
    this.stream?.pause();
  }

  resume(now: number): void {
    if (!this.paused) return;
    this.paused = false;
    this.windowStartMs = now;
    this.windowBytes = 0;
    this.stream?.resume();
  }

  /**
   * Why it may not go to that address, or null. URLs come from strangers: they shall not make us press a button of our router, or of
   * another program of this machine, which is what a query inside may be, and a redirect from outside may lead to.
   */
  objectionTo(endpoint: Endpoint): string | null {
    const reach = reachOf(endpoint);
    if (this.redirects === 0) {
      this.reach = reach;
      const asks = this.url.target.includes('?') && !PIECE_QUERY.test(this.url.target);
      return reach !== 'world' && asks ? `expected a plain path at a server inside, got a query: ${httpAuthority(this.url)}` : null;
    }
    const isFurtherInside = reach !== 'world' && reach !== this.reach && this.reach !== 'machine';
    return isFurtherInside ? `led from outside to ${httpAuthority(this.url)}, which is inside` : null;
  }

  // ---- what the client reports ---------------------------------------------------------------------------------------------

  attach(stream: Stream): void {
    this.stream = stream;
    // The one before may have left it paused.
    if (this.paused) stream.pause();
    else stream.resume();
  }

  /** True when the answer was a redirect that was followed: this connection is done with it. */
  onHead(head: HttpResponse): boolean {
    const location = head.headers.get('location');
    if (REDIRECTS.has(head.status) && location !== undefined) {
      this.redirect(location);
      return true;
    }
    this.headCame = true;
    this.operation.onGetHead(head);
    return false;
  }

  onBody(body: Body): void {
    this.windowBytes += body.length;
    this.operation.onGetBody(body);
  }

  done(): void {
    if (this.over) return;
    this.over = true;
    this.stream = null;
    this.operation.onGetDone();
  }

  fail(detail: string): void {
    if (this.over) return;
    this.over = true;
    this.stream = null;
    this.operation.onGetFailed(detail);
  }

  /** True when it has stalled. */
  hasStalled(now: number): boolean {
    // In line for a connection, or held back by us: the server cannot be blamed.
    if (this.paused || this.stream === null) {
      this.windowStartMs = now;
      return false;
    }
    if (now - this.windowStartMs < STALL_MS) return false;
    const stalled = this.windowBytes < STALL_BYTES;
    this.windowStartMs = now;
    this.windowBytes = 0;
    return stalled;
  }

  private redirect(location: string): void {
    this.stream = null;
    if (this.redirects === REDIRECTS_MAX) return this.fail(`expected at most ${REDIRECTS_MAX} redirects`);
    const next = resolveHttpUrl(this.url, location);
    if (next === null) return this.fail(`expected a redirect to an http or https URL, got ${location.slice(0, SHOWN_CHARS)}`);
    this.redirects++;
    this.url = next;
    this.owner.dispatch(this);
  }

  toString(): string {
    return formatHttpUrl(this.url);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** BEP 17's question, which harms nobody. */
const PIECE_QUERY = /^[^?]*\?info_hash=[^&]*&piece=\d+(&ranges=[\d,-]+)?$/;
const SHOWN_CHARS = 80;
