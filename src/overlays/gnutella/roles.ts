/**
 * Leaf or ultrapeer: a servent that can be dialled becomes an ultrapeer where there is none with room, and a leaf again when nobody needs it as one.
 * Owns the role, and since when it has been lonely or idle.
 */

import { GnutellaEvent } from '../../core/events.ts';
import { ByeCode } from './bye.ts';
import type { Handshake } from './handshake.ts';
import type { GnutellaServent } from './servent.ts';

export type Role = 'leaf' | 'ultrapeer' | 'flat';

/** Refusals by full ultrapeers, one after the other, that make a leaf with too few of them become one. */
const REFUSALS_MAX = 12;

export class Roles {
  role: Role;
  promotions = 0;
  demotions = 0;
  private readonly servent: GnutellaServent;
  private lonelySinceMs: number;
  private idleSinceMs: number;
  /** Drawn anew each time, so that not all who are lonely become ultrapeers together. */
  private patience: number;
  private refusals = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    const { mode } = servent.options;
    this.role = mode === 'auto' ? 'leaf' : mode;
    this.lonelySinceMs = servent.host.now();
    this.idleSinceMs = this.lonelySinceMs;
    this.patience = 0;
    this.drawPatience();
  }

  tick(nowMs: number): void {
    const { servent } = this;
    const { options } = servent;
    if (options.mode !== 'auto') return;
    const { leaves, links } = servent.counts();
    if (this.role === 'leaf') {
      if (links > 0) this.lonelySinceMs = nowMs;
      const isLonely = nowMs - this.lonelySinceMs > this.patience;
      const findsNoRoom = links < options.ultrapeersOfLeaf && this.refusals > REFUSALS_MAX * servent.host.random.unit() * 8;
      if ((isLonely || findsNoRoom) && !servent.isFirewalled) this.becomeUltrapeer(nowMs);
      return;
    }
    // It has turned out that nobody can come.
    if (servent.isFirewalled) {
      this.becomeLeaf();
      return;
    }
    // Others are there, and none has room for another of their kind: perhaps one has for a leaf.
    if (links === 0 && this.refusals > REFUSALS_MAX) {
      this.becomeLeaf();
      return;
    }
    if (leaves >= options.leavesMin) this.idleSinceMs = nowMs;
    // Somebody has to be left: who knows no other ultrapeer stays one.
    if (nowMs - this.idleSinceMs > options.idleUltrapeerMs && links > 0) this.becomeLeaf();
  }

  /** An ultrapeer had no room for us. */
  onRefused(): void {
    this.refusals++;
  }

  onNeighbour(): void {
    this.refusals = 0;
  }

  /** False: it is to stay what it is. All neighbours are let go, who had us as an ultrapeer; `through` is the handshake that has brought it about. */
  becomeLeaf(through: Handshake | null = null): boolean {
    if (this.servent.options.mode !== 'auto') return false;
    if (this.role === 'leaf') return true;
    this.role = 'leaf';
    this.demotions++;
    this.restart('I am a leaf from now on', through);
    return true;
  }

  private becomeUltrapeer(nowMs: number): void {
    this.role = 'ultrapeer';
    this.promotions++;
    this.idleSinceMs = nowMs;
    this.restart('I am an ultrapeer from now on', null);
  }

  private restart(why: string, through: Handshake | null): void {
    const { servent } = this;
    servent.host.tap(GnutellaEvent.role, this.role === 'leaf' ? 0 : 1, servent.neighbours.size, 0);
    this.lonelySinceMs = servent.host.now();
    this.refusals = 0;
    this.drawPatience();
    servent.dynamicQueries.stopAll();
    servent.connector.stopAll(through);
    for (const neighbour of [...servent.neighbours.values()]) neighbour.bye(ByeCode.unfit, why);
  }

  private drawPatience(): void {
    const { host, options } = this.servent;
    this.patience = options.lonelyMs * (0.5 + 1.5 * host.random.unit());
  }
}
