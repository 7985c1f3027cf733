/**
 * Packets that are for one servent, by name (/TO): a hub passes them on to the leaf that has it. Of these, pushes ask somebody who cannot be dialled to dial. Owns how many
 * are followed: each makes somebody connect to an address that a stranger has chosen.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Holder } from '../../wire/search-hit.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { endpointBytes, GUID_BYTES } from './packet-parts.ts';
import { Packet } from './packet.ts';

/** A second, and at once. */
const PUSHES = 5;

export class Pushes {
  private readonly node: Gnutella2Node;
  private readonly budget: AnswerBudget;

  constructor(node: Gnutella2Node) {
    this.node = node;
    this.budget = new AnswerBudget(PUSHES, node.host.now());
  }

  /** False: nobody can pass it on. */
  request({ id, proxies }: Pick<Holder, 'id' | 'proxies'>): boolean {
    const { host, own, transceiver } = this.node;
    const guid = bytesOfHex(id);
    if (guid?.length !== GUID_BYTES || own.endpoint === null) return false;
    const packet = new Packet('PUSH', endpointBytes(own.endpoint), [new Packet('TO', guid)]);
    for (const proxy of proxies) transceiver.send(host.peer(proxy), packet, true);
    return proxies.length > 0 || this.passOn(id, packet);
  }

  onPush(packet: Packet): void {
    const to = packet.endpoint();
    if (to !== null && this.take()) this.node.options.hooks.onPush(to);
  }

  /** True when the packet is for somebody else, and was passed on or dropped. */
  isForOther(packet: Packet, from: Link | null): boolean {
    const to = packet.child('TO');
    if (to === null) return false;
    if (to.payload.length !== GUID_BYTES) return true;
    const guid = hexOf(to.payload);
    if (guid === this.node.guidHex) return false;
    const { links, role } = this.node;
    if (role.isHub && links.ofGuid(guid) !== from && this.take()) this.passOn(guid, packet);
    return true;
  }

  private passOn(guid: string, packet: Packet): boolean {
    return this.node.links.ofGuid(guid)?.offer(packet) ?? false;
  }

  private take(): boolean {
    return this.budget.take(1, this.node.host.now());
  }
}
