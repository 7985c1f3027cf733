/**
 * Holders of FastTrack who cannot be dialled, and are asked by the network to dial: asked until they have come or are given up, since a supernode passes
 * on what a node wants only once it knows that the node can be dialled. It does so once, however often it is asked. Owns the pushes under way.
 */

import type { Random } from '../core/random.ts';
import type { FastTrackNode } from '../overlays/fasttrack/index.ts';
import type { FileAsk, PushDesk, WayAttempt, WayListener } from '../transfer/files/index.ts';
import type { Holder } from '../wire/search-hit.ts';

interface Push {
  readonly id: number;
  readonly holder: Holder;
}

export class HolderPushes {
  readonly #node: FastTrackNode;
  readonly #desk: PushDesk;
  readonly #random: Random;
  /** As many as the desk takes. */
  readonly #underWay = new Set<Push>();

  constructor(node: FastTrackNode, desk: PushDesk, random: Random) {
    this.#node = node;
    this.#desk = desk;
    this.#random = random;
  }

  reach(holder: Holder, ask: FileAsk, listener: WayListener): WayAttempt {
    const push: Push = { id: this.#random.u32(), holder };
    const over = (): void => void this.#underWay.delete(push);
    this.#underWay.add(push);
    const way = this.#desk.way(holder.id, { pushId: push.id }, { push: () => true }, ask);
    const attempt = way.reach({
      onAddress: (endpoint, asked) => listener.onAddress(endpoint, asked),
      onStream: (stream, asked) => {
        over();
        listener.onStream(stream, asked);
      },
      onUnreachable: (why) => {
        over();
        listener.onUnreachable(why);
      },
    });
    if (this.#underWay.has(push)) this.#node.requestPush(push.id, holder);
    return {
      cancel: () => {
        over();
        attempt.cancel();
      },
    };
  }

  /** About once a second. */
  tick(): void {
    for (const { id, holder } of this.#underWay) this.#node.requestPush(id, holder);
  }

  stop(): void {
    this.#underWay.clear();
  }
}
