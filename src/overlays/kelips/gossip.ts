/**
 * The rounds (IPTPS 2003, section 2): every one sends as many messages of the same size, whatever goes on, so that upkeep costs a constant rate. And
 * one contact of which it is not known how near it is gets a ping. Owns the own heartbeat and the count of rounds.
 */

import type { Contact } from '../../core/contact.ts';
import { RTT_UNKNOWN } from './entries.ts';
import type { Tuple } from './filetuples.ts';
import type { Kelips } from './kelips.ts';
import { gossip, type GossipEntry, type GossipTuple } from './messages.ts';
import { draw, drawEntries, drawTargets, freshOf, type Told } from './rations.ts';

export class Gossip {
  private readonly node: Kelips;
  /** Grows every round; a node that comes back with a smaller one waits until it is news again. */
  heartbeat = 1;
  private rounds = 0;

  constructor(node: Kelips) {
    this.node = node;
  }

  round(): void {
    const { node } = this;
    const { options, state, host } = node;
    this.heartbeat++;
    this.rounds++;
    if (state.expire(host.now())) node.keys.onNeighbours();
    const isRepair = this.rounds % options.repairRounds === 0;
    if (isRepair) this.spreadKeys();
    node.keys.round(isRepair);
    this.tell();
    const unmeasured = this.unmeasured();
    if (unmeasured !== null) node.measure(unmeasured);
  }

  /** The keys that are held here, for those of the group who are asked for them. */
  private spreadKeys(): void {
    const { node } = this;
    for (const { key, removed } of node.keys.all()) {
      if (!removed) node.hearTuple(key, node.self, this.heartbeat);
    }
  }

  private tell(): void {
    const { node } = this;
    const { options, state } = node;
    const { random } = node.host;
    const view = [state.view.entries];
    const foreign = state.foreignEntries;
    const targets = [...drawTargets(random, view, options.viewTargets), ...drawTargets(random, foreign, options.contactTargets)];
    const times = options.freshRounds * targets.length;
    const freshView = freshOf(view, times);
    const freshForeign = freshOf(foreign, times);
    const tuples = state.tuples.all();
    const freshTuples = tuples.filter(({ told }) => told < times);
    for (const target of targets) {
      const told = [
        ...drawEntries(random, view, freshView, options.viewRation),
        ...drawEntries(random, foreign, freshForeign, options.contactRation),
      ];
      // Nobody outside of the group keeps tuples of it.
      const isOwn = state.groupOf(target) === state.group;
      const ration = isOwn ? drawTuples(random, tuples, freshTuples, options.tupleRation) : [];
      this.say(target, told, ration);
    }
  }

  private say(target: Contact, told: readonly Told[], tuples: readonly Tuple[]): void {
    const { node, heartbeat } = this;
    for (const { entries, row } of told) entries.tell(row);
    for (const tuple of tuples) tuple.told++;
    node.say(node.host.peer(target.endpoint), {
      tag: gossip.tag,
      unit: 0,
      sender: node.self,
      heartbeat,
      entries: told.map(entryOf),
      tuples: tuples.map(tupleOf),
    });
  }

  /** A contact of another group first: of those the nearest are kept. */
  private unmeasured(): Contact | null {
    const { state, host } = this.node;
    for (const all of [state.foreignEntries, [state.view.entries]]) {
      const candidates: Contact[] = [];
      for (const entries of all) {
        for (const [row, contact] of entries.contacts.entries()) if (entries.rttMs(row) === RTT_UNKNOWN) candidates.push(contact);
      }
      if (candidates.length > 0) return candidates[host.random.below(candidates.length)] as Contact;
    }
    return null;
  }
}

function drawTuples(random: Kelips['host']['random'], all: readonly Tuple[], fresh: readonly Tuple[], ration: number): Tuple[] {
  const drawn = draw(random, fresh, Math.ceil(ration / 2));
  for (const tuple of draw(random, all, ration)) if (drawn.length < ration && !drawn.includes(tuple)) drawn.push(tuple);
  return drawn;
}

export function entryOf({ entries, row }: Told): GossipEntry {
  return { contact: entries.contacts[row] as Contact, heartbeat: entries.heartbeat(row) };
}

function tupleOf({ key, home, heartbeat }: Tuple): GossipTuple {
  return { key, home, heartbeat };
}
