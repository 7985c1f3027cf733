/**
 * Pushes: a servent that nobody can dial is asked, along the way that its hit came or by an ultrapeer that knows it (push proxy), to dial who wants the
 * file. Owns nothing but how often we let ourselves be sent somewhere.
 */

import type { Endpoint } from '../../core/host.ts';
import { isNowhere } from '../../core/address-scope.ts';
import { endpointPort } from '../../core/endpoint.ts';
import type { Holder } from '../../wire/search-hit.ts';
import { Allowance } from './allowance.ts';
import { equalGuids, type Guid, guidOfHex, newGuid } from './guid.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet, PacketType, read } from './packet.ts';
import { type Push, pushCodec } from './push.ts';
import { stepped } from './query-router.ts';
import type { GnutellaServent } from './servent.ts';
import { proxyGrant, VendorKind, vendorMessage } from './vendor-message.ts';

/** Whoever asks makes us dial somebody, who need not have asked. */
const DIALS_PER_SECOND = 0.5;
const DIALS_AT_ONCE = 10;
const PROXIES_ASKED_MAX = 4;
const PROXIED_MAX = 4;

export class Pushes {
  private readonly servent: GnutellaServent;
  private readonly dials: Allowance;
  passed = 0;
  lost = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    this.dials = new Allowance(DIALS_PER_SECOND, DIALS_AT_ONCE, servent.host.now());
  }

  /** Asks a holder to dial us at our own port and offer the file; false when nobody knows the way to him. */
  ask(holder: Holder, index: number): boolean {
    const { servent } = this;
    const own = servent.ownEndpoint();
    const target = guidOfHex(holder.id);
    if (own === null || target === null) return false;
    const packet = this.packetFor({ servent: target, index, endpoint: own }, servent.options.ttlMax);
    const way = servent.router.towards(target);
    way?.send(packet);
    for (const proxy of holder.proxies.slice(0, PROXIES_ASKED_MAX)) servent.sendDatagram(proxy, packet);
    return way !== null || holder.proxies.length > 0;
  }

  /** On behalf of somebody who asked us by HTTP: to ourselves, or to a leaf whose proxy we are. */
  proxy(target: Guid, requester: Endpoint, index: number): boolean {
    const push: Push = { servent: target, index, endpoint: requester };
    if (equalGuids(target, this.servent.guid)) return this.obey(push, requester);
    const leaf = this.proxiedBy(target);
    leaf?.send(this.packetFor(push, 1));
    return leaf !== null;
  }

  onPush(from: Neighbour, packet: Packet): void {
    const push = packet.ttl === 0 ? null : read(packet, pushCodec);
    if (push === null) return from.onBad();
    if (equalGuids(push.servent, this.servent.guid)) {
      this.obey(push, from.endpoint);
      return;
    }
    const to = this.proxiedBy(push.servent) ?? this.servent.router.towards(push.servent);
    const further = stepped(packet, 255);
    if (to === null || to === from || (further.ttl === 0 && to.kind !== 'leaf')) {
      this.lost++;
      return;
    }
    this.passed++;
    to.send(further.ttl === 0 ? this.packetFor(push, 1) : further);
  }

  /** Only for us, or for a leaf of ours: what comes by datagram goes no other way. */
  onDatagram(from: Endpoint, packet: Packet): void {
    const push = read(packet, pushCodec);
    if (push !== null && this.servent.mayTell(from, push.endpoint)) this.proxy(push.servent, push.endpoint, push.index);
  }

  /** A leaf wants pushes passed on to it. */
  onProxyWanted(from: Neighbour, target: Guid): void {
    const own = this.servent.ownEndpoint();
    if (from.kind !== 'leaf' || own === null) return;
    from.proxied = target;
    this.servent.sendVendor(from, proxyGrant(own), target);
  }

  /** We cannot be dialled: our ultrapeers are to pass pushes on to us. */
  askForProxies(): void {
    const { servent } = this;
    if (!servent.isFirewalled) return;
    let count = 0;
    for (const neighbour of servent.neighbours.values()) {
      if (neighbour.kind !== 'ultrapeer' || !neighbour.understands(VendorKind.pushProxyWanted) || ++count > PROXIED_MAX) continue;
      if (neighbour.proxy === null)
        servent.sendVendor(neighbour, vendorMessage(VendorKind.pushProxyWanted, 1, new Uint8Array(0)), servent.guid);
    }
  }

  private obey({ endpoint, index }: Push, teller: Endpoint): boolean {
    const { servent } = this;
    // From the internet nobody aims us at what is in our own network.
    if (endpointPort(endpoint) === 0 || isNowhere(endpoint) || !servent.mayTell(teller, endpoint)) return false;
    if (!this.dials.take(1, servent.host.now())) return false;
    servent.options.hooks.onPush(endpoint, index);
    return true;
  }

  private proxiedBy(target: Guid): Neighbour | null {
    for (const neighbour of this.servent.neighbours.values())
      if (neighbour.proxied !== null && equalGuids(neighbour.proxied, target)) return neighbour;
    return null;
  }

  private packetFor(push: Push, ttl: number): Packet {
    const payload = new Uint8Array(pushCodec.size(push));
    pushCodec.encode(push, payload, 0);
    return new Packet(newGuid(this.servent.host.random), PacketType.push, ttl, 0, payload);
  }
}
