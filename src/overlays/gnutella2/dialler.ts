/** Keeps a node connected to as many hubs as it wants. Owns the order in which those it was told of first are tried. */

import type { Endpoint } from '../../core/host.ts';
import { greetings } from '../../wire/gnutella-handshake.ts';
import { endpointKey } from '../../wire/endpoint-key.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { KnownHub } from './hub-cache.ts';
import { Link } from './link.ts';
import { isDialable } from './packet.ts';

/** Dialled in one second, and under way at once. */
const DIALS_PER_TICK = 2;
const DIALLING_MAX = 4;
const FIRST_MAX = 256;
/** Who has no hub at all waits shorter. */
const REDIAL_ALONE_SHARE = 0.1;
/** A greeting is over after so long. */
const GREETING_MS = 15_000;

export class Dialler {
  private readonly node: Gnutella2Node;
  /** Those that we were told of, hubs or not; the oldest make room. */
  private readonly first: Endpoint[] = [];
  private nextFirst: number;
  private firstMs = Number.NEGATIVE_INFINITY;
  private neededMs = Number.NEGATIVE_INFINITY;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.addHosts(node.options.bootstrap);
    this.nextFirst = node.host.random.below(Math.max(1, this.first.length));
  }

  get hasHosts(): boolean {
    return this.first.length > 0;
  }

  addHosts(hosts: readonly Endpoint[]): void {
    for (const host of hosts) {
      if (!isDialable(host) || this.first.some((known) => endpointKey(known) === endpointKey(host))) continue;
      this.first.push(host.slice());
      if (this.first.length > FIRST_MAX) this.first.shift();
    }
  }

  /** To be called every second. */
  tick(nowMs: number): void {
    const { links, options, role } = this.node;
    for (const link of links.all) if (!link.isUp && nowMs - link.begunMs > GREETING_MS) link.reset();
    const wanted = role.isHub ? options.peersWanted : options.hubsWanted;
    let missing = Math.min(wanted - links.hubs.length, DIALS_PER_TICK, DIALLING_MAX) - links.dialling;
    for (; missing > 0; missing--) {
      const endpoint = this.choose(nowMs);
      if (endpoint === null) return;
      this.dial(endpoint, nowMs);
    }
  }

  private dial(endpoint: Endpoint, nowMs: number): void {
    const { host, links, options } = this.node;
    const known = this.node.hubs.of(endpoint);
    if (known !== null) known.triedMs = nowMs;
    const link = new Link(this.node, endpoint, true, nowMs, options, options.queriesAtOnce);
    links.add(link);
    link.stream = host.connect(host.peer(endpoint), greetings, link);
  }

  private choose(nowMs: number): Endpoint | null {
    const { hubs, links, options, host, role } = this.node;
    const isAlone = links.hubs.length === 0;
    const redialMs = options.redialMs * (isAlone ? REDIAL_ALONE_SHARE : 1);
    const connected = links.keys();
    const candidates: KnownHub[] = [];
    const roomy: KnownHub[] = [];
    for (const hub of hubs) {
      if (nowMs - hub.triedMs < redialMs || connected.has(hub.key)) continue;
      candidates.push(hub);
      if (hub.leaves < hub.leavesMax) roomy.push(hub);
    }
    // A leaf needs a place, a hub does not.
    const best = role.isHub || roomy.length === 0 ? candidates : roomy;
    if (best.length > 0) return (best[host.random.below(best.length)] as KnownHub).endpoint;
    return isAlone || (role.isHub && hubs.size <= links.hubs.length) ? this.bootstrap(nowMs, redialMs) : null;
  }

  /** One after the other of those that we were told of, each once in a while. */
  private bootstrap(nowMs: number, redialMs: number): Endpoint | null {
    this.askForHosts(nowMs);
    if (this.first.length === 0 || nowMs - this.firstMs < redialMs / this.first.length) return null;
    this.firstMs = nowMs;
    const endpoint = this.first[this.nextFirst++ % this.first.length] as Endpoint;
    return this.node.links.isConnected(endpoint) || this.node.own.is(endpoint) ? null : endpoint;
  }

  private askForHosts(nowMs: number): void {
    const { options, links } = this.node;
    if (links.hubs.length > 0 || nowMs - this.neededMs < options.needHostsMs) return;
    this.neededMs = nowMs;
    options.hooks.needHosts();
  }
}
