/**
 * Asking a holder who cannot be dialled to dial (giFT-FastTrack, `PROTOCOL`, 0x0D): from the asker's supernode to the holder's, by neighbours if need be. Where to dial is
 * what the first supernode sees of the asker, so that nobody is aimed at a stranger. Owns what has passed, to pass it once.
 */

import { hexOf } from '../../core/hex.ts';
import { Lru } from '../../core/lru.ts';
import type { Child } from './child.ts';
import { placeOf } from './links.ts';
import { type BodyOf, Type } from './messages.ts';
import type { Supernode } from './supernode.ts';

const HOPS_MAX = 3;
const PASSED_MAX = 2_048;
type Relay = BodyOf<typeof Type.relayPush>;

export class Pushes {
  private readonly supernode: Supernode;
  private readonly passed = new Lru<string, true>(PASSED_MAX);

  constructor(supernode: Supernode) {
    this.supernode = supernode;
  }

  /** A child wants a file of somebody. */
  begin(child: Child, id: number, target: NonNullable<BodyOf<typeof Type.push>['target']>): void {
    // Who cannot be dialled himself would make the other dial nobody.
    if (child.reachable) this.onRelay({ hops: 0, id, requester: child.endpoint, ...target });
  }

  /** The same for this supernode's own owner. */
  beginOwn(id: number, target: NonNullable<BodyOf<typeof Type.push>['target']>): void {
    this.onRelay({ hops: 0, id, requester: this.supernode.endpoint, ...target });
  }

  onRelay(relay: Relay): void {
    const { supernode } = this;
    const key = `${relay.id} ${hexOf(relay.requester)} ${hexOf(relay.target)} ${relay.name}`;
    if (this.passed.has(key)) return;
    this.passed.set(key, true);
    if (placeOf(relay.supernode) === placeOf(supernode.endpoint)) return this.deliver(relay);
    if (relay.hops >= HOPS_MAX) return;
    const next = { ...relay, hops: relay.hops + 1 };
    const direct = supernode.links.at(relay.supernode);
    const links = direct?.isUp === true ? [direct] : supernode.links.some(supernode.options.fanOut, null);
    for (const link of links) link.session.send({ type: Type.relayPush, body: next });
  }

  private deliver({ id, requester, target, name }: Relay): void {
    for (const child of this.supernode.children) {
      // The port of who cannot be dialled is not told, so that name and address have to do.
      if (child.name !== name || hexOf(child.endpoint, 0, 4) !== hexOf(target, 0, 4)) continue;
      child.session.send({ type: Type.push, body: { id, requester, target: null } });
      return;
    }
  }
}
