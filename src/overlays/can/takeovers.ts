/**
 * What becomes of the zones of the dead (SIGCOMM 2001, section 2.3): each neighbour waits in proportion to its own volume, and the first, which is the smallest, takes
 * the zone and tells the others; of two who do, the smaller has the better claim. Holes in the border whose owner nobody knew are closed in the same way. Owns
 * what is waited for.
 */

import { type Contact, UNITS_MAX } from '../../core/contact.ts';
import { CanEvent } from '../../core/events.ts';
import { type Timer } from '../../core/host.ts';
import { equalIds } from '../../core/id160.ts';
import { TIMER_OWN } from '../values/index.ts';
import { uncoveredPoint } from './border.ts';
import { type Claim, foundEmpty, isBetter, rankOf, takenOver, volumeOf } from './claim.ts';
import { Exchange } from './exchange.ts';
import { Find, type PointFound } from './find.ts';
import { CLAIMS_MAX, type Named } from './messages.ts';
import type { Neighbour } from './neighbour.ts';
import type { Reality } from './reality.ts';
import { type Point, withoutAll, Zone } from './zone.ts';

/** Its argument is the reality and, in steps of UNITS_MAX, the number of the takeover. */
export const TIMER_TAKEOVER = TIMER_OWN;
/** Zones that are waited for at once; others are noticed as holes later. */
const PENDING_MAX = 64;
/** A node much larger than the zone waits so many times `takeoverMs`: somebody smaller is surely there. */
const TIMES_MAX = 8;

interface Pending {
  readonly number: number;
  /** Of the dead; null: of nobody that is known. */
  readonly claim: Claim | null;
  readonly zone: Zone;
  readonly near: readonly Named[];
  reached: number;
  searched: boolean;
  timer: Timer;
}

export class Takeovers {
  private readonly reality: Reality;
  private pending: Pending[] = [];
  private numbers = 0;
  private looking = false;
  /** What was known when the border was found whole. */
  private wholeWith: readonly (readonly Claim[])[] = [];

  constructor(reality: Reality) {
    this.reality = reality;
  }

  get count(): number {
    return this.pending.length;
  }

  /** It is dead, or gone. */
  begin({ claims, near }: Neighbour): void {
    const { reality } = this;
    if (!reality.isMember) return;
    const open = claims.filter((claim) => withoutAll(claim.zone, reality.knownZones).length > 0);
    for (const claim of open) this.wait(claim.zone, claim, near);
    if (open.length === 0) return;
    for (const { contact } of near) {
      if (equalIds(contact, reality.self)) continue;
      if (reality.neighbour(contact) !== null) this.reached(open);
      else new Exchange(reality, contact, { onExchange: (_, answered) => answered && this.reached(open) }).ask();
    }
  }

  /** Looks for a place next to our zones that is nobody's, and for who may have it. */
  checkBorder(): void {
    const { reality } = this;
    if (this.looking || !reality.isMember) return;
    const known = [reality.claims, ...reality.neighbours.map(({ claims }) => claims)];
    if (known.length === this.wholeWith.length && known.every((claims, at) => claims === this.wholeWith[at])) return;
    for (const { zone } of reality.claims) {
      const point = uncoveredPoint(zone, reality.knownZones);
      if (point === null) continue;
      if (this.pending.some((each) => each.zone.has(point))) return;
      this.looking = true;
      this.search(point, (owned) => {
        this.looking = false;
        if (!owned) this.waitForHole(point);
      });
      return;
    }
    this.wholeWith = known;
  }

  onTimer(number: number): void {
    const place = this.pending.findIndex((each) => each.number === number);
    const due = this.pending[place];
    if (due === undefined) return;
    const open = withoutAll(due.zone, this.reality.knownZones);
    const [first] = open;
    // Fewer than half of the dead node's neighbours in reach: what we know may be old (section 2.3).
    if (first !== undefined && !due.searched && 2 * due.reached < Math.max(1, due.near.length)) {
      due.searched = true;
      this.search(first.lows, (owned) => (owned ? this.arm(due) : this.onTimer(number)));
      return;
    }
    this.pending.splice(place, 1);
    this.take(due, open);
  }

  /** Somebody has zones: what was waited for may be among them. */
  heard(contact: Contact, claims: readonly Claim[]): void {
    const { reality } = this;
    for (const each of [...this.pending]) {
      const theirs = claims.find(({ zone }) => zone.overlaps(each.zone));
      if (theirs === undefined) continue;
      const ours = this.claimOf(each, each.zone);
      // It was taken over at the same time by one that is larger than we are: it answers with its own TAKEOVER.
      const isContest = theirs.takeovers === ours.takeovers && theirs.version === ours.version;
      const open = withoutAll(each.zone, reality.zones);
      if (isContest && open.length > 0 && isBetter(ours, reality.self, theirs, contact)) {
        this.forget(each);
        this.take(each, open);
      } else if (withoutAll(each.zone, reality.knownZones).length === 0) this.forget(each);
    }
  }

  halt(): void {
    for (const each of [...this.pending]) this.forget(each);
  }

  private take(pending: Pending, open: readonly Zone[]): void {
    const { reality } = this;
    if (!reality.isMember || open.length === 0 || reality.claims.length + open.length > CLAIMS_MAX) return;
    reality.node.host.tap(CanEvent.takenOver, reality.unit, open.length, open[0]?.depth ?? 0);
    reality.reassignment.rest();
    const taken = open.map((zone) => this.claimOf(pending, zone));
    reality.setClaims(
      [...reality.claims, ...taken],
      pending.near.map(({ contact }) => contact),
    );
    reality.suggest(pending.near);
  }

  private claimOf({ claim }: Pending, zone: Zone): Claim {
    const rank = rankOf(volumeOf(this.reality.claims));
    return claim === null ? foundEmpty(zone, rank) : takenOver(claim, zone, rank);
  }

  private reached(claims: readonly Claim[]): void {
    for (const each of this.pending) if (each.claim !== null && claims.includes(each.claim)) each.reached++;
  }

  /** From those next to us, and when they do not lead there, from somebody else. */
  private search(point: Point, done: (owned: boolean) => void): void {
    const { reality } = this;
    const elsewhere = reality.anyMet();
    const look = (from: Contact | null): void => {
      const onPoint = ({ by }: PointFound): void => {
        if (by === null && from === null && elsewhere !== null) look(elsewhere);
        else if (by === null || equalIds(by, reality.self)) done(by !== null);
        else new Exchange(reality, by, { onExchange: (_, answered) => done(answered) }).ask();
      };
      const find = new Find(reality.node, point, { unit: reality.unit }, { onPoint });
      if (from === null) find.start();
      else find.startFrom(from);
    };
    look(null);
  }

  /** The largest zone around it of which nothing is known to be anybody's. */
  private waitForHole(point: Point): void {
    const { reality } = this;
    const known = reality.knownZones;
    if (!reality.isMember || known.some((zone) => zone.has(point))) return;
    let hole = new Zone(1, point.length);
    while (known.some((zone) => zone.overlaps(hole))) hole = hole.split(point).with;
    this.wait(hole, null, []);
  }

  private wait(zone: Zone, claim: Claim | null, near: readonly Named[]): void {
    if (this.pending.length >= PENDING_MAX || this.pending.some((each) => each.zone.code === zone.code)) return;
    const { unit, node } = this.reality;
    const number = this.numbers++;
    const timer = node.host.setTimer(this.waitMs(zone), TIMER_TAKEOVER, unit + UNITS_MAX * number);
    // A hole has been searched for already.
    this.pending.push({ number, claim, zone, near, reached: 0, searched: claim === null, timer });
  }

  private arm(pending: Pending): void {
    const { unit, node } = this.reality;
    pending.timer = node.host.setTimer(this.waitMs(pending.zone), TIMER_TAKEOVER, unit + UNITS_MAX * pending.number);
  }

  private waitMs(zone: Zone): number {
    const { claims, node } = this.reality;
    const { slowMs, takeoverMs } = node.options;
    return slowMs + takeoverMs * Math.min(TIMES_MAX, volumeOf(claims) * 2 ** zone.depth);
  }

  private forget(pending: Pending): void {
    this.reality.node.host.clearTimer(pending.timer);
    this.pending = this.pending.filter((each) => each !== pending);
  }
}
