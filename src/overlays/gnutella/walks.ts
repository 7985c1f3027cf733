/**
 * k random walkers instead of a flood (Lv, Cao, Cohen, Li, Shenker, ICS 2002): a query goes to one neighbour at a time, to one that has not had it from
 * us yet if there is, and asks at home every few steps whether to go on. Owns which neighbours had which query, and the walkers that wait.
 */

import { Lru } from '../../core/lru.ts';
import { addressOfGuid, type Guid, hexOfGuid } from './guid.ts';
import type { Neighbour } from './neighbour.ts';
import { Packet, PacketType } from './packet.ts';
import { encodedVendor, VendorKind, vendorMessage } from './vendor-message.ts';
import type { GnutellaServent } from './servent.ts';

const QUERIES_MAX = 256;
const WAITING_MAX = 64;
const NO_DATA = new Uint8Array(0);

interface Walk {
  readonly used: Set<number>;
}

interface Waiting {
  readonly from: number;
  readonly packet: Packet;
}

export class Walks {
  steps = 0;
  private readonly servent: GnutellaServent;
  private walks: Lru<string, Walk> | null = null;
  private waiting: Lru<string, Waiting> | null = null;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  /** Ours: so many walkers at once. */
  start(packet: Packet): void {
    for (let walker = 0; walker < this.servent.options.walkers; walker++) this.step(null, packet);
  }

  passOn(from: Neighbour | null, packet: Packet): void {
    if (packet.ttl === 0) return;
    const { walkCheckSteps } = this.servent.options;
    if (walkCheckSteps > 0 && packet.hops % walkCheckSteps === 0) this.ask(from, packet);
    else this.step(from, packet);
  }

  /** Home has answered: a walker that waits goes on, or ends here. */
  onAnswer(guid: Guid, isEnough: boolean): void {
    const key = hexOfGuid(guid);
    const waiting = this.waiting?.peek(key);
    if (waiting === undefined) return;
    this.waiting?.delete(key);
    if (!isEnough) this.step(this.servent.neighbours.get(waiting.from) ?? null, waiting.packet);
  }

  /** Two walkers of a query that wait at the same node become one: they would go on together. */
  private ask(from: Neighbour | null, packet: Packet): void {
    this.waiting ??= new Lru(WAITING_MAX);
    this.waiting.set(hexOfGuid(packet.guid), { from: from?.number ?? 0, packet });
    const question = encodedVendor(vendorMessage(VendorKind.hitsQuestion, 1, NO_DATA));
    this.servent.sendDatagram(addressOfGuid(packet.guid), new Packet(packet.guid, PacketType.vendor, 1, 0, question));
  }

  private step(from: Neighbour | null, packet: Packet): void {
    const others = [...this.servent.neighbours.values()].filter((neighbour) => neighbour !== from && neighbour.kind !== 'leaf');
    const { used } = this.walkOf(packet.guid);
    const fresh = others.filter(({ number }) => !used.has(number));
    const choice = fresh.length > 0 ? fresh : others;
    // Back only from where there is no other way.
    const to = choice[this.servent.host.random.below(Math.max(1, choice.length))] ?? from;
    if (to === null) return;
    used.add(to.number);
    this.steps++;
    to.send(packet);
  }

  private walkOf(guid: Guid): Walk {
    this.walks ??= new Lru(QUERIES_MAX);
    const key = hexOfGuid(guid);
    let walk = this.walks.get(key);
    if (walk === undefined) {
      walk = { used: new Set() };
      this.walks.set(key, walk);
    }
    return walk;
  }
}
