/**
 * A Kelips node (Gupta et al., IPTPS 2003): affinity groups whose members all know each other, contacts in every other group, all kept fresh by
 * gossip of a constant rate, and lookups of one hop. Owns the soft state, the questions under way, and the host's datagrams.
 */

import type { Contact } from '../../core/contact.ts';
import { KelipsEvent } from '../../core/events.ts';
import type { Host, Peer } from '../../core/host.ts';
import { equalIds, type Id160, readId } from '../../core/id160.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import {
  HandOver,
  type HandOverHandler,
  type Heirs,
  type Hop,
  type OwnersHandler,
  PointMember,
  type QuestionOf,
  type Standing,
  type ValueNode,
  type WordOf,
} from '../values/index.ts';
import type { Route, Seeker } from './asker.ts';
import { Find } from './find.ts';
import { HEARTBEAT_UNKNOWN, RTT_UNKNOWN } from './entries.ts';
import { type FileHandler, Files, TIMER_WALK } from './files.ts';
import { entryOf, Gossip } from './gossip.ts';
import { Join } from './join.ts';
import { checkOptions, KELIPS_DEFAULTS, type KelipsOptions } from './kelips-options.ts';
import * as messages from './messages.ts';
import { type KelipsMessage, kelipsCodec } from './messages.ts';
import { draw } from './rations.ts';
import { SoftState } from './soft-state.ts';

/** A newcomer is told of so many of its own group; the rest of an answer is for contacts. */
const MEMBERS_TOLD = 24;
/** Members of our own group that a lookup may turn to when no contact answers (section 2). */
const HELPERS = 3;
/** An answer is late after so many round trips, and not before so long. */
const LATE_RTTS = 3;
const LATE_MS_MIN = 20;

export class Kelips extends PointMember<KelipsMessage, KelipsOptions> implements ValueNode, Seeker {
  state: SoftState;
  readonly files: Files;
  private readonly gossip: Gossip;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: KelipsOptions = KELIPS_DEFAULTS) {
    super(host, kelipsCodec, options);
    checkOptions(options);
    this.state = new SoftState(this.self, options, options.groups);
    this.files = new Files(this);
    this.gossip = new Gossip(this);
  }

  override stop(): void {
    super.stop();
    this.files.stop();
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** Who holds that key, with `want` holders. Ends within a bounded number of questions. */
  lookup(target: Uint8Array, handler: OwnersHandler, want = 1): void {
    new Find(this, readId(target), { want, confirm: true }, handler).start();
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    const path: Hop[] = [];
    new Find(this, readId(target), { want: 1, confirm: true }, handler, path).start();
  }

  /** The paper's insert: some member of the file's group is its home from now on. */
  insertFile(key: Uint8Array, handler: FileHandler): void {
    this.files.begin(readId(key), false, handler);
  }

  /** The paper's lookup, of what was inserted or put. */
  findFile(key: Uint8Array, handler: FileHandler): void {
    this.files.begin(readId(key), true, handler);
  }

  inspect(): unknown {
    const { group, view, nodesKnown, tuples } = this.state;
    return {
      id: this.self.hex,
      status: this.status,
      group,
      view: view.size,
      contacts: nodesKnown - view.size,
      filetuples: tuples.size,
      files: this.files.homedCount,
      keys: this.keys.size,
      questions: this.rpc.pending,
    };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  override onTimer(kind: number, arg: number): void {
    if (kind === TIMER_WALK) this.files.onTimer(arg);
    else super.onTimer(kind, arg);
  }

  protected round(): void {
    this.gossip.round();
  }

  protected onWord(from: Peer, word: WordOf<KelipsMessage>): void {
    switch (word.tag) {
      case messages.gossip.tag:
        if (this.speaksForItself(from, word.sender)) this.onGossip(word);
        return;
      case messages.leaving.tag:
        if (this.speaksForItself(from, word.sender)) this.forget(word.sender);
        return;
      case messages.walk.tag:
        if (this.isMember) this.files.onWalk(word);
        return;
      case messages.walked.tag:
        this.files.onWalked(word);
    }
  }

  protected onQuestion(from: Peer, message: QuestionOf<KelipsMessage>): void {
    const { transaction } = message;
    if (message.tag === messages.getViews.tag) {
      this.onGetViews(from, transaction, message.sender);
      return;
    }
    const { holders, ask } = this.route(message.target, Math.min(message.want, messages.NAMED_MAX));
    const contacts = (holders ?? ask).slice(0, messages.NAMED_MAX);
    this.answer(from, { tag: messages.found.tag, transaction, isOwn: holders === null ? 0 : 1, contacts });
  }

  // ---- whom it knows -------------------------------------------------------------------------------------------------------

  /**
   * Somebody lives, or so it is said. Points follow from addresses, so that nobody chooses a group or a place in it; where they are given by options,
   * all are believed. `isOwnWord`: it said so itself.
   */
  hear(contact: Contact, heartbeat: number, isOwnWord: boolean): void {
    const { state, keys } = this;
    const now = this.host.now();
    if (state.hear(contact, heartbeat, isOwnWord, now) || !this.isRightful(contact)) return;
    if (!state.add(contact, heartbeat, isOwnWord, now)) return;
    keys.onNeighbours();
    if (!this.isMember || keys.size === 0) return;
    const { replicas } = this.options;
    keys.bring(
      contact,
      keys.all().filter(({ key }) => state.holds(key) && state.holdersOf(key, replicas).includes(contact)),
    );
  }

  hearTuple(key: Id160, home: Contact, heartbeat: number): void {
    const { state } = this;
    if (state.holds(key)) state.tuples.hear(key, home, heartbeat, this.host.now());
  }

  /** A file is at home here. */
  announce(key: Id160): void {
    this.hearTuple(key, this.self, this.gossip.heartbeat);
  }

  measured(contact: Contact, rttMs: number): void {
    this.state.measured(contact, rttMs, this.host.now());
  }

  /** Asks whether it is there and how near; who is not there any more is forgotten. */
  measure(contact: Contact): void {
    new AskWho(this, contact.endpoint, new Measurement(this, contact)).ask();
  }

  /** A few times as long as it takes, when that is known. */
  lateAfterMs(contact: Contact): number {
    const rttMs = this.state.rttMs(contact);
    const { slowMs } = this.options;
    return rttMs === RTT_UNKNOWN ? 0 : Math.min(slowMs, Math.max(LATE_MS_MIN, LATE_RTTS * rttMs));
  }

  /** It did not answer. A heartbeat that still comes round brings it back. */
  suspect(contact: Contact): void {
    this.forget(contact);
  }

  forget(contact: Contact): void {
    if (this.state.forget(contact, this.host.now())) this.keys.onNeighbours();
  }

  // ---- coming and going ----------------------------------------------------------------------------------------------------

  override enter(): void {
    super.enter();
    this.host.tap(KelipsEvent.joined, this.state.view.size, this.state.nodesKnown - this.state.view.size, 0);
    this.beginRounds();
  }

  /** A newcomer hears how many groups the network has: what it knew belongs to another. */
  adopt(groups: number): void {
    if (groups !== this.state.groups) this.state = new SoftState(this.self, this.options, groups);
  }

  protected wayIn(): Join {
    return new Join(this);
  }

  protected handOver(handler: HandOverHandler): void {
    new HandOver(this, this.keys.all(), new GroupHeirs(this), handler).start();
  }

  protected sayGoodbye(): void {
    for (const contact of this.state.view.entries.contacts) {
      this.say(this.host.peer(contact.endpoint), { tag: messages.leaving.tag, unit: 0, sender: this.self });
    }
  }

  /** Rounds are as good as even: what entries are allowed to stay away is counted in them. */
  protected override untilRoundMs(isFirst: boolean): number {
    const { roundMs } = this.options;
    return roundMs * (isFirst ? this.host.random.unit() : 0.9 + 0.2 * this.host.random.unit());
  }

  // ---- the keys it holds ---------------------------------------------------------------------------------------------------

  route(target: Id160, want: number): Route {
    const { state } = this;
    if (state.holds(target)) return { holders: this.holdersOf(target, want), ask: [] };
    const helpers = draw(this.host.random, state.view.entries.contacts, HELPERS);
    return { holders: null, ask: [...state.foreign.nearestIn(state.groupHolding(target)), ...helpers] };
  }

  findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, { want: this.options.replicas, confirm: confirmed }, handler).start();
  }

  standing(key: Id160): Standing {
    if (!this.state.holds(key)) return 'stray';
    // Each of those that hold it keeps the others up to date: the first may have come when nobody could give it anything yet.
    return this.state.holdersOf(key, this.options.replicas).includes(this.self) ? 'owner' : 'stray';
  }

  replicasOf(key: Id160): readonly Contact[] {
    return this.state.holdersOf(key, this.options.replicas).filter((contact) => contact !== this.self);
  }

  /** Neighbouring keys are of different groups. */
  ownsThrough(_owner: Contact, key: Id160): Id160 {
    return key;
  }

  /** Those that are nearest, and behind them who may hold the key as well: a newcomer that is nearest may not have got it yet. */
  private holdersOf(key: Id160, want: number): Contact[] {
    const { state } = this;
    const holders = state.holdersOf(key, want);
    for (const other of [...state.tuples.homesOf(key), ...state.holdersBefore(key)]) {
      if (!holders.some((contact) => equalIds(contact, other))) holders.push(other);
    }
    return holders.slice(0, messages.NAMED_MAX);
  }

  private onGossip(message: Extract<KelipsMessage, { readonly tag: typeof messages.gossip.tag }>): void {
    // Of a network with another number of groups nothing makes sense here.
    if (!this.isMember || message.groups !== this.state.groups) return;
    this.hear(message.sender, message.heartbeat, true);
    for (const { contact, heartbeat } of message.entries) this.hear(contact, heartbeat, false);
    for (const tuple of message.tuples) this.hearTuple(tuple.key, tuple.home, tuple.heartbeat);
  }

  private onGetViews(from: Peer, transaction: number, sender: Contact): void {
    const { state, host } = this;
    const { view, foreign, groups } = state;
    const group = state.groupOf(sender);
    const all = [view, foreign].flatMap(({ entries }) =>
      entries.contacts.map((contact, row) => ({ contact, entry: entryOf(entries, row) })),
    );
    const own = draw(
      host.random,
      all.filter(({ contact }) => state.groupOf(contact) === group),
      MEMBERS_TOLD,
    );
    const others = draw(
      host.random,
      all.filter(({ contact }) => state.groupOf(contact) !== group),
      messages.ENTRIES_MAX - own.length,
    );
    const entries = [...own, ...others].map(({ entry }) => entry);
    this.answer(from, { tag: messages.views.tag, transaction, groups, entries });
    if (this.speaksForItself(from, sender)) this.hear(sender, HEARTBEAT_UNKNOWN, true);
  }
}

/** How far a contact is. */
class Measurement implements WhoHandler {
  private readonly node: Kelips;
  private readonly contact: Contact;
  private readonly askedAtMs: number;

  constructor(node: Kelips, contact: Contact) {
    this.node = node;
    this.contact = contact;
    this.askedAtMs = node.host.now();
  }

  onMember(member: Contact): void {
    const { node } = this;
    if (!equalIds(member, this.contact)) {
      node.forget(this.contact);
      return;
    }
    // It may have been forgotten before.
    node.hear(this.contact, HEARTBEAT_UNKNOWN, true);
    node.measured(member, node.host.now() - this.askedAtMs);
  }

  onNoMember(): void {
    this.node.forget(this.contact);
  }
}

/** Who gets the keys of a leaver: of its group, the member that is nearest to each. */
class GroupHeirs implements Heirs {
  private readonly node: Kelips;
  private readonly refused: Contact[] = [];

  constructor(node: Kelips) {
    this.node = node;
  }

  heirOf(key: Id160): Contact | null {
    const { state, self } = this.node;
    const nearest = state.holdersOf(key, this.refused.length + 2);
    return nearest.find((contact) => contact !== self && !this.refused.includes(contact)) ?? null;
  }

  refuse(heir: Contact): void {
    this.refused.push(heir);
  }
}
