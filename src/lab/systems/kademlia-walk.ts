/**
 * The way of one lookup through a Kademlia network, hop by hop, from what each node on it has in its table at this moment: what a learner
 * steps through. It asks one node at a time where the protocol asks α at once, and ends as that does, when the k nearest have been asked
 * (section 2.3). No message is sent and nothing changes. Owns no state.
 */

import type { Contact, NodeId } from '../../overlays/kademlia/index.ts';
import { compareXor, equalIds, prefixBits } from '../../overlays/kademlia/node-id.ts';
import { START_CONTACTS_MAX } from '../../overlays/kademlia/traversal.ts';
import type { Step } from '../overlay-model.ts';
import { type Member, tableOf } from './kademlia-members.ts';

/** What the walk needs to know of the network. */
export interface WalkedNetwork {
  /** The node that a contact names, or null when it is dead. */
  livingAt(contact: Contact): Member | null;
}

const OTHERS_MAX = 5;
const NAME_DIGITS = 8;
const WORD = 2 ** 32;

export function walk(network: WalkedNetwork, start: Member, target: NodeId): readonly Step[] {
  const way = new Walk(network, start, target);
  way.goOn();
  return way.steps;
}

/** A node that was named, and lives. */
interface Living {
  readonly contact: Contact;
  readonly node: Member;
}

class Walk {
  readonly steps: Step[] = [];
  private readonly network: WalkedNetwork;
  private readonly start: Member;
  private readonly target: NodeId;
  /** All that were named so far, nearest first. */
  private readonly named: Contact[] = [];
  private readonly asked = new Set<Member>();
  /** Those of whom it was said already. */
  private readonly dead = new Set<Contact>();
  /** The nearest of those asked, and how many it has named. */
  private here: Member;
  private answer = 0;

  constructor(network: WalkedNetwork, start: Member, target: NodeId) {
    this.network = network;
    this.start = start;
    this.target = target;
    this.here = start;
  }

  /** Each hop leads nearer, so that there are no more of them than bits. */
  goOn(): void {
    this.answer = this.ask(this.start);
    for (;;) {
      let nearer = this.nearer();
      let teller = this.here;
      let aside = 0;
      while (nearer === null) {
        const next = this.nextOfNearest();
        if (next === null) break;
        teller = next;
        aside++;
        this.ask(teller);
        nearer = this.nearer();
      }
      const passed = this.sayDead();
      if (nearer === null) {
        this.addStep(`${passed}${whyLast(aside)}`, null);
        return;
      }
      this.addStep(`${passed}${this.whyNext(nearer.contact, teller)}`, nearer.contact);
      this.here = nearer.node;
      if (!this.asked.has(this.here)) this.answer = this.ask(this.here);
    }
  }

  /** How many it names: who begins looks into the whole of its table, others answer with k. */
  private ask(node: Member): number {
    const { start, target, named } = this;
    const table = tableOf(node);
    this.asked.add(node);
    const found = node === start ? table.nearest(target, START_CONTACTS_MAX) : table.nearest(target, table.k, start.protocol.id);
    for (const contact of found) if (named.every((other) => !equalIds(other, contact))) named.push(contact);
    named.sort((a, b) => compareXor(target, a, b));
    return found.length;
  }

  /** The nearest that was named and lives, if it is nearer than who was asked last on the way. */
  private nearer(): Living | null {
    for (const contact of this.namedNearer()) {
      const node = this.network.livingAt(contact);
      if (node !== null) return { contact, node };
    }
    return null;
  }

  private namedNearer(): Contact[] {
    return this.named.filter((contact) => compareXor(this.target, contact, this.here.protocol.id) < 0);
  }

  /** One of the k nearest that was not asked yet: the lookup is not over before they all were. */
  private nextOfNearest(): Member | null {
    let count = 0;
    for (const contact of this.named) {
      const node = this.network.livingAt(contact);
      if (node === null) continue;
      if (!this.asked.has(node)) return node;
      if (++count === tableOf(this.start).k) break;
    }
    return null;
  }

  private sayDead(): string {
    const fresh = this.namedNearer().filter((contact) => this.network.livingAt(contact) === null && !this.dead.has(contact));
    for (const contact of fresh) this.dead.add(contact);
    return fresh.map((contact) => `${nameOf(contact)} is dead and costs a timeout. `).join('');
  }

  private whyNext(contact: Contact, teller: Member): string {
    if (teller !== this.here)
      return `It names nobody nearer, but ${nameOf(teller.protocol.id)}, which is asked too, names ${nameOf(contact)}.`;
    const which = this.here === this.start ? 'with which it begins' : 'that it names';
    return `Nearest to the key of the ${this.answer} ${which} is ${nameOf(contact)} of ${bucketOf(this.here, contact)}.`;
  }

  private addStep(why: string, chosen: Contact | null): void {
    const { here, target, network } = this;
    const others = [...tableOf(here).all()]
      .filter((contact) => chosen === null || !equalIds(contact, chosen))
      .sort((a, b) => compareXor(target, a, b))
      .slice(0, OTHERS_MAX)
      .map((contact) => {
        const what = `${bucketOf(here, contact)}${network.livingAt(contact) === null ? ', dead' : ''}`;
        return { id: contact.hex, what, distance: distanceText(contact, target) };
      });
    const { id } = here.protocol;
    this.steps.push({ node: here.index, id: id.hex, distance: distanceText(id, target), why, others });
  }
}

function whyLast(aside: number): string {
  if (aside === 0) return 'Here it ends: all of the nearest have been asked, and none names a nearer one.';
  return `Here it ends: ${aside} more of the nearest ${aside === 1 ? 'is' : 'are'} asked, and ${aside === 1 ? 'does not name' : 'none names'} a nearer one.`;
}

/** `bucket 5`: those that share five bits with the node, and not the sixth; the last bucket has all that share more. */
function bucketOf(node: Member, contact: Contact): string {
  return `bucket ${Math.min(prefixBits(node.protocol.id, contact), tableOf(node).depth - 1)}`;
}

function nameOf(id: NodeId): string {
  return `${id.hex.slice(0, NAME_DIGITS)}…`;
}

/** For people: nothing is decided by it, so that the platform's logarithm will do. */
function distanceText(id: NodeId, target: NodeId): string {
  if (equalIds(id, target)) return 'none';
  const words = [id.w0 ^ target.w0, id.w1 ^ target.w1, id.w2 ^ target.w2, id.w3 ^ target.w3, id.w4 ^ target.w4];
  const left = words.reduce((sum, word) => sum * WORD + (word >>> 0), 0);
  const shared = prefixBits(id, target);
  return `2^${Math.log2(left).toFixed(1)} by XOR, ${shared} ${shared === 1 ? 'bit' : 'bits'} in common`;
}
