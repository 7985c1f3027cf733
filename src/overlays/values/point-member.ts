/** A member with one point of its own: on its way in, in the overlay, or gone. Owns which of these it is, and the joining under way. */

import type { Contact } from '../../core/contact.ts';
import type { LeaveHandler } from './owners.ts';
import type { HandOverHandler } from './hand-over.ts';
import { type MemberOptions, ValueMember } from './member.ts';
import { TIMER_JOIN } from './timer-kinds.ts';

/** The way in, as a member sees it. */
interface Way {
  /** From the beginning; again when its timer has fired. */
  start(): void;
  halt(): void;
}

export type Status = 'idle' | 'joining' | 'member' | 'left';

export abstract class PointMember<M extends { readonly tag: number }, O extends MemberOptions> extends ValueMember<M, O> {
  status: Status = 'idle';
  private joining: Way | null = null;

  get isMember(): boolean {
    return this.status === 'member';
  }

  get canSeek(): boolean {
    return this.isMember;
  }

  protected abstract wayIn(): Way;
  /** Gives all keys to those who are to have them. */
  protected abstract handOver(handler: HandOverHandler): void;
  protected abstract sayGoodbye(): void;

  /** Makes it a member of a network that others are linked into as well, before it starts. */
  link(): void {
    this.status = 'member';
  }

  /** It is a member from now on. */
  enter(): void {
    this.status = 'member';
    this.joining = null;
  }

  leave(handler: LeaveHandler): void {
    this.departing = true;
    this.handOver({
      onHandedOver: (all) => {
        this.goAway();
        handler.onLeft(all);
      },
    });
  }

  override onTimer(kind: number, arg: number): void {
    if (kind === TIMER_JOIN) this.joining?.start();
    else super.onTimer(kind, arg);
  }

  goAway(): void {
    if (this.isMember) this.sayGoodbye();
    this.joining?.halt();
    this.endRounds();
    this.status = 'left';
  }

  protected begin(): void {
    // Who was linked into a network before its first event is in it already.
    if (this.isMember) this.beginRounds();
    else if (this.entryPoints.length === 0) this.enter();
    else {
      this.status = 'joining';
      this.joining = this.wayIn();
      this.joining.start();
    }
  }

  /** An address has one place: of 256 that it could name, 255 are nobody. */
  override isRightful(contact: Contact): boolean {
    return contact.unit === 0 && super.isRightful(contact);
  }

  protected isMemberAt(unit: number): boolean {
    return unit === 0 && this.isMember;
  }
}
