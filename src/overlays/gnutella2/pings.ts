/**
 * Whether neighbours are there, and whether we can be reached (PI, PO): a ping with an address is passed on to other hubs, who answer there by datagram.
 * Owns how often that is done.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import type { Peer } from '../../core/host.ts';
import { sameAddress } from '../../wire/endpoint-key.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { endpointBytes } from './packet-parts.ts';
import { Packet } from './packet.ts';

const RELAYS_MAX = 2;
const PACKET_BYTES = 20;
/** Fifty answers a second to those who ask by datagram, and fewer passed on. */
const ANSWERED_BYTES_PER_S = 1_000;
const RELAYED_BYTES_PER_S = 200;
const TEST_GAP_MS = 60_000;

export class Pings {
  /** Somebody whom we had not asked has reached us by datagram. */
  isReachable = false;
  private readonly node: Gnutella2Node;
  private readonly answers: AnswerBudget;
  private readonly relays: AnswerBudget;
  private testedMs = Number.NEGATIVE_INFINITY;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.answers = new AnswerBudget(ANSWERED_BYTES_PER_S, node.host.now());
    this.relays = new AnswerBudget(RELAYED_BYTES_PER_S, node.host.now());
  }

  onLinkPing(link: Link, packet: Packet): void {
    const { host, links, role, transceiver } = this.node;
    const endpoint = packet.child('UDP')?.endpoint() ?? null;
    if (endpoint === null) {
      link.send(new Packet('PO'));
      return;
    }
    const nowMs = host.now();
    if (packet.has('RELAY')) {
      if (link.kind !== 'hub' || !this.relays.take(PACKET_BYTES, nowMs)) return;
      transceiver.send(host.peer(endpoint), new Packet('PO', undefined, [new Packet('RELAY')]));
    } else if (role.isHub && sameAddress(endpoint, link.endpoint)) {
      // Only to the very address that asks: nobody is to be pinged by many on the word of one.
      const onward = new Packet('PI', undefined, [new Packet('UDP', endpointBytes(endpoint)), new Packet('RELAY')]);
      const others = links.hubs.filter((hub) => hub !== link).slice(0, RELAYS_MAX);
      for (const hub of others) if (this.relays.take(PACKET_BYTES, nowMs)) hub.offer(onward);
    }
  }

  onDatagramPing(from: Peer): void {
    if (this.answers.take(PACKET_BYTES, this.node.host.now())) this.node.transceiver.send(from, new Packet('PO'));
  }

  onDatagramPong(packet: Packet): void {
    if (packet.has('RELAY')) this.isReachable = true;
  }

  /** To be called every second: who is silent is asked, who stays so is let go. */
  tick(nowMs: number): void {
    const { links, options } = this.node;
    for (const link of [...links.hubs, ...links.leaves]) {
      if (nowMs - link.heardMs >= options.silenceMs) link.reset();
      else if (nowMs - Math.max(link.heardMs, link.pingedMs) >= options.pingMs) {
        link.pingedMs = nowMs;
        link.send(new Packet('PI'));
      }
    }
    this.test(nowMs);
  }

  /** Asks a hub to have others reach us. */
  private test(nowMs: number): void {
    const { hubs } = this.node.links;
    const own = this.node.own.endpoint;
    if (this.isReachable || hubs.length === 0 || own === null || this.node.isFirewalled || nowMs - this.testedMs < TEST_GAP_MS) return;
    this.testedMs = nowMs;
    // One after the other: the first may know nobody else.
    hubs[this.node.host.random.below(hubs.length)]?.send(new Packet('PI', undefined, [new Packet('UDP', endpointBytes(own))]));
  }
}
