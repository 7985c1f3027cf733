/**
 * Meetings with peers that nobody can dial (WebRTC), from the first description to the stream: our offers that wait to be answered, and
 * the offers of others that we answer. Owns them, and bounds what a tracker or a stranger can make us begin.
 */

import { equalBytes, latin1 } from '../../core/bytes.ts';
import type { Peer } from '../../core/host.ts';
import type { Meeting, MeetingOperation, WebRtc } from '../../core/web-rtc.ts';

/** Each is a socket and a key pair. Of all torrents; a torrent that gets none now gets some with its next announce. */
export const OFFERS_PENDING_MAX = 10;
export const ANSWERS_PENDING_MAX = 10;
/** As long as webtorrent waits; nobody answers an older offer, whose peer may have got it from the tracker much later. */
export const OFFER_MS_MAX = 50_000;
/** Once both sides have the other's description: what ICE takes at the most. */
const MEETING_MS_MAX = 30_000;
const OFFER_ID_BYTES = 20;

export interface IntroductionOwner {
  /** Bytes that nobody can guess. */
  newOfferId(length: number): Uint8Array;
  /** A way to the peer is open: take it with `meeting.carry`, or it is closed. */
  onIntroduced(infoHash: Uint8Array, meeting: Meeting, peer: Peer, weOffered: boolean): void;
  /**
   * Who has answered our offer was not met. That need not be its fault: a browser that is quicker than its answer on the way through the
   * tracker sends checks for which the library has no password yet, and the library then gives up.
   */
  onMissed(infoHash: Uint8Array): void;
}

/** Who carries descriptions to the other side. */
export interface DescriptionTaker {
  /** Null: there will be none. */
  onDescription(introduction: Introduction, description: string | null): void;
}

export class Introductions {
  private readonly webRtc: WebRtc;
  readonly owner: IntroductionOwner;
  private readonly offers = new Map<string, Introduction>();
  private readonly answers = new Set<Introduction>();
  private readonly meetings = new Set<Introduction>();

  constructor(webRtc: WebRtc, owner: IntroductionOwner) {
    this.webRtc = webRtc;
    this.owner = owner;
  }

  get pending(): number {
    return this.offers.size + this.answers.size + this.meetings.size;
  }

  /** Null when too many are under way. */
  offer(infoHash: Uint8Array, taker: DescriptionTaker, now: number): Introduction | null {
    // Those whose answer has come are about to be connections, or to fail soon.
    if (this.offers.size + this.meetings.size >= OFFERS_PENDING_MAX) return null;
    const offerId = latin1(this.owner.newOfferId(OFFER_ID_BYTES));
    const introduction = new Introduction(this, infoHash, offerId, true, taker, now);
    this.offers.set(offerId, introduction);
    introduction.meeting = this.webRtc.offer(introduction);
    return introduction;
  }

  /** Null when too many are under way: who offered will find others, or come again. */
  answer(infoHash: Uint8Array, offerId: string, description: string, taker: DescriptionTaker, now: number): Introduction | null {
    if (this.answers.size >= ANSWERS_PENDING_MAX) return null;
    const introduction = new Introduction(this, infoHash, offerId, false, taker, now);
    this.answers.add(introduction);
    introduction.meeting = this.webRtc.answer(description, introduction);
    return introduction;
  }

  /** An answer has come; one to an offer that we never made, or of another torrent, or a second one, is ignored. */
  answered(infoHash: Uint8Array, offerId: string, description: string, now: number): boolean {
    const introduction = this.offers.get(offerId);
    if (introduction === undefined || !introduction.described || !equalBytes(introduction.infoHash, infoHash)) return false;
    this.offers.delete(offerId);
    this.meetings.add(introduction);
    introduction.startedMs = now;
    introduction.meeting?.answered(description);
    return true;
  }

  tick(now: number): void {
    for (const introduction of this.offers.values()) if (now - introduction.startedMs > OFFER_MS_MAX) this.drop(introduction);
    for (const introduction of [...this.answers, ...this.meetings]) {
      if (now - introduction.startedMs > MEETING_MS_MAX) this.drop(introduction);
    }
  }

  stop(): void {
    for (const introduction of [...this.offers.values(), ...this.answers, ...this.meetings]) this.drop(introduction);
  }

  /** Nothing more is heard of it. */
  drop(introduction: Introduction): void {
    this.forget(introduction);
    introduction.meeting?.drop();
  }

  forget(introduction: Introduction): void {
    if (this.offers.get(introduction.offerId) === introduction) this.offers.delete(introduction.offerId);
    this.answers.delete(introduction);
    this.meetings.delete(introduction);
  }
}

export class Introduction implements MeetingOperation {
  readonly infoHash: Uint8Array;
  readonly offerId: string;
  readonly weOffered: boolean;
  startedMs: number;
  described = false;
  meeting: Meeting | null = null;
  private readonly introductions: Introductions;
  private readonly taker: DescriptionTaker;

  constructor(
    introductions: Introductions,
    infoHash: Uint8Array,
    offerId: string,
    weOffered: boolean,
    taker: DescriptionTaker,
    startedMs: number,
  ) {
    this.introductions = introductions;
    this.infoHash = infoHash;
    this.offerId = offerId;
    this.weOffered = weOffered;
    this.taker = taker;
    this.startedMs = startedMs;
  }

  onDescribed(_meeting: Meeting, description: string): void {
    this.described = true;
    this.taker.onDescription(this, description);
  }

  onMet(meeting: Meeting, peer: Peer): void {
    this.introductions.forget(this);
    this.introductions.owner.onIntroduced(this.infoHash, meeting, peer, this.weOffered);
  }

  onNotMet(): void {
    this.introductions.forget(this);
    if (!this.described) this.taker.onDescription(this, null);
    else if (this.weOffered) this.introductions.owner.onMissed(this.infoHash);
  }
}
