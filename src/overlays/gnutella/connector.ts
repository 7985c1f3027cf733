/** Whom we dial, and when: as many neighbours as the role takes, from the hosts that we know; and where more hosts come from. Owns the dials in flight. */

import { compareBytes } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { Handshake } from './handshake.ts';
import { addressOf } from '../../wire/endpoint-key.ts';
import { greetingHeads } from '../../wire/greeting-head.ts';
import type { GnutellaServent } from './servent.ts';

/** With fewer known hosts the host caches are asked. */
const HOSTS_FEW = 10;
const SAVE_MS = 60_000;
const SAVED_MAX = 200;
/** Who has no neighbour at all tries the same host again sooner. */
const LONELY_REDIAL_SHARE = 6;
const REFUSED_BECAUSE_FULL = 503;

export class Connector {
  private readonly servent: GnutellaServent;
  private readonly dials = new Set<Handshake>();
  /** Of those who dial us: they do not keep us from dialling. */
  private readonly incoming = new Set<Handshake>();
  private askedAtMs = -1e9;
  private savedAtMs: number;
  private cacheTurn = 0;
  failed = 0;
  refused = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    this.savedAtMs = servent.host.now();
  }

  get size(): number {
    return this.dials.size + this.incoming.size;
  }

  /** Handshakes with those who have dialled us from there. */
  incomingFrom(endpoint: Endpoint): number {
    let count = 0;
    for (const { peer } of this.incoming) if (addressOf(peer) === addressOf(endpoint)) count++;
    return count;
  }

  tick(nowMs: number): void {
    const { servent } = this;
    const { options } = servent;
    for (const each of [...this.dials, ...this.incoming]) if (nowMs - each.startedAtMs > options.handshakeMs) each.abandon();
    const { links } = servent.counts();
    const wanted = servent.role === 'leaf' ? options.ultrapeersOfLeaf : options.linksWanted;
    let missing = wanted - links - this.dials.size;
    const againMs = links === 0 ? options.redialMs / LONELY_REDIAL_SHARE : options.redialMs;
    while (missing > 0 && this.dials.size < options.dialsAtOnce) {
      const endpoint = servent.hosts.next(servent.host.random, nowMs, againMs, (host) => this.isUnwanted(host));
      if (endpoint === null) break;
      this.dial(endpoint);
      missing--;
    }
    if (missing > 0 && this.dials.size === 0) this.findHosts(nowMs);
    if (options.hostStore !== null && nowMs - this.savedAtMs >= SAVE_MS) this.save(nowMs);
  }

  dial(endpoint: Endpoint): void {
    const { servent } = this;
    const { host } = servent;
    const handshake = new Handshake(servent.admission, endpoint, false, host.now());
    this.dials.add(handshake);
    host.connect(host.peer(endpoint), greetingHeads, handshake);
  }

  /** A dial, or one who dialled us, has become a neighbour. */
  onDone(handshake: Handshake): void {
    this.incoming.delete(handshake);
    if (this.dials.delete(handshake)) this.servent.hosts.proven(handshake.peer);
  }

  /** An incoming one is ours to watch over, too. */
  watch(handshake: Handshake): void {
    this.incoming.add(handshake);
  }

  onFailed(handshake: Handshake, code: number, byUltrapeer: boolean): void {
    this.incoming.delete(handshake);
    if (!this.dials.delete(handshake)) return;
    if (code === 0) {
      this.failed++;
      this.servent.hosts.failed(handshake.peer);
    } else this.refused++;
    if (code === REFUSED_BECAUSE_FULL && byUltrapeer) this.servent.roles.onRefused();
  }

  save(nowMs: number): void {
    this.savedAtMs = nowMs;
    this.servent.options.hostStore?.save(this.servent.hosts.some(this.servent.host.random, SAVED_MAX));
  }

  /** What has been said of us is no longer so: all handshakes are abandoned, but for the one that has changed it. */
  stopAll(except: Handshake | null = null): void {
    for (const each of [...this.dials, ...this.incoming]) if (each !== except) each.abandon();
  }

  private findHosts(nowMs: number): void {
    const { options, hosts, datagrams } = this.servent;
    if (nowMs - this.askedAtMs < options.needHostsMs) return;
    this.askedAtMs = nowMs;
    const cache = options.hostCaches[this.cacheTurn++ % Math.max(1, options.hostCaches.length)];
    if (cache !== undefined && hosts.size < HOSTS_FEW) datagrams.askForHosts(cache);
    options.hooks.needHosts();
  }

  private isUnwanted(endpoint: Endpoint): boolean {
    const own = this.servent.ownEndpoint();
    if (own !== null && compareBytes(own, endpoint) === 0) return true;
    for (const { peer } of this.dials) if (compareBytes(peer, endpoint) === 0) return true;
    for (const neighbour of this.servent.neighbours.values()) if (neighbour.listensAt(endpoint)) return true;
    return false;
  }
}
