/**
 * Pings and pongs, which keep neighbours alive and tell who else is there: answered out of a cache (pong caching 0.1), or flooded and routed back as in
 * 0.4. Owns the cache, and the routes of pings.
 */

import { endpointPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ByeCode } from './bye.ts';
import { encodedGgep, type Extension, extension, type Extensions, NO_EXTENSIONS, valueOf } from './ggep.ts';
import { type Guid, newGuid } from './guid.ts';
import { GuidRoutes } from './guid-routes.ts';
import { numberBytes } from './little-endian.ts';
import type { Neighbour } from './neighbour.ts';
import { NO_PAYLOAD, onward, Packet, PacketType, read } from './packet.ts';
import { packedEndpoints, type Pong, pingCodec, pongCodec, unpackedEndpoints } from './ping-pong.ts';
import { PongCache } from './pong-cache.ts';
import { OWN_ROUTE, stepped } from './query-router.ts';
import type { GnutellaServent } from './servent.ts';

/** A neighbour gets an answer at most so often. */
const ANSWER_MS = 3_000;
const PONGS_AT_ONCE = 10;
/** What is believed of what comes for a ping: others send ten, and their own. */
const PONGS_PER_PING_MAX = 16;
const PONGS_PER_FLOOD_MAX = 256;
/** Of what somebody tells us of others so much is listened to. */
const TOLD_MAX = 30;
/** "I understand lists of hosts, and want them." */
const WANTS_HOSTS: Extensions = [extension('SCP', Uint8Array.of(1))];
const PING_WITH_HOSTS = encodedGgep(WANTS_HOSTS);
const FULL = 0xff;
/** Of GUESS: major and minor revision, four bits each. */
export const GUESS_VERSION = 0x02;

export class Pings {
  private readonly servent: GnutellaServent;
  private readonly cache: PongCache;
  /** Null where pongs are cached, and no ping is passed on. */
  private readonly routes: GuidRoutes | null;
  pingsPassed = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
    const { host, options } = servent;
    this.cache = new PongCache(Math.max(options.pongLifeMs, options.aliveLeafMs));
    this.routes = options.cachesPongs ? null : new GuidRoutes(options.routeMs, options.routesMax, host.random.u32(), host.now());
  }

  /** Called every second for each neighbour. */
  tick(neighbour: Neighbour, nowMs: number): void {
    const { options, role } = this.servent;
    const everyMs = neighbour.kind === 'leaf' || role === 'leaf' ? options.aliveLeafMs : options.aliveMs;
    if (nowMs - neighbour.lastPingMs < everyMs) return;
    if (neighbour.unanswered >= options.unansweredMax) return neighbour.bye(ByeCode.noAnswer, 'no answer to pings');
    // Who talks is alive; but his pongs also tell who else is.
    this.ping(neighbour, neighbour.kind === 'leaf' ? 1 : options.cachesPongs ? options.ttl : 1, nowMs);
  }

  /** A new neighbour is asked at once; in a flat network the ping goes on from him. */
  onNeighbour(neighbour: Neighbour): void {
    this.ping(neighbour, neighbour.kind === 'leaf' ? 1 : this.servent.options.ttl, this.servent.host.now());
  }

  onPing(from: Neighbour, packet: Packet): void {
    if (packet.ttl === 0) return;
    const { options, host } = this.servent;
    const now = host.now();
    if (this.routes !== null && packet.ttl > 1) {
      if (this.routes.find(packet.guid) >= 0) return;
      this.routes.put(packet.guid, from.number, packet.ttl, now);
      this.passOn(from, stepped(packet, options.ttlMax));
    }
    if (now - from.lastAnswerMs < ANSWER_MS && options.cachesPongs) return;
    from.lastAnswerMs = now;
    const ping = read(packet, pingCodec);
    if (ping === null) return from.onBad();
    const backTtl = options.cachesPongs ? 1 : Math.min(options.ttlMax, packet.hops + 1);
    const own = this.ownPong(NO_EXTENSIONS);
    if (own !== null) from.send(pongPacket(packet.guid, backTtl, 0, own));
    if (!options.cachesPongs || packet.ttl === 1) return;
    if (packet.ttl === 2 && packet.hops === 0) return this.tellNeighbours(from, packet.guid);
    for (const { endpoint, files, kibibytes, hops } of this.cache.some(host.random, PONGS_AT_ONCE, now, from.listening))
      from.send(pongPacket(packet.guid, 1, hops, { endpoint, files, kibibytes, extensions: NO_EXTENSIONS }));
  }

  onPong(from: Neighbour, packet: Packet): void {
    const pong = packet.ttl === 0 ? null : read(packet, pongCodec);
    if (pong === null) return from.onBad();
    const route = this.routes?.find(packet.guid) ?? OWN_ROUTE;
    const isHis = from.listensAt(pong.endpoint);
    if (isHis) {
      from.files = pong.files;
      from.kibibytes = pong.kibibytes;
    }
    if (route === OWN_ROUTE || isHis) this.learn(from, pong, packet.hops);
    if (route === OWN_ROUTE) return;
    const to = route < 0 ? undefined : this.servent.neighbours.get(route);
    const further = stepped(packet, 255);
    if (to !== undefined && to !== from && further.ttl > 0) to.send(further);
  }

  /** What we say of ourselves; null while nobody can dial us. */
  ownPong(more: Extensions): Pong | null {
    const { servent } = this;
    const own = servent.ownEndpoint();
    if (own === null) return null;
    const { files } = servent.options;
    const extensions: Extension[] = [];
    if (servent.role === 'ultrapeer') {
      const { leaves, links } = servent.counts();
      const slots = (free: number): number => Math.max(0, Math.min(FULL, free));
      extensions.push(
        extension('UP', Uint8Array.of(2, slots(servent.options.leavesMax - leaves), slots(servent.options.linksMax - links))),
      );
    }
    if (servent.servesGuess) extensions.push(extension('GUE', Uint8Array.of(GUESS_VERSION)));
    extensions.push(extension('DU', numberBytes(Math.floor((servent.host.now() - servent.startedAtMs) / 1000))), ...more);
    return { endpoint: own, files: files.count, kibibytes: Math.min(0xffff_ffff, Math.floor(files.totalBytes / 1024)), extensions };
  }

  private ping(neighbour: Neighbour, ttl: number, nowMs: number): void {
    neighbour.lastPingMs = nowMs;
    neighbour.unanswered++;
    neighbour.pongsLeft = this.servent.options.cachesPongs ? PONGS_PER_PING_MAX : PONGS_PER_FLOOD_MAX;
    const guid = newGuid(this.servent.host.random);
    const { cachesPongs } = this.servent.options;
    this.routes?.put(guid, OWN_ROUTE, ttl, nowMs);
    neighbour.send(new Packet(guid, PacketType.ping, ttl, 0, cachesPongs ? PING_WITH_HOSTS : NO_PAYLOAD));
  }

  private passOn(from: Neighbour, packet: Packet): void {
    if (packet.ttl === 0) return;
    for (const neighbour of this.servent.neighbours.values()) {
      if (neighbour === from) continue;
      this.pingsPassed++;
      neighbour.send(packet);
    }
  }

  /** A crawler's ping: our neighbours, as far as they can be dialled. */
  private tellNeighbours(from: Neighbour, guid: Guid): void {
    for (const { kind, listening, files, kibibytes } of this.servent.neighbours.values())
      if (kind !== 'leaf' && listening !== null)
        from.send(pongPacket(guid, 1, 1, { endpoint: listening, files, kibibytes, extensions: NO_EXTENSIONS }));
  }

  private learn(from: Neighbour, pong: Pong, hops: number): void {
    const { servent } = this;
    // Nobody fills our memory of hosts with those of his choice.
    if (from.kind === 'leaf' || endpointPort(pong.endpoint) === 0 || from.pongsLeft-- <= 0) return;
    servent.addHost(from.endpoint, pong.endpoint);
    for (const host of toldBy(pong)) servent.addHost(from.endpoint, host);
    if (servent.options.usesGuess && valueOf(pong.extensions, 'GUE') !== null && servent.mayTell(from.endpoint, pong.endpoint))
      servent.guessHosts.add(pong.endpoint);
    const { endpoint, files, kibibytes } = pong;
    if (servent.options.cachesPongs && servent.role !== 'leaf' && servent.mayTell(from.endpoint, endpoint))
      this.cache.add({ endpoint, files, kibibytes, hops: Math.min(6, hops + 1), atMs: servent.host.now() });
  }
}

/** Servents that a pong tells of besides its own (IPP). */
export function toldBy({ extensions }: Pong): Endpoint[] {
  const told = valueOf(extensions, 'IPP');
  return told === null ? [] : unpackedEndpoints(told, TOLD_MAX);
}

export function hostsExtension(hosts: readonly Endpoint[]): Extension {
  return extension('IPP', packedEndpoints(hosts));
}

export function pongPacket(guid: Guid, ttl: number, hops: number, pong: Pong): Packet {
  const payload = new Uint8Array(pongCodec.size(pong));
  pongCodec.encode(pong, payload, 0);
  return new Packet(guid, PacketType.pong, ttl, hops, payload);
}

/** A datagram that asks for hosts. */
export function hostsPing(guid: Guid): Packet {
  return onward(new Packet(guid, PacketType.ping, 1, 0, PING_WITH_HOSTS));
}
