/** Whom we take as a neighbour and as what, and what we tell him of ourselves in a handshake. Owns when a neighbour last had to make room. */

import { endpointIp, endpointPort, formatEndpoint, isLoopback, withPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ByeCode } from './bye.ts';
import type { Capabilities } from './capabilities.ts';
import { equalGuids, hexOfGuid } from './guid.ts';
import type { Agreement, Handshake, HandshakeOwner, NeighbourKind, Refusal } from './handshake.ts';
import type { GnutellaServent } from './servent.ts';

const HOSTS_TOLD = 10;
const REPLACE_MS = 5_000;
/** An ultrapeer whose places for leaves are so full says that further ones are needed. */
const NEEDED_SHARE = 0.75;

/** What somebody will be to us, and whether we shall be his leaf. */
interface Place {
  readonly kind: NeighbourKind;
  readonly asLeaf: boolean;
}

const FULL: Refusal = { code: 503, text: 'Too many connections' };
const LEAF: Refusal = { code: 503, text: 'I am a leaf' };
const CONNECTED: Refusal = { code: 409, text: 'Already connected' };
const UNFIT: Refusal = { code: 403, text: 'High Outdegree and Dynamic Querying Required' };
const PLAIN: Refusal = { code: 403, text: 'Gnet connection not compressed' };

export class Admission implements HandshakeOwner {
  private readonly servent: GnutellaServent;
  private replacedAtMs = -1e9;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  get greetsOldWay(): boolean {
    return this.servent.options.greetsOldWay;
  }

  get acceptsOldGreeting(): boolean {
    return this.servent.options.acceptsOldGreeting;
  }

  get hasCompression(): boolean {
    return this.servent.options.compression !== null;
  }

  headersFor(peer: Endpoint, part: 'greeting' | 'answer' | 'refusal' | 'crawled'): [string, string][] {
    const { options } = this.servent;
    const headers: [string, string][] = [
      ['User-Agent', options.userAgent],
      ['Remote-IP', endpointIp(peer)],
    ];
    if (part === 'refusal') return [...headers, ...this.roleHeader(), ...this.hostsToTry(peer)];
    if (part === 'crawled') return [...headers, ...this.neighbourHeaders()];
    const own = this.servent.ownEndpoint();
    if (own !== null) headers.push(['Listen-IP', formatEndpoint(own)], ['Node', formatEndpoint(own)]);
    headers.push(...this.featureHeaders());
    if (part === 'answer') headers.push(...this.hostsToTry(peer));
    if (part === 'answer' && this.servent.role === 'ultrapeer')
      headers.push(['X-Ultrapeer-Needed', this.isUltrapeerNeeded ? 'True' : 'False']);
    return headers;
  }

  judgeIncoming(peer: Endpoint, capabilities: Capabilities): NeighbourKind | Refusal {
    const { servent } = this;
    const refusal = this.refusalOf(peer, capabilities);
    if (refusal !== null) return refusal;
    const { leaves, links } = servent.counts();
    const { options, role } = servent;
    if (role === 'flat') return links < options.linksMax ? 'flat' : FULL;
    if (role === 'leaf') {
      // An ultrapeer that dials us may have us as a leaf; a leaf has nothing that a leaf could use.
      if (capabilities.isUltrapeer !== true || links >= options.ultrapeersOfLeaf) return LEAF;
      return this.isFitForLeaf(capabilities) ? 'ultrapeer' : UNFIT;
    }
    if (capabilities.isUltrapeer === false) {
      if (options.leavesMustInflate && options.compression !== null && !capabilities.inflates) return PLAIN;
      return leaves < options.leavesMax ? 'leaf' : FULL;
    }
    if (links >= options.linksMax && !this.mayReplace()) return FULL;
    return capabilities.isUltrapeer === true ? 'ultrapeer' : 'flat';
  }

  judgeAnswer(handshake: Handshake, capabilities: Capabilities): Place | Refusal {
    const place = this.placeFor(handshake, capabilities);
    return 'code' in place || this.hasRoomFor(place.kind) ? place : FULL;
  }

  private placeFor(handshake: Handshake, capabilities: Capabilities): Place | Refusal {
    const { servent } = this;
    const refusal = this.refusalOf(handshake.peer, capabilities);
    if (refusal !== null) return refusal;
    if (servent.role === 'flat') return { kind: 'flat', asLeaf: false };
    if (servent.role === 'leaf') {
      if (capabilities.isUltrapeer === false) return LEAF;
      if (capabilities.isUltrapeer === null || !this.isFitForLeaf(capabilities)) return UNFIT;
      return { kind: 'ultrapeer', asLeaf: false };
    }
    const { leaves } = servent.counts();
    // It has room for us as a leaf, and nobody would miss us as an ultrapeer.
    if (capabilities.isUltrapeer === true && capabilities.ultrapeerNeeded === false && leaves === 0 && servent.roles.becomeLeaf(handshake))
      return this.isFitForLeaf(capabilities) ? { kind: 'ultrapeer', asLeaf: true } : UNFIT;
    return { kind: capabilities.isUltrapeer === null ? 'flat' : capabilities.isUltrapeer ? 'ultrapeer' : 'leaf', asLeaf: false };
  }

  hasRoomFor(kind: NeighbourKind): boolean {
    const { leaves, links } = this.servent.counts();
    const { options, role } = this.servent;
    if (kind === 'leaf') return leaves < options.leavesMax;
    return links < (role === 'leaf' ? options.ultrapeersOfLeaf : options.linksMax) || (kind === 'ultrapeer' && this.mayReplace());
  }

  /**
   * Who dials as an ultrapeer has too few links, and we have more than we want: where all are full a newcomer would stay alone for ever. So one of
   * ours makes room, at random, and not often: nobody is to push out all that we have.
   */
  private mayReplace(): boolean {
    const { options, role, host } = this.servent;
    return role === 'ultrapeer' && options.linksMax > options.linksWanted && host.now() - this.replacedAtMs >= REPLACE_MS;
  }

  private makeRoom(): void {
    const { host, neighbours } = this.servent;
    const others = [...neighbours.values()].filter(({ kind }) => kind !== 'leaf');
    this.replacedAtMs = host.now();
    others[host.random.below(others.length)]?.bye(ByeCode.unfit, 'making room for another');
  }

  onAgreed(handshake: Handshake, agreement: Agreement): void {
    const { options, role } = this.servent;
    if (role !== 'leaf' && agreement.kind !== 'leaf' && this.servent.counts().links >= options.linksMax) this.makeRoom();
    this.servent.onAgreed(handshake, agreement);
  }

  onHandshakeFailed(handshake: Handshake, code: number, byUltrapeer: boolean): void {
    this.servent.connector.onFailed(handshake, code, byUltrapeer);
  }

  onHostsToTry(from: Endpoint, hosts: readonly Endpoint[]): void {
    for (const host of hosts) this.servent.addHost(from, host);
  }

  private get isUltrapeerNeeded(): boolean {
    return this.servent.counts().leaves >= NEEDED_SHARE * this.servent.options.leavesMax;
  }

  private isFitForLeaf({ degree, isDynamic }: Capabilities): boolean {
    const { degreeMin } = this.servent.options;
    return degreeMin === 0 || (degree >= degreeMin && isDynamic);
  }

  /** We, or a neighbour already, or one too many from there. */
  private refusalOf(peer: Endpoint, { servent: name, listening }: Capabilities): Refusal | null {
    const { servent } = this;
    if (name !== null && equalGuids(name, servent.guid)) return CONNECTED;
    let same = 0;
    for (const neighbour of servent.neighbours.values()) {
      if (name !== null && neighbour.servent !== null && equalGuids(name, neighbour.servent)) return CONNECTED;
      if (!neighbour.hasAddressOf(peer)) continue;
      same++;
      if (listening !== null && neighbour.listensAt(withPort(peer, endpointPort(listening)))) return CONNECTED;
    }
    // Several on one machine are somebody's own.
    return same >= servent.options.connectionsPerAddressMax && !isLoopback(peer) ? FULL : null;
  }

  private featureHeaders(): [string, string][] {
    const { options, role, guid } = this.servent;
    const headers: [string, string][] = [];
    headers.push(...this.roleHeader());
    if (options.usesRouteTables && role !== 'flat') headers.push(['X-Query-Routing', '0.1'], ['X-Ultrapeer-Query-Routing', '0.1']);
    headers.push(['X-Degree', String(options.linksWanted)], ['X-Max-TTL', String(options.ttl)]);
    if (options.usesGuess) headers.push(['X-Guess', '0.2']);
    if (options.strategy === 'dynamic') headers.push(['X-Dynamic-Querying', '0.1'], ['X-Ext-Probes', '0.1']);
    if (options.cachesPongs) headers.push(['Pong-Caching', '0.1']);
    headers.push(['Bye-Packet', '0.1'], ['GGEP', '0.5'], ['Vendor-Message', '0.1'], ['X-Requeries', 'False'], ['GUID', hexOfGuid(guid)]);
    if (options.tellsHorizon) headers.push(['X-Features', 'HSEP/0.2']);
    if (options.compression !== null) headers.push(['Accept-Encoding', 'deflate']);
    return headers;
  }

  private roleHeader(): [string, string][] {
    const { role } = this.servent;
    return role === 'flat' ? [] : [['X-Ultrapeer', role === 'ultrapeer' ? 'True' : 'False']];
  }

  private hostsToTry(peer: Endpoint): [string, string][] {
    const { servent } = this;
    const hosts = new Set<string>();
    for (const { kind, listening } of servent.neighbours.values())
      if (kind !== 'leaf' && listening !== null && hosts.size < HOSTS_TOLD && servent.mayTell(peer, listening))
        hosts.add(formatEndpoint(listening));
    for (const host of servent.hosts.some(servent.host.random, HOSTS_TOLD - hosts.size))
      if (servent.mayTell(peer, host)) hosts.add(formatEndpoint(host));
    if (hosts.size === 0) return [];
    return [[servent.role === 'flat' ? 'X-Try' : 'X-Try-Ultrapeers', [...hosts].join(',')]];
  }

  private neighbourHeaders(): [string, string][] {
    const listed = (kind: 'leaf' | 'others'): string =>
      [...this.servent.neighbours.values()]
        .filter((neighbour) => (neighbour.kind === 'leaf') === (kind === 'leaf') && neighbour.listening !== null)
        .map(({ listening }) => formatEndpoint(listening as Endpoint))
        .join(',');
    return [
      ['Leaves', listed('leaf')],
      ['Peers', listed('others')],
    ];
  }
}
