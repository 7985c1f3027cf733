/**
 * GUESS 0.2, the searcher's side: when the neighbours have brought too little, ultrapeers beyond them are asked one after the other by datagram, each once, until there is
 * enough or nobody is left. Owns how far each search has got, and the keys that ultrapeers have given us.
 */

import { endpointPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { isNowhere } from '../../core/address-scope.ts';
import { Lru } from '../../core/lru.ts';
import { endpointKey, endpointOfKey } from '../../wire/endpoint-key.ts';
import { u16Data } from './vendor-message.ts';
import { encodedGgep, extension, type Extensions, extensionWithoutZeros, valueOf } from './ggep.ts';
import { keyPing } from './guess-server.ts';
import { equalGuids, type Guid, newGuid } from './guid.ts';
import { NO_PAYLOAD, Packet, PacketType } from './packet.ts';
import { GUESS_VERSION, toldBy } from './pings.ts';
import type { Pong } from './ping-pong.ts';
import { type Query, queryCodec } from './query.ts';
import type { GnutellaServent } from './servent.ts';
import { TimerKind } from './timer-kinds.ts';

/** GUESS allows one in 200 ms at first, and no more than 10,000 in all. */
const STEP_MS = 250;
const ULTRAPEERS_MAX = 200;
/** To be asked; more that are told of are left out. */
const KNOWN_MAX = 500;
/** Keys and acknowledgements that are waited for, and for how long. */
const WAITING_MAX = 8;
const ANSWER_MS = 3_000;
/** A key is good for an hour at least. */
const KEY_MS = 3_600_000;
const KEYS_MAX = 512;
const KEY_BYTES_MIN = 4;
const KEY_BYTES_MAX = 16;

interface KeptKey {
  readonly key: Uint8Array;
  readonly atMs: number;
}

/** One search on its way from ultrapeer to ultrapeer. */
class Crawl {
  readonly number: number;
  readonly guid: Guid;
  readonly query: Query;
  /** In the order in which they were heard of. */
  readonly known = new Map<number, Endpoint>();
  /** Whom we have sent anything; and since when one waits for his answer. */
  readonly asked = new Set<number>();
  readonly waiting = new Map<number, number>();
  /** Who did not answer was asked once more: datagrams get lost. */
  readonly repeated = new Set<number>();
  /** Next to us: they have the query already, and only tell of others. */
  readonly near = new Set<number>();

  constructor(number: number, guid: Guid, query: Query) {
    this.number = number;
    this.guid = guid;
    this.query = query;
  }

  learn(host: Endpoint): void {
    const key = endpointKey(host);
    if (this.known.size < KNOWN_MAX && !this.known.has(key)) this.known.set(key, host);
  }
}

export class GuessSearch {
  queries = 0;
  private readonly servent: GnutellaServent;
  private readonly crawls: Crawl[] = [];
  private keys: Lru<number, KeptKey> | null = null;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  /** False: there is nobody to ask, or no way to. */
  begin(number: number, guid: Guid, query: Query): boolean {
    const { servent } = this;
    const { host, options } = servent;
    if (!options.usesGuess || host.self.datagram === null) return false;
    const crawl = new Crawl(number, guid, query);
    for (const { kind, speaksGuess, listening } of servent.neighbours.values()) {
      if (kind !== 'ultrapeer' || listening === null) continue;
      crawl.near.add(endpointKey(listening));
      if (speaksGuess) crawl.learn(listening);
    }
    for (const endpoint of servent.guessHosts.some(host.random, KNOWN_MAX)) crawl.learn(endpoint);
    if (crawl.known.size === 0) return false;
    this.crawls.push(crawl);
    host.setTimer(STEP_MS, TimerKind.guessStep, number);
    return true;
  }

  isRunning(number: number): boolean {
    return this.crawls.some((crawl) => crawl.number === number);
  }

  stop(number: number): void {
    const at = this.crawls.findIndex((crawl) => crawl.number === number);
    if (at >= 0) this.crawls.splice(at, 1);
  }

  onStep(number: number): void {
    const crawl = this.crawls.find((each) => each.number === number);
    if (crawl === undefined) return;
    const { servent } = this;
    const now = servent.host.now();
    for (const [key, sinceMs] of [...crawl.waiting]) if (now - sinceMs > ANSWER_MS) this.onSilence(crawl, key, now);
    const next = crawl.waiting.size >= WAITING_MAX || crawl.asked.size >= ULTRAPEERS_MAX ? null : this.nextOf(crawl);
    if (next !== null) this.ask(crawl, next, now);
    else if (crawl.waiting.size === 0) return this.stop(number);
    servent.host.setTimer(STEP_MS, TimerKind.guessStep, number);
  }

  /** Keys, acknowledgements, others to ask. False: it is no answer to anything of ours. */
  onPong(from: Endpoint, guid: Guid, pong: Pong): boolean {
    const { servent } = this;
    const sender = endpointKey(from);
    const crawl = this.crawls.find((each) => each.waiting.has(sender) || (equalGuids(each.guid, guid) && each.asked.has(sender)));
    if (crawl === undefined) return false;
    const key = valueOf(pong.extensions, 'QK');
    const now = servent.host.now();
    const hosts = toldBy(pong);
    if (valueOf(pong.extensions, 'GUE') !== null) hosts.push(pong.endpoint);
    for (const host of hosts) {
      if (endpointPort(host) === 0 || isNowhere(host) || !servent.mayTell(from, host)) continue;
      servent.guessHosts.add(host);
      crawl.learn(host);
    }
    const isWaited = crawl.waiting.delete(sender);
    if (key === null || !isWaited || key.length < KEY_BYTES_MIN || key.length > KEY_BYTES_MAX) return true;
    this.keys ??= new Lru(KEYS_MAX);
    const isNew = this.keyFor(sender, now) === null || equalGuids(crawl.guid, guid);
    this.keys.set(sender, { key, atMs: now });
    // An old key was answered by a new one: once more, and no more often.
    if (isNew && !crawl.near.has(sender)) this.sendQuery(crawl, from, key, now, !equalGuids(crawl.guid, guid));
    return true;
  }

  /** Hits come from where we have asked. */
  isAnswer(from: Endpoint, guid: Guid): boolean {
    const sender = endpointKey(from);
    return this.crawls.some((crawl) => equalGuids(crawl.guid, guid) && crawl.asked.has(sender) && !crawl.near.has(sender));
  }

  private nextOf(crawl: Crawl): Endpoint | null {
    const own = this.servent.ownEndpoint();
    const ownKey = own === null ? -1 : endpointKey(own);
    for (const [key, endpoint] of crawl.known) if (!crawl.asked.has(key) && key !== ownKey) return endpoint;
    return null;
  }

  private onSilence(crawl: Crawl, address: number, now: number): void {
    crawl.waiting.delete(address);
    if (crawl.repeated.has(address)) return;
    crawl.repeated.add(address);
    this.ask(crawl, endpointOfKey(address), now);
  }

  private ask(crawl: Crawl, to: Endpoint, now: number): void {
    const address = endpointKey(to);
    crawl.asked.add(address);
    const key = this.keyFor(address, now);
    if (key !== null && !crawl.near.has(address)) return this.sendQuery(crawl, to, key, now, true);
    crawl.waiting.set(address, now);
    this.servent.sendDatagram(to, keyPing(newGuid(this.servent.host.random), this.introduction(), encodedGgep));
  }

  /** `waits`: for the acknowledgement, or another key. */
  private sendQuery(crawl: Crawl, to: Endpoint, key: Uint8Array, now: number, waits: boolean): void {
    const extensions = [...crawl.query.extensions, extensionWithoutZeros('QK', key), extension('SCP', NO_PAYLOAD)];
    const query = { ...crawl.query, extensions };
    const payload = new Uint8Array(queryCodec.size(query));
    queryCodec.encode(query, payload, 0);
    if (waits) crawl.waiting.set(endpointKey(to), now);
    this.queries++;
    this.servent.sendDatagram(to, new Packet(crawl.guid, PacketType.query, 1, 0, payload));
  }

  private keyFor(address: number, now: number): Uint8Array | null {
    const kept = this.keys?.get(address);
    return kept !== undefined && now - kept.atMs < KEY_MS ? kept.key : null;
  }

  private introduction(): Extensions {
    const own = this.servent.servesGuess ? this.servent.ownEndpoint() : null;
    return own === null ? [] : [extension('GUE', Uint8Array.of(GUESS_VERSION, ...u16Data(endpointPort(own))))];
  }
}
