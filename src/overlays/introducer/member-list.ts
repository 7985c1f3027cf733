/** The members of one network that an introducer knows: bounded, the one that was heard of longest ago goes first. Owns its list. */

import { scopeOf } from '../../core/address-scope.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';

export interface Member {
  readonly endpoint: Endpoint;
  readonly heardMs: number;
}

export class MemberList {
  private readonly membersMax: number;
  private readonly memberMs: number;
  /** In the order in which they were heard of. */
  private readonly members = new Map<string, Member>();

  constructor(membersMax: number, memberMs: number) {
    this.membersMax = membersMax;
    this.memberMs = memberMs;
  }

  get count(): number {
    return this.members.size;
  }

  add(endpoint: Endpoint, nowMs: number): void {
    const key = formatEndpoint(endpoint);
    this.members.delete(key);
    this.members.set(key, { endpoint: endpoint.slice(), heardMs: nowMs });
    if (this.members.size > this.membersMax) this.members.delete(this.members.keys().next().value as string);
  }

  /** It could not be reached. */
  remove(endpoint: Endpoint): void {
    this.members.delete(formatEndpoint(endpoint));
  }

  forgetOld(nowMs: number): void {
    for (const [key, { heardMs }] of this.members) {
      if (heardMs + this.memberMs > nowMs) return;
      this.members.delete(key);
    }
  }

  /** All, those heard of longest ago first. */
  all(): readonly Member[] {
    return [...this.members.values()];
  }

  /**
   * Some of them by chance, as far as `asker` can make use of them, and not himself (`own`). Were it always the newest, those who come one after the
   * other would know nobody but their neighbours in time, and the network would be a chain.
   */
  some(count: number, asker: Endpoint, own: Endpoint | null, random: Random): readonly Member[] {
    const ownKey = own === null ? '' : formatEndpoint(own);
    const scope = scopeOf(asker);
    // What is in a private network, or on one machine, is somebody else to who asks from beyond it.
    const chosen = [...this.members]
      .filter(([key, { endpoint }]) => key !== ownKey && scopeOf(endpoint) >= scope)
      .map(([, member]) => member);
    const wanted = Math.min(count, chosen.length);
    for (let at = 0; at < wanted; at++) {
      const other = at + random.below(chosen.length - at);
      [chosen[at], chosen[other]] = [chosen[other] as Member, chosen[at] as Member];
    }
    return chosen.slice(0, wanted);
  }
}
