/** What a hostile tracker or peer can make us begin by way of introductions: so much at once, and for so long. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from '../../core/bytes.ts';
import type { Peer } from '../../core/host.ts';
import type { Meeting, MeetingOperation, WebRtc } from '../../core/web-rtc.ts';
import { ANSWERS_PENDING_MAX, type DescriptionTaker, Introductions, OFFER_MS_MAX, OFFERS_PENDING_MAX } from './introductions.ts';

const HASH = latin1Bytes('h'.repeat(20));
const OTHER_HASH = latin1Bytes('o'.repeat(20));

test('of a thousand offers so many are answered at once, and the others are as if they had not come', () => {
  const { introductions, meetings } = scene();
  for (let count = 0; count < 1000; count++) introductions.answer(HASH, String(count), 'v=0', new Taker(), 0);
  assert.deepEqual([meetings.length, introductions.pending], [ANSWERS_PENDING_MAX, ANSWERS_PENDING_MAX]);
});

test('peers who never come are given up, which makes room for others', () => {
  const { introductions, meetings } = scene();
  for (let count = 0; count < 1000; count++) introductions.answer(HASH, String(count), 'v=0', new Taker(), 0);
  introductions.tick(31_000);
  assert.equal(introductions.pending, 0);
  assert.ok(meetings.every((meeting) => meeting.dropped));
  assert.notEqual(introductions.answer(HASH, 'later', 'v=0', new Taker(), 31_000), null);
});

test('an answer to an offer that we never made, of another torrent, or that came before is ignored', () => {
  const { introductions, meetings } = scene();
  const offer = introductions.offer(HASH, new Taker(), 0);
  const offerId = offer?.offerId ?? '';
  meetings[0]?.describe();
  assert.equal(introductions.answered(HASH, 'never made', 'v=0', 1), false);
  assert.equal(introductions.answered(OTHER_HASH, offerId, 'v=0', 1), false);
  assert.equal(introductions.answered(HASH, offerId, 'v=0', 1), true);
  assert.equal(introductions.answered(HASH, offerId, 'v=0', 2), false);
  assert.deepEqual(meetings[0]?.answers, ['v=0']);
});

test('offers that nobody answers are withdrawn after fifty seconds; meanwhile there are ten at the most', () => {
  const { introductions, meetings } = scene();
  const made = Array.from({ length: 50 }, () => introductions.offer(HASH, new Taker(), 0)).filter((offer) => offer !== null);
  assert.equal(made.length, OFFERS_PENDING_MAX);
  introductions.tick(OFFER_MS_MAX);
  assert.equal(introductions.pending, OFFERS_PENDING_MAX);
  introductions.tick(OFFER_MS_MAX + 1);
  assert.deepEqual([introductions.pending, meetings.filter((meeting) => meeting.dropped).length], [0, OFFERS_PENDING_MAX]);
});

test('who waits for a description hears also that there will be none', () => {
  const { introductions, meetings } = scene();
  const taker = new Taker();
  introductions.offer(HASH, taker, 0);
  meetings[0]?.operation.onNotMet(meetings[0], 'no library');
  assert.deepEqual([taker.descriptions, introductions.pending], [[null], 0]);
});

test('who has answered and is not met makes us offer again; who never answered does not', () => {
  const { introductions, meetings, missed } = scene();
  for (let count = 0; count < 2; count++) introductions.offer(HASH, new Taker(), 0);
  for (const meeting of meetings) meeting.describe();
  introductions.answered(HASH, '00000000000000000000', 'v=0', 1);
  meetings[0]?.operation.onNotMet(meetings[0], 'failed');
  introductions.tick(OFFER_MS_MAX + 1);
  assert.deepEqual([missed, introductions.pending], [[HASH], 0]);
});

test('a peer that is met is handed over with its torrent, and no more is counted', () => {
  const { introductions, meetings, met } = scene();
  introductions.answer(HASH, 'a', 'v=0', new Taker(), 0);
  meetings[0]?.operation.onMet(meetings[0], 7 as Peer);
  assert.deepEqual([met, introductions.pending], [['hhhhhhhhhhhhhhhhhhhh 7 false'], 0]);
});

class Taker implements DescriptionTaker {
  readonly descriptions: (string | null)[] = [];

  onDescription(_introduction: unknown, description: string | null): void {
    this.descriptions.push(description);
  }
}

class FakeMeeting implements Meeting {
  readonly operation: MeetingOperation;
  readonly answers: string[] = [];
  dropped = false;

  constructor(operation: MeetingOperation) {
    this.operation = operation;
  }

  describe(): void {
    this.operation.onDescribed(this, 'v=0');
  }

  answered(description: string): void {
    this.answers.push(description);
  }

  carry(): never {
    throw new Error('nothing is carried here');
  }

  drop(): void {
    this.dropped = true;
  }
}

function scene() {
  const meetings: FakeMeeting[] = [];
  const met: string[] = [];
  const missed: Uint8Array[] = [];
  const begin = (operation: MeetingOperation): Meeting => {
    const meeting = new FakeMeeting(operation);
    meetings.push(meeting);
    return meeting;
  };
  const webRtc: WebRtc = { offer: begin, answer: (_offered, operation) => begin(operation) };
  let offers = 0;
  const introductions = new Introductions(webRtc, {
    newOfferId: (length) => latin1Bytes(String(offers++).padStart(length, '0')),
    onIntroduced: (infoHash, _meeting, peer, weOffered) => met.push(`${String.fromCharCode(...infoHash)} ${peer} ${weOffered}`),
    onMissed: (infoHash) => void missed.push(infoHash),
  });
  return { introductions, meetings, met, missed };
}
