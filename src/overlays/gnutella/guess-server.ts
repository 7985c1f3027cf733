/**
 * GUESS 0.2, the ultrapeer's side: who goes from ultrapeer to ultrapeer by datagram is answered by what we and our leaves have, and told of others whom he can ask. Only
 * who shows a key that was sent to his address is answered, once for each query, and within bounds. Owns the secret of the keys, and the queries whose hits may still come.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { isNowhere } from '../../core/address-scope.ts';
import { equalBytes, readU32, writeU32 } from '../../core/bytes.ts';
import { endpointPort, withPort } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { readU16Little } from '../../wire/little-endian.ts';
import { KeyIssuer } from '../../wire/query-keys.ts';
import { Allowance } from './allowance.ts';
import { filesFor, hitPackets, packetSize } from './answers.ts';
import { type Extension, extension, type Extensions, valueOf } from './ggep.ts';
import { addressOfGuid, type Guid, hexOfGuid } from './guid.ts';
import { NO_PAYLOAD, Packet, PacketType } from './packet.ts';
import { GUESS_VERSION, hostsExtension, pongPacket } from './pings.ts';
import type { Ping } from './ping-pong.ts';
import { queryCodec, QueryFlag } from './query.ts';
import { GUESS_ROUTE } from './query-router.ts';
import { type Question, questionOf } from './question.ts';
import type { GnutellaServent } from './servent.ts';

export const KEY_BYTES = 4;
const HOSTS_TOLD = 10;
/** Datagrams shall not be cut up on their way. */
const HIT_BYTES_MAX = 1_400;
const RESULTS_PER_HIT = 5;
const QUERIES_MAX = 256;
/** What goes back for one query; and for all, keys and acknowledgements apart. */
const HIT_BYTES_PER_QUERY = 16_384;
const HIT_BYTES_PER_SECOND = 65_536;
const KEY_BYTES_PER_SECOND = 8_192;
/** Of one address: who goes round asks each ultrapeer once for each query. */
const ASKS_PER_SECOND = 0.5;
const ASKS_AT_ONCE = 10;
const ASKERS_MAX = 1_024;
/** For us alone, and not for leaves. */
const OWN_EXTENSIONS: readonly string[] = ['QK', 'SCP', 'Z'];

interface Asked {
  readonly to: Endpoint;
  bytesLeft: number;
}

export class GuessServer {
  answered = 0;
  refused = 0;
  private readonly servent: GnutellaServent;
  private readonly keys: KeyIssuer;
  private readonly keyBudget: AnswerBudget;
  private readonly hitBudget: AnswerBudget;
  private asked: Lru<string, Asked> | null = null;
  private askers: Lru<string, Allowance> | null = null;

  constructor(servent: GnutellaServent) {
    const { host } = servent;
    this.servent = servent;
    this.keys = new KeyIssuer(host.random);
    this.keyBudget = new AnswerBudget(KEY_BYTES_PER_SECOND, host.now());
    this.hitBudget = new AnswerBudget(HIT_BYTES_PER_SECOND, host.now());
  }

  /** A ping with an empty QK. An ultrapeer introduces itself by it (GUE: version, and the port at which it takes datagrams). */
  onKeyWanted(from: Endpoint, guid: Guid, { extensions }: Ping): void {
    const { servent } = this;
    if (!this.allowanceOf(from).take(1, servent.host.now())) return void this.refused++;
    const introduction = valueOf(extensions, 'GUE');
    if (introduction?.length === 3) this.meet(withPort(from, readU16Little(introduction, 1)));
    this.sendKey(from, guid, valueOf(extensions, 'SCP') === null ? [] : this.hostsFor(from));
  }

  onQuery(from: Endpoint, packet: Packet): void {
    const { servent } = this;
    const { host, router } = servent;
    const now = host.now();
    const question = packet.ttl === 0 ? null : questionOf(packet);
    const key = question === null ? null : valueOf(question.query.extensions, 'QK');
    // Without a key nothing is said: whoever knows GUESS knows how to get one.
    if (question === null || key === null || !this.allowanceOf(from).take(1, now)) return void this.refused++;
    if (key.length !== KEY_BYTES || !this.keys.isValid(from, readU32(key, 0), now)) return this.sendKey(from, packet.guid, []);
    // The same query comes once; and hits out of band go to nobody but the one who asks.
    const isForOther = question.has(QueryFlag.outOfBand) && !equalBytes(addressOfGuid(packet.guid), from);
    if (router.routes.find(packet.guid) >= 0 || isForOther) return void this.refused++;
    this.answered++;
    router.routes.put(packet.guid, GUESS_ROUTE, packet.ttl, now);
    this.asked ??= new Lru(QUERIES_MAX);
    this.asked.set(hexOfGuid(packet.guid), { to: from, bytesLeft: HIT_BYTES_PER_QUERY });
    this.acknowledge(from, packet.guid, valueOf(question.query.extensions, 'SCP') !== null);
    this.carryOut(packet, question);
  }

  /** Of a leaf, for such a query. */
  onHit({ guid, type, hops, payload }: Packet): void {
    const asked = this.asked?.peek(hexOfGuid(guid));
    if (asked !== undefined) this.sendHit(asked, new Packet(guid, type, 1, Math.min(255, hops + 1), payload));
  }

  /** Ultrapeers that can be asked so, as far as they mean something to him: those next to us, and others we have heard of. */
  hostsFor(asker: Endpoint): Endpoint[] {
    const { servent } = this;
    const near: Endpoint[] = [];
    for (const { kind, speaksGuess, listening } of servent.neighbours.values())
      if (kind === 'ultrapeer' && speaksGuess && listening !== null) near.push(listening);
    const known = servent.guessHosts.some(servent.host.random, HOSTS_TOLD);
    const all = new Map([...servent.host.random.shuffle(near), ...known].map((host) => [hexOf(host), host]));
    all.delete(hexOf(asker));
    return [...all.values()].filter((host) => servent.mayTell(asker, host)).slice(0, HOSTS_TOLD);
  }

  private meet(endpoint: Endpoint): void {
    if (endpointPort(endpoint) !== 0 && !isNowhere(endpoint)) this.servent.guessHosts.add(endpoint);
  }

  private sendKey(to: Endpoint, guid: Guid, hosts: readonly Endpoint[]): void {
    const { servent } = this;
    const now = servent.host.now();
    const key = new Uint8Array(KEY_BYTES);
    writeU32(key, 0, this.keys.keyOf(to, now));
    const more: Extension[] = [extension('QK', key)];
    if (hosts.length > 0) more.push(hostsExtension(hosts));
    const pong = servent.pings.ownPong(more);
    if (pong !== null) this.say(to, pongPacket(guid, 1, 0, pong));
  }

  /** A pong by the name of the query: of another one whom he may ask, or of ourselves. */
  private acknowledge(to: Endpoint, guid: Guid, wantsHosts: boolean): void {
    const hosts = this.hostsFor(to);
    const [other] = hosts;
    const told: Extensions = wantsHosts && hosts.length > 0 ? [hostsExtension(hosts)] : [];
    const about =
      other === undefined
        ? this.servent.pings.ownPong(told)
        : { endpoint: other, files: 0, kibibytes: 0, extensions: [extension('GUE', Uint8Array.of(GUESS_VERSION)), ...told] };
    if (about !== null) this.say(to, pongPacket(guid, 1, 0, about));
  }

  private say(to: Endpoint, packet: Packet): void {
    const { servent } = this;
    if (this.keyBudget.take(packetSize(packet), servent.host.now())) servent.sendDatagram(to, packet);
    else this.refused++;
  }

  private carryOut({ guid, hops }: Packet, asked: Question): void {
    const { servent } = this;
    const { options, router } = servent;
    const { query } = asked;
    const plain = { ...query, extensions: query.extensions.filter(({ id }) => !OWN_EXTENSIONS.includes(id)) };
    const payload = new Uint8Array(queryCodec.size(plain));
    queryCodec.encode(plain, payload, 0);
    const further = new Packet(guid, PacketType.query, 0, Math.min(255, hops + 1), payload);
    const question = questionOf(further);
    const answer = this.asked?.peek(hexOfGuid(guid));
    if (question === null || answer === undefined) return;
    const files = filesFor(question, options.files, servent.isFirewalled, options.resultsPerQuery);
    if (files.length > 0) for (const hit of hitPackets(guid, 1, files, RESULTS_PER_HIT, servent.answerer())) this.sendHit(answer, hit);
    router.toLeaves(null, further, question);
  }

  private sendHit(asked: Asked, packet: Packet): void {
    const bytes = packetSize(packet);
    const { servent } = this;
    const fits = bytes <= HIT_BYTES_MAX && bytes <= asked.bytesLeft && this.hitBudget.take(bytes, servent.host.now());
    if (!fits) return void this.refused++;
    asked.bytesLeft -= bytes;
    servent.sendDatagram(asked.to, packet);
  }

  private allowanceOf(from: Endpoint): Allowance {
    const key = hexOf(from, 0, 4);
    this.askers ??= new Lru(ASKERS_MAX);
    const known = this.askers.get(key);
    if (known !== undefined) return known;
    const fresh = new Allowance(ASKS_PER_SECOND, ASKS_AT_ONCE, this.servent.host.now());
    this.askers.set(key, fresh);
    return fresh;
  }
}

/** A ping that asks for a key, and for others who speak GUESS; an ultrapeer says that it does so itself. */
export function keyPing(guid: Guid, own: Extensions, encode: (extensions: Extensions) => Uint8Array): Packet {
  const payload = encode([extension('QK', NO_PAYLOAD), extension('SCP', Uint8Array.of(1)), ...own]);
  return new Packet(guid, PacketType.ping, 1, 0, payload);
}
