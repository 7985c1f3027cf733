/**
 * What comes by datagram: who asks for hosts, who answers, hits out of band, pushes for our leaves. Nobody makes us send more than a bounded part of what
 * he sent, as his address may be somebody else's. Owns whom we have answered and asked of late.
 */

import type { Endpoint, Peer } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import { Lru } from '../../core/lru.ts';
import { ENOUGH } from './dynamic-query.ts';
import { NO_EXTENSIONS, valueOf } from './ggep.ts';
import { hexOfGuid, newGuid } from './guid.ts';
import { Packet, PacketType, read } from './packet.ts';
import { hostsExtension, hostsPing, pongPacket, toldBy } from './pings.ts';
import { pingCodec, pongCodec } from './ping-pong.ts';
import type { GnutellaServent } from './servent.ts';
import { encodedVendor, u16Data, u16Of, VendorKind, vendorCodec, vendorKindOf, vendorMessage } from './vendor-message.ts';

const ANSWERED_MAX = 1_024;
const ASKED_MAX = 64;
const HOSTS_TOLD = 10;

export class Datagrams {
  private readonly servent: GnutellaServent;
  /** When each address was answered last. */
  private answered: Lru<string, number> | null = null;
  /** Pings of ours, by name: whom they went to. */
  private asked: Lru<string, string> | null = null;
  unwanted = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  /** Asks a host cache, or any servent, who else is there. */
  askForHosts(endpoint: Endpoint): void {
    const guid = newGuid(this.servent.host.random);
    this.asked ??= new Lru(ASKED_MAX);
    this.asked.set(hexOfGuid(guid), hexOf(endpoint));
    this.servent.sendDatagram(endpoint, hostsPing(guid));
  }

  onDatagram(peer: Peer, packet: Packet): void {
    const from = this.servent.host.endpoint(peer);
    switch (packet.type) {
      case PacketType.ping:
        return this.onPing(from, packet);
      case PacketType.pong:
        return this.onPong(from, packet);
      case PacketType.query:
        if (this.servent.servesGuess) this.servent.guessServer.onQuery(from, packet);
        else this.unwanted++;
        return;
      case PacketType.hit:
        if (this.servent.isGuessing && this.servent.guessSearch.isAnswer(from, packet.guid)) return this.servent.searches.onHit(packet);
        return this.servent.outOfBand.onHit(from, packet);
      case PacketType.push:
        return this.servent.pushes.onDatagram(from, packet);
      case PacketType.vendor:
        return this.onVendor(from, packet);
      default:
        this.unwanted++;
    }
  }

  private onPing(from: Endpoint, packet: Packet): void {
    const { servent } = this;
    const now = servent.host.now();
    const address = hexOf(from, 0, 4);
    this.answered ??= new Lru(ANSWERED_MAX);
    const last = this.answered.peek(address);
    const ping = read(packet, pingCodec);
    if (ping !== null && servent.servesGuess && valueOf(ping.extensions, 'QK') !== null)
      return servent.guessServer.onKeyWanted(from, packet.guid, ping);
    if (ping === null || (last !== undefined && now - last < servent.options.datagramMs)) {
      this.unwanted++;
      return;
    }
    const wantsHosts = valueOf(ping.extensions, 'SCP') !== null;
    const hosts = wantsHosts ? servent.hosts.some(servent.host.random, HOSTS_TOLD).filter((host) => servent.mayTell(from, host)) : [];
    const pong = servent.pings.ownPong(hosts.length === 0 ? NO_EXTENSIONS : [hostsExtension(hosts)]);
    if (pong === null) return;
    this.answered.set(address, now);
    servent.sendDatagram(from, pongPacket(packet.guid, 1, 0, pong));
  }

  private onPong(from: Endpoint, packet: Packet): void {
    const key = hexOfGuid(packet.guid);
    const pong = read(packet, pongCodec);
    if (pong !== null && this.servent.isGuessing && this.servent.guessSearch.onPong(from, packet.guid, pong)) return;
    // Only from whom we have asked, and once.
    if (pong === null || this.asked?.peek(key) !== hexOf(from)) {
      this.unwanted++;
      return;
    }
    this.asked.delete(key);
    this.servent.addHost(from, pong.endpoint);
    for (const host of toldBy(pong)) this.servent.addHost(from, host);
  }

  private onVendor(from: Endpoint, packet: Packet): void {
    const message = read(packet, vendorCodec);
    if (message === null) return;
    const { servent } = this;
    switch (vendorKindOf(message)) {
      case VendorKind.hitsOffered:
        return servent.outOfBand.onOffered(from, packet.guid, message);
      case VendorKind.hitsWanted:
        return servent.outOfBand.onWanted(from, packet.guid, message);
      case VendorKind.hitsQuestion: {
        // A walker of ours asks whether to go on. The answer is as long as the question, and two bytes.
        const search = servent.searches.of(packet.guid);
        const count = search === null || search.isEnough ? ENOUGH : search.hits;
        const answer = encodedVendor(vendorMessage(VendorKind.hitsSoFar, 1, u16Data(count)));
        servent.sendDatagram(from, new Packet(packet.guid, PacketType.vendor, 1, 0, answer));
        return;
      }
      case VendorKind.hitsSoFar:
        servent.walks.onAnswer(packet.guid, u16Of(message.data) === ENOUGH);
        return;
      default:
        this.unwanted++;
    }
  }
}
