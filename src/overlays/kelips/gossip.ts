/**
 * The rounds (IPTPS 2003, section 2): every one sends as many messages of the same size, whatever goes on, so that upkeep costs a constant rate. And
 * one node gets a ping, which tells how near it is and that it lives. Owns the own heartbeat and the count of rounds.
 */

import type { Contact } from '../../core/contact.ts';
import type { Random } from '../../core/random.ts';
import { type Entries, HEARTBEAT_FIRST } from './entries.ts';
import type { Tuple } from './filetuples.ts';
import type { Kelips } from './kelips.ts';
import { gossip, type GossipEntry, type GossipTuple } from './messages.ts';
import { draw, drawRows, drawTargets, drawUnmeasured, FreshRows, stalest } from './rations.ts';

/** Every so many rounds each kind of entries is asked. */
const TURNS = 4;
/** Of the node whose round it is. */
const FRESH_MEMBERS = new FreshRows();
const FRESH_CONTACTS = new FreshRows();

export class Gossip {
  private readonly node: Kelips;
  /** Grows every round. Who comes back begins anew: its own word is believed. */
  heartbeat = HEARTBEAT_FIRST;
  private rounds = 0;

  constructor(node: Kelips) {
    this.node = node;
  }

  round(): void {
    const { node } = this;
    const { options, state, host, keys } = node;
    this.heartbeat++;
    this.rounds++;
    if (state.expire(host.now())) keys.onNeighbours();
    const isRepair = this.rounds % options.repairRounds === 0;
    if (isRepair) this.refreshTuples();
    keys.round(isRepair);
    this.tell();
    const asked = this.whoToAsk();
    if (asked !== null) node.measure(asked);
  }

  /** In turn a contact that may be nearer than those there are, of contacts and members the one that is forgotten next, and one that was forgotten. */
  private whoToAsk(): Contact | null {
    const { view, foreign } = this.node.state;
    const { random } = this.node.host;
    const turn = this.rounds % TURNS;
    if (turn === 0) return drawUnmeasured(random, foreign.entries) ?? stalest(view.entries);
    if (turn === 2) return this.node.state.lost(random) ?? stalest(view.entries);
    return stalest(turn === 1 ? foreign.entries : view.entries) ?? stalest(view.entries);
  }

  /** Of the keys and files that are held here, for those of the group who are asked for them. */
  private refreshTuples(): void {
    const { node } = this;
    for (const { key, removed } of node.keys.all()) {
      if (!removed) node.hearTuple(key, node.self, this.heartbeat);
    }
    for (const key of node.files.homed) node.hearTuple(key, node.self, this.heartbeat);
  }

  private tell(): void {
    const { node } = this;
    const { options, state } = node;
    const { random } = node.host;
    const { view, foreign, tuples } = state;
    const inGroup = drawTargets(random, view.entries, options.viewTargets);
    const outside = drawTargets(random, foreign.entries, options.contactTargets);
    const times = options.freshRounds * (inGroup.length + outside.length);
    const freshView = FRESH_MEMBERS.of(view.entries, times);
    const freshForeign = FRESH_CONTACTS.of(foreign.entries, times);
    const freshTuples = tuples.all().filter(({ told }) => told < times);
    for (const target of [...inGroup, ...outside]) {
      const members = drawRows(random, view.size, freshView, options.viewRation);
      const contacts = drawRows(random, foreign.entries.length, freshForeign, options.contactRation);
      // Nobody outside of the group keeps tuples of it.
      const told = inGroup.includes(target) ? drawTuples(random, tuples.all(), freshTuples, options.tupleRation) : [];
      const entries = [...tell(view.entries, members), ...tell(foreign.entries, contacts)];
      node.say(node.host.peer(target.endpoint), {
        tag: gossip.tag,
        unit: 0,
        groups: state.groups,
        sender: node.self,
        heartbeat: this.heartbeat,
        entries,
        tuples: told.map(tupleOf),
      });
    }
  }
}

function tell(entries: Entries, rows: readonly number[]): GossipEntry[] {
  return rows.map((row) => {
    entries.tell(row);
    return entryOf(entries, row);
  });
}

function drawTuples(random: Random, all: readonly Tuple[], fresh: readonly Tuple[], ration: number): Tuple[] {
  const drawn = draw(random, fresh, Math.ceil(ration / 2));
  for (const tuple of draw(random, all, ration)) if (drawn.length < ration && !drawn.includes(tuple)) drawn.push(tuple);
  for (const tuple of drawn) tuple.told++;
  return drawn;
}

export function entryOf(entries: Entries, row: number): GossipEntry {
  return { contact: entries.contacts[row] as Contact, heartbeat: entries.heartbeat(row) };
}

function tupleOf({ key, home, heartbeat }: Tuple): GossipTuple {
  return { key, home, heartbeat };
}
