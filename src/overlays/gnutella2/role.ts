/**
 * Leaf or hub: who becomes a hub because none is there or all are full, and who stops being one because it is not needed. Chance spreads such decisions, so that
 * not all who see the same act at once. Owns what it was told about it.
 */

import type { Gnutella2Node } from './gnutella2-node.ts';

/** A hub with so many of its places taken is nearly full. */
const FULL_SHARE = 0.8;
/** A hub with so few of them taken is idle. */
const IDLE_SHARE = 0.1;
/** Of the leaves of full hubs about three become hubs in a minute. */
const PROMOTED_PER_S = 3 / 60;
const DEMOTED_PER_S = 1 / 60;
/** So many hubs must have said that they have no place. */
const REFUSALS_MIN = 3;

export class Role {
  isHub: boolean;
  private readonly node: Gnutella2Node;
  private readonly begunMs: number;
  /** Since when there has been no hub. */
  private aloneSinceMs: number;
  private readonly patience: number;
  private hubSinceMs: number;
  private refusals = 0;
  private isAdvised = false;

  constructor(node: Gnutella2Node, nowMs: number) {
    this.node = node;
    this.isHub = node.options.role === 'hub';
    this.begunMs = nowMs;
    this.aloneSinceMs = nowMs;
    this.hubSinceMs = nowMs;
    // Those who come up together decide one after the other.
    this.patience = 0.5 + node.host.random.unit();
  }

  /** A hub had no place for us. */
  refused(): void {
    this.refusals++;
  }

  /** A hub that we came to as a hub says whether another is needed. */
  advised(isSuperfluous: boolean): void {
    this.isAdvised = isSuperfluous;
  }

  /** A connection to a hub is up. */
  connected(): void {
    this.refusals = 0;
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const { links, options } = this.node;
    if (links.hubs.length > 0) this.aloneSinceMs = nowMs;
    if (options.role !== 'auto') return;
    if (this.isHub) {
      if (this.node.isFirewalled || this.shouldStop(nowMs)) this.become(false, nowMs);
    } else if (!this.node.isFirewalled && this.shouldServe(nowMs)) this.become(true, nowMs);
  }

  private shouldServe(nowMs: number): boolean {
    const { links, options, hubs, host, dialler } = this.node;
    const waitedMs = (nowMs - this.aloneSinceMs) / this.patience;
    if (links.hubs.length === 0) {
      if (!dialler.hasHosts && hubs.size === 0) return true;
      return waitedMs >= options.aloneMs || (this.refusals >= REFUSALS_MIN && waitedMs >= options.aloneMs / 4);
    }
    if (nowMs - this.begunMs < options.candidateMs) return false;
    let leaves = 1;
    for (const { info } of links.hubs) leaves = Math.max(leaves, info?.hub?.leaves ?? 0);
    // Leaves of full hubs could go to others: a hub is needed where all that are known are nearly full together.
    return host.random.chance(PROMOTED_PER_S / leaves) && this.load() >= FULL_SHARE;
  }

  /** Which share of the places of all known hubs is taken, our own included. */
  load(): number {
    const { links, hubs, options } = this.node;
    let taken = this.isHub ? links.leaves.length : 0;
    let places = this.isHub ? options.leavesMax : 0;
    for (const { leaves, leavesMax } of hubs) {
      taken += Math.min(leaves, leavesMax);
      places += leavesMax;
    }
    return places === 0 ? 1 : taken / places;
  }

  private shouldStop(nowMs: number): boolean {
    const { links, options, host } = this.node;
    // What has no leaves yet need not wait.
    if (this.isAdvised && links.leaves.length === 0 && links.hubs.length > 0) return host.random.chance(0.5);
    if (nowMs - this.hubSinceMs < options.idleHubMs || links.leaves.length >= IDLE_SHARE * options.leavesMax) return false;
    let room = 0;
    for (const { info } of links.hubs) if (info?.hub) room += Math.max(0, FULL_SHARE * info.hub.leavesMax - info.hub.leaves);
    return room > links.leaves.length + 1 && host.random.chance(DEMOTED_PER_S);
  }

  private become(isHub: boolean, nowMs: number): void {
    this.isHub = isHub;
    this.hubSinceMs = nowMs;
    this.aloneSinceMs = nowMs;
    this.refusals = 0;
    this.isAdvised = false;
    this.node.onRoleChanged();
  }
}
