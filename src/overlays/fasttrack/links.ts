/**
 * The neighbours of a supernode: as many as it wants of those that it knows, kept alive by beats, exchanged now and then, told of others. Owns the links.
 */

import { readU16, readU32 } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { Link } from './link.ts';
import { type BodyOf, type SessionMessage, Type } from './messages.ts';
import { Probe } from './probe.ts';
import { Session } from './session.ts';
import type { Supernode } from './supernode.ts';

/** Dials under way at once. */
const DIALS_MAX = 4;
const NODES_TOLD = 20;
/** So many that none is dead by chance when the first beat is missed. */
const SILENT_BEATS_MAX = 2;

export class Links {
  readonly supernode: Supernode;
  private readonly byPlace = new Map<number, Link>();
  private shuffledMs: number;

  constructor(supernode: Supernode) {
    this.supernode = supernode;
    this.shuffledMs = supernode.host.now();
  }

  /** Those that are up. */
  get all(): Link[] {
    return [...this.byPlace.values()].filter(({ isUp }) => isUp);
  }

  get count(): number {
    let count = 0;
    for (const { isUp } of this.byPlace.values()) if (isUp) count++;
    return count;
  }

  at(endpoint: Endpoint): Link | null {
    return this.byPlace.get(placeOf(endpoint)) ?? null;
  }

  /** So many of them by chance. */
  some(count: number, but: Link | null): Link[] {
    const links = this.all.filter((link) => link !== but);
    return links.length <= count ? links : this.supernode.host.random.shuffle(links).slice(0, count);
  }

  dial(endpoint: Endpoint, link: Link): Session {
    return Session.dial(this.supernode.host, this.supernode.options.network, endpoint, link);
  }

  /** A newcomer says that he is a supernode. Where he comes from is seen, only his port is believed, and that is tried. */
  admit(session: Session, { endpoint: told, children, childrenMax, nonce }: BodyOf<typeof Type.link>): void {
    const { supernode } = this;
    const endpoint = supernode.node.seenAddress(session, told);
    const place = placeOf(endpoint);
    const known = this.byPlace.get(place);
    const isSelf = nonce === supernode.node.nonce || place === placeOf(supernode.endpoint);
    const isThere = supernode.node.mayDial(session, endpoint);
    const isTwice = known !== undefined && (known.isUp || this.isOurs(endpoint));
    if (isSelf || isTwice || !isThere || this.byPlace.size >= supernode.options.linksMax) return supernode.refuse(session);
    if (known !== undefined) known.session.reset();
    const link = new Link(this, session, endpoint);
    this.byPlace.set(place, link);
    this.up(link, children, childrenMax);
    link.sayLink();
    Probe.dial(supernode.host, supernode.parting, endpoint, link);
  }

  onMessage(link: Link, message: SessionMessage): void {
    const { supernode } = this;
    switch (message.type) {
      case Type.link:
        if (!link.isUp) this.up(link, message.body.children, message.body.childrenMax);
        return;
      case Type.query:
        return supernode.flood.onQuery(link, message.body);
      case Type.found:
        return supernode.flood.onFound(message.body);
      case Type.nodes:
        return supernode.node.learn(link.session, message.body.nodes);
      case Type.census: {
        const { users, files, megabytes, load, slots } = message.body;
        Object.assign(link, { children: users, files, megabytes, load });
        return supernode.census.merge(slots);
      }
      case Type.relayPush:
        if (supernode.node.mayDial(link.session, message.body.requester)) supernode.pushes.onRelay(message.body);
        return;
      case Type.externalIp:
        return supernode.node.onExternalIp(message.body.ip);
      case Type.askBadHashes:
        return supernode.tellBadHashes(link.session, message.body);
      case Type.badHashes:
        return void supernode.node.takeBadHashes(message.body.list);
      default:
        return;
    }
  }

  onGone(link: Link): void {
    const place = placeOf(link.endpoint);
    if (this.byPlace.get(place) !== link) return;
    this.byPlace.delete(place);
    if (!link.isUp && !link.hasAnswered) this.supernode.node.cache.failed(link.endpoint);
  }

  /** The supernode's beat. */
  beat(nowMs: number, beatMs: number): void {
    for (const link of [...this.byPlace.values()]) {
      if (nowMs - link.session.heardMs > SILENT_BEATS_MAX * beatMs) link.session.reset();
      else if (link.isUp) link.session.send({ type: 'ping' });
    }
    this.keepUp();
    this.shuffle(nowMs);
  }

  /** A round of the census: neighbours hear how we are, and of a few others. */
  tell(): void {
    const { supernode } = this;
    const { children, index, census, endpoint, host } = supernode;
    const body = {
      users: children.size,
      files: index.count,
      megabytes: Math.min(0xffff_ffff, Math.floor(index.bytes / 1e6)),
      load: supernode.load,
      slots: census.slots(),
    };
    const nodes = supernode.nodesFor(NODES_TOLD);
    for (const link of this.all) {
      link.session.send({ type: Type.census, body });
      link.session.send({ type: Type.nodes, body: { nodes: nodes.filter((node) => placeOf(node.endpoint) !== placeOf(link.endpoint)) } });
      if (link.verified) supernode.node.cache.note(link.endpoint, link.load, host.now(), 0);
    }
    supernode.node.cache.forget(endpoint);
    // Somebody who was reachable may not be any more; and that he was dialled is how he knows that he still is.
    const [one] = this.some(1, null);
    if (one !== undefined) Probe.dial(host, supernode.parting, one.endpoint, one);
  }

  stop(): void {
    for (const link of [...this.byPlace.values()]) link.session.end();
  }

  keepUp(): void {
    const { supernode } = this;
    const { cache } = supernode.node;
    const dialling = this.byPlace.size - this.count;
    const wanted = Math.min(DIALS_MAX - dialling, supernode.options.linksMin - this.byPlace.size);
    if (wanted <= 0) return;
    const isFree = (endpoint: Endpoint): boolean => this.at(endpoint) === null && placeOf(endpoint) !== placeOf(supernode.endpoint);
    for (const endpoint of cache.pick(wanted, supernode.host.random, isFree)) this.linkTo(endpoint);
  }

  linkTo(endpoint: Endpoint): void {
    if (this.at(endpoint) === null) this.byPlace.set(placeOf(endpoint), new Link(this, null, endpoint));
  }

  private up(link: Link, children: number, childrenMax: number): void {
    Object.assign(link, { isUp: true, children, childrenMax });
    const { supernode } = this;
    supernode.sayExternalIp(link.session);
    supernode.onLinkUp(link);
    for (const { publisher, serial } of supernode.node.badHashes.serials()) {
      link.session.send({ type: Type.askBadHashes, body: { publisher, serial } });
    }
  }

  /** Of two that dial each other at once, the stream of the one with the smaller address stays. */
  private isOurs(endpoint: Endpoint): boolean {
    return placeOf(this.supernode.endpoint) < placeOf(endpoint);
  }

  private shuffle(nowMs: number): void {
    const { linksMin, shuffleMs } = this.supernode.options;
    if (nowMs - this.shuffledMs < shuffleMs || this.count < linksMin) return;
    this.shuffledMs = nowMs;
    const [link] = this.some(1, null);
    link?.session.end();
  }
}

/** An address and a port as a number, for maps. */
export function placeOf(endpoint: Endpoint): number {
  return readU32(endpoint, 0) * 0x1_0000 + readU16(endpoint, 4);
}
