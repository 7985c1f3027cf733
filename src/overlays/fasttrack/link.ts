/** A session between two supernodes, as one of them sees it: who the other is, how full, and how much he may say. Owns nothing but that. */

import type { Endpoint } from '../../core/host.ts';
import type { Links } from './links.ts';
import { type SessionMessage, Type } from './messages.ts';
import type { Probed } from './probe.ts';
import type { Session, SessionHolder } from './session.ts';

/** Messages a second over time and at once; what is beyond is dropped, as on a line that is too thin. */
const MESSAGES_PER_SECOND = 200;
const MESSAGES_AT_ONCE = 2_000;

export class Link implements SessionHolder, Probed {
  readonly session: Session;
  readonly endpoint: Endpoint;
  /** By us: where it is has been proved. */
  readonly dialled: boolean;
  /** It may be told to others: we have reached it. */
  verified: boolean;
  /** It has said that it is a supernode. */
  isUp = false;
  /** It has answered, whatever else. */
  hasAnswered = false;
  readonly sinceMs: number;
  children = 0;
  childrenMax = 0;
  files = 0;
  megabytes = 0;
  load = 0;
  dropped = 0;
  private readonly links: Links;
  private allowance = MESSAGES_AT_ONCE;
  private allowanceMs: number;

  constructor(links: Links, session: Session | null, endpoint: Endpoint) {
    this.links = links;
    this.dialled = session === null;
    this.verified = this.dialled;
    this.endpoint = endpoint;
    this.sinceMs = links.supernode.host.now();
    this.allowanceMs = this.sinceMs;
    this.session = session ?? links.dial(endpoint, this);
    this.session.holder = this;
  }

  /** Children that it has room for, as it says. */
  get free(): number {
    return Math.max(0, this.childrenMax - this.children);
  }

  onReady(): void {
    this.hasAnswered = true;
    this.sayLink();
  }

  sayLink(): void {
    const { supernode } = this.links;
    const { childrenMax } = supernode.options;
    this.session.send({
      type: Type.link,
      body: { endpoint: supernode.endpoint, nonce: supernode.node.nonce, children: supernode.children.size, childrenMax },
    });
  }

  onRoom(): void {}

  onMessage(_session: Session, message: SessionMessage): void {
    if (this.mayGoOn()) this.links.onMessage(this, message);
    else this.dropped++;
  }

  /** Who cannot be reached where he says is no supernode. */
  onProbed(reached: boolean): void {
    const { node, host } = this.links.supernode;
    if (this.session.state === 'over') return;
    this.verified = reached;
    if (reached) node.cache.note(this.endpoint, this.load, host.now(), 0);
    else this.session.end();
  }

  onGone(): void {
    this.links.onGone(this);
  }

  private mayGoOn(): boolean {
    const now = this.links.supernode.host.now();
    this.allowance = Math.min(MESSAGES_AT_ONCE, this.allowance + ((now - this.allowanceMs) * MESSAGES_PER_SECOND) / 1000);
    this.allowanceMs = now;
    if (this.allowance < 1) return false;
    this.allowance--;
    return true;
  }
}
