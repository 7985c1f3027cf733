/** Query keys as they are asked for and given: a hub's own, and those of other hubs that it asks for on behalf of leaves which nobody can reach. Owns who waits. */

import { AnswerBudget } from '../../core/answer-budget.ts';
import type { Endpoint, Peer } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { endpointKey, sameAddress } from '../../wire/endpoint-key.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import type { Packet } from './packet.ts';
import { keyAnswer, keyRequest, parseKeyAnswer } from './query-keys.ts';

const WAITING_MAX = 256;
const WAIT_MS = 10_000;
const ANSWER_BYTES = 40;
/** About a hundred keys a second. */
const ANSWERED_BYTES_PER_S = 4_000;

interface Waiting {
  readonly link: Link;
  readonly sinceMs: number;
}

export class KeyService {
  private readonly node: Gnutella2Node;
  private readonly waiting = new Lru<number, Waiting>(WAITING_MAX);
  private readonly answers: AnswerBudget;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.answers = new AnswerBudget(ANSWERED_BYTES_PER_S, node.host.now());
  }

  /** The answer goes to where the request came from: what names another address is nobody's business. */
  onDatagramRequest(from: Peer, packet: Packet): void {
    const { host, keys, role, transceiver } = this.node;
    const nowMs = host.now();
    const sender = host.endpoint(from);
    const asker = packet.child('RNA')?.endpoint() ?? sender;
    if (!role.isHub || !sameAddress(asker, sender) || !this.answers.take(ANSWER_BYTES, nowMs)) return;
    transceiver.send(from, keyAnswer(keys.keyOf(asker, nowMs), asker, null));
  }

  /** A leaf wants the key of another hub, for hits that come to us. */
  onLinkRequest(link: Link, packet: Packet): void {
    const hub = packet.child('QNA')?.endpoint() ?? null;
    const own = this.node.own.endpoint;
    if (!this.node.role.isHub || link.kind !== 'leaf' || hub === null || own === null || this.node.own.is(hub)) return;
    const nowMs = this.node.host.now();
    const key = this.node.ring.keyFor(hub, own, nowMs);
    if (key !== null && !packet.has('REF')) {
      link.send(keyAnswer(key, own, hub, true));
      return;
    }
    this.waiting.set(endpointKey(hub), { link, sinceMs: nowMs });
    this.node.transceiver.send(this.node.host.peer(hub), keyRequest(null, own));
  }

  /** Keys that we have not asked for are no keys. */
  onDatagramAnswer(from: Peer, packet: Packet): void {
    const answer = parseKeyAnswer(packet);
    const own = this.node.own.endpoint;
    if (answer === null || own === null) return;
    const hub = this.node.host.endpoint(from);
    const nowMs = this.node.host.now();
    const waiting = this.waiting.peek(endpointKey(hub));
    const isWaited = waiting !== undefined && nowMs - waiting.sinceMs < WAIT_MS;
    if (!isWaited && !this.node.searcher.awaits(hub)) return;
    this.node.ring.keep(hub, answer.key, own, nowMs);
    if (isWaited) {
      this.waiting.delete(endpointKey(hub));
      waiting.link.send(keyAnswer(answer.key, own, hub));
    }
    this.node.searcher.onKey(hub);
  }

  /** Our hub has got one for us; hits will come to it. */
  onLinkAnswer(link: Link, packet: Packet): void {
    const answer = parseKeyAnswer(packet);
    if (answer === null || answer.hub === null || link.kind !== 'hub' || !this.node.searcher.awaits(answer.hub)) return;
    this.node.ring.keep(answer.hub, answer.key, link.endpoint, this.node.host.now());
    this.node.searcher.onKey(answer.hub);
  }

  /** By way of a hub where nobody can reach us. */
  request(hub: Endpoint, proxy: Link | null): void {
    if (proxy !== null) proxy.send(keyRequest(hub, null));
    else this.node.transceiver.send(this.node.host.peer(hub), keyRequest(null, this.node.own.endpoint));
  }
}
