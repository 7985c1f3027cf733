/** An ordinary node, as its supernode sees it: who he is, what he shares, what he may say, and what he has earned. Owns his entries in the index. */

import type { Endpoint } from '../../core/host.ts';
import { hashOf, type IndexedFile } from './child-index.ts';
import { type Candidate, earnedLevel } from './election.ts';
import { kbpsOf } from './file-facts.ts';
import type { Asker } from './flood.ts';
import { type BodyOf, CONTROLS, inMessages, type Result, type SessionMessage, Type } from './messages.ts';
import { Probe, type Probed } from './probe.ts';
import type { Session, SessionHolder } from './session.ts';
import type { Supernode } from './supernode.ts';

/** What he may say over time; at once, all of his files. Who says more is not read for a while. */
const COST_PER_SECOND = 20;
const COST_AT_ONCE = 6_000;
const SEARCH_COST = 20;
/** Our own children say something more often; giFT, every two minutes. Who is asked has half a minute to answer. */
const ASK_AFTER_MS = 45_000;
const SILENT_MS_MAX = 75_000;

/** Whose file it is, as a result tells it. */
export interface Sharer {
  /** With port 0: cannot be dialled. */
  readonly publicEndpoint: Endpoint;
  readonly bandwidth: number;
  readonly name: string;
  /** Searches that his files have answered. */
  hits: number;
}

export class Child implements SessionHolder, Sharer, Probed {
  readonly session: Session;
  readonly endpoint: Endpoint;
  readonly bandwidth: number;
  readonly name: string;
  readonly sinceMs: number;
  hits = 0;
  reachable = false;
  publicEndpoint: Endpoint;
  /** It shall become a supernode, if it can still be reached. */
  isToRise = false;
  private readonly supernode: Supernode;
  private files: IndexedFile<Sharer>[] = [];
  private claimedLevel = 0;
  private isWilling = false;
  private allowance = COST_AT_ONCE;
  private isHeld = false;

  constructor(supernode: Supernode, session: Session, endpoint: Endpoint, { bandwidth, name }: BodyOf<typeof Type.user>) {
    this.supernode = supernode;
    this.session = session;
    this.endpoint = endpoint;
    this.bandwidth = bandwidth;
    this.name = name.replace(CONTROLS, ' ');
    this.sinceMs = supernode.host.now();
    this.publicEndpoint = endpoint;
    session.holder = this;
    if (supernode.node.mayDial(session, endpoint)) this.probe();
    else this.onProbed(false);
  }

  /** What he says of himself counts as far as it was seen. */
  get candidate(): Candidate {
    const witnessedMs = this.supernode.host.now() - this.sinceMs;
    return {
      reachable: this.reachable,
      willing: this.isWilling,
      kbps: kbpsOf(this.bandwidth),
      witnessedMs,
      level: earnedLevel(this.claimedLevel, witnessedMs, this.hits),
    };
  }

  get shared(): number {
    return this.files.length;
  }

  /** Dialled once more, and if he answers he is asked to become a supernode. */
  rise(): void {
    this.isToRise = true;
    this.probe();
  }

  onProbed(reached: boolean): void {
    this.reachable = reached;
    this.publicEndpoint = reached ? this.endpoint : Uint8Array.of(...this.endpoint.subarray(0, 4), 0, 0);
    if (this.isToRise && reached && this.session.state === 'ready') this.session.send({ type: Type.promote, body: {} });
    else this.isToRise = false;
  }

  onReady(): void {}

  onRoom(): void {}

  onMessage(_session: Session, message: SessionMessage): void {
    this.spend(message.type === Type.search ? SEARCH_COST : 1);
    switch (message.type) {
      case Type.share:
        return this.share(message.body);
      case Type.unshare:
        return this.unshare(message.body.hash);
      case Type.search: {
        const { realm, terms, resultsMax, id } = message.body;
        return this.supernode.flood.begin(realm, terms, resultsMax, new ChildSearch(this, id));
      }
      case Type.push: {
        const { id, target } = message.body;
        if (target !== null) this.supernode.pushes.begin(this, id, target);
        return;
      }
      case Type.capacity:
        this.claimedLevel = message.body.level;
        this.isWilling = message.body.willing !== 0;
        return;
      case Type.askBadHashes:
        return this.supernode.tellBadHashes(this.session, message.body);
      default:
        return;
    }
  }

  onGone(): void {
    this.supernode.onChildGone(this);
    for (const file of this.files) this.supernode.index.remove(file);
    this.files = [];
  }

  /** The supernode's beat. */
  beat(nowMs: number, sinceMs: number): void {
    this.allowance = Math.min(COST_AT_ONCE, this.allowance + (sinceMs * COST_PER_SECOND) / 1000);
    if (this.isHeld && this.allowance > 0) {
      this.isHeld = false;
      this.session.stream?.resume();
    }
    const silentMs = nowMs - this.session.heardMs;
    if (silentMs > SILENT_MS_MAX) this.session.reset();
    else if (silentMs > ASK_AFTER_MS && !this.isHeld) this.session.send({ type: 'ping' });
  }

  /** There is a new list of bad hashes. */
  dropBad(): void {
    const bad = new Set(this.files.filter((file) => this.supernode.isBad(hashOf(file))));
    for (const file of bad) this.supernode.index.remove(file);
    this.files = this.files.filter((file) => !bad.has(file));
  }

  /** Nothing that he says is read until he is within his bounds again, or takes what he has asked for. */
  hold(): void {
    if (this.isHeld) return;
    this.isHeld = true;
    this.session.stream?.pause();
  }

  private probe(): void {
    Probe.dial(this.supernode.host, this.supernode.parting, this.endpoint, this);
  }

  private share(body: BodyOf<typeof Type.share>): void {
    const { index, options } = this.supernode;
    this.unshare(body.hash);
    if (this.files.length >= options.sharesMax || index.count >= options.filesMax || this.supernode.isBad(body.hash)) return;
    this.files.push(index.add(this, body));
  }

  private unshare(hash: Uint8Array): void {
    const file = this.supernode.index.of(this, hash);
    if (file === null) return;
    this.files.splice(this.files.indexOf(file), 1);
    this.supernode.index.remove(file);
  }

  private spend(cost: number): void {
    this.allowance -= cost;
    if (this.allowance < 0) this.hold();
  }
}

/** A search of a child, and where its results go. */
class ChildSearch implements Asker {
  readonly id: number;
  private readonly child: Child;

  constructor(child: Child, id: number) {
    this.child = child;
    this.id = id;
  }

  onResults(supernode: Endpoint, results: readonly Result[]): void {
    for (const part of inMessages(results)) {
      // Who does not take what he has asked for is not read for a while.
      if (!this.child.session.send({ type: Type.results, body: { supernode, id: this.id, results: part } })) this.child.hold();
    }
  }

  onEnd(): void {
    this.child.session.send({ type: Type.searchEnd, body: { id: this.id } });
  }
}
