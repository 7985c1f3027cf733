import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../core/random.ts';
import { sha1 } from '../../core/sha1.ts';
import { InfoHashes } from './info-hashes.ts';
import { MetadataDownload } from './metadata-exchange.ts';
import { METADATA_BYTES_MAX, METADATA_PIECE_BYTES } from './metadata-messages.ts';

const INFO = new Random(1).fill(new Uint8Array(5 * METADATA_PIECE_BYTES + 100));

type Answer = 'right' | 'wrong' | 'reject' | 'silent';

interface FakePeer {
  readonly slot: number;
  readonly claim: number;
  readonly answer: (piece: number) => Answer;
}

function piece(index: number, answer: Answer, claim: number): Uint8Array {
  const start = index * METADATA_PIECE_BYTES;
  const data = new Uint8Array(Math.min(METADATA_PIECE_BYTES, claim - start));
  data.set(INFO.subarray(start, start + data.length));
  if (answer === 'wrong') data[0] = (data[0] as number) ^ 1;
  return data;
}

/** Lets the peers answer, second by second; answers when it was done and who was blamed. */
function fetch(peers: readonly FakePeer[], secondsMax = 600): { seconds: number; info: Uint8Array | null; blamed: number[] } {
  const download = new MetadataDownload(new InfoHashes(sha1(INFO), null));
  const blamed: number[] = [];
  for (const { slot, claim } of peers) download.addPeer(slot, claim);
  for (let seconds = 0; seconds < secondsMax; seconds++) {
    const now = seconds * 1000;
    download.expire(now);
    for (const peer of peers) {
      if (blamed.includes(peer.slot)) continue;
      for (let index = download.next(peer.slot, now); index >= 0; index = download.next(peer.slot, now)) {
        const answer = peer.answer(index);
        if (answer === 'reject') download.rejected(peer.slot, index, now);
        if (answer !== 'right' && answer !== 'wrong') continue;
        const outcome = download.received(peer.slot, index, peer.claim, piece(index, answer, peer.claim));
        if (outcome.infoBytes !== null) return { seconds, info: outcome.infoBytes, blamed };
        for (const slot of outcome.blamed) {
          blamed.push(slot);
          download.removePeer(slot);
        }
      }
    }
  }
  return { seconds: secondsMax, info: null, blamed };
}

const honest = (slot: number): FakePeer => ({ slot, claim: INFO.length, answer: () => 'right' });

test('one honest peer is enough, and several share the work', () => {
  assert.deepEqual(fetch([honest(0)]).info, INFO);
  assert.deepEqual(fetch([honest(0), honest(1), honest(2)]).info, INFO);
});

test('a peer that sends wrong data alone is blamed at once', () => {
  const result = fetch([{ slot: 3, claim: INFO.length, answer: () => 'wrong' }]);
  assert.deepEqual(result.blamed, [3]);
  assert.equal(result.info, null);
});

test('a liar among honest peers is found by asking each alone, and nobody else is blamed', () => {
  const result = fetch([{ slot: 0, claim: INFO.length, answer: () => 'wrong' }, honest(1), honest(2)]);
  assert.deepEqual(result.info, INFO);
  assert.ok(result.blamed.every((slot) => slot === 0));
});

test('silent and rejecting peers hold up nobody', () => {
  const silent: FakePeer = { slot: 0, claim: INFO.length, answer: () => 'silent' };
  const result = fetch([silent, { ...silent, slot: 1, answer: () => 'reject' }, honest(2)]);
  assert.deepEqual(result.info, INFO);
  assert.ok(result.seconds <= 10, `took ${result.seconds} s`);
});

test('peers that claim another size do not keep the honest one waiting, even if they never end', () => {
  const endless: FakePeer = { slot: 0, claim: METADATA_BYTES_MAX, answer: () => 'silent' };
  const result = fetch([endless, { ...endless, slot: 1, claim: INFO.length + 1, answer: () => 'silent' }, honest(2)]);
  assert.deepEqual(result.info, INFO);
  assert.ok(result.seconds <= 1, `took ${result.seconds} s`);
});

test('with more claims than are tried at once, liars are given up and the honest one has its turn', () => {
  const liars = [1, 2, 3, 4, 5].map((slot): FakePeer => ({ slot, claim: 100 * slot, answer: () => 'silent' }));
  const result = fetch([...liars, honest(9)]);
  assert.deepEqual(result.info, INFO);
  assert.ok(result.seconds <= 200, `took ${result.seconds} s`);
});

test('a peer that begins to answer after minutes is still good enough when there is no other', () => {
  let asked = 0;
  const late: FakePeer = { slot: 0, claim: INFO.length, answer: () => (++asked > 30 ? 'right' : 'silent') };
  assert.deepEqual(fetch([late]).info, INFO);
});

test('sizes that nobody can have are not tried, and late answers of those who have gone are ignored', () => {
  const download = new MetadataDownload(new InfoHashes(sha1(INFO), null));
  download.addPeer(0, 0);
  download.addPeer(1, METADATA_BYTES_MAX + 1);
  assert.equal(download.next(0, 0), -1);
  assert.equal(download.next(1, 0), -1);
  download.addPeer(2, INFO.length);
  assert.equal(download.next(2, 0), 0);
  download.removePeer(2);
  assert.deepEqual(download.received(2, 0, INFO.length, piece(0, 'right', INFO.length)), { infoBytes: null, blamed: [] });
  assert.deepEqual(download.received(3, 7, INFO.length, piece(0, 'right', INFO.length)), { infoBytes: null, blamed: [] });
});

test('whatever others do, an honest peer delivers and is never blamed', () => {
  const answers = fc.constantFrom<Answer>('right', 'wrong', 'reject', 'silent');
  const stranger = fc.record({
    claim: fc.constantFrom(INFO.length, INFO.length, 70_000, 100),
    answers: fc.array(answers, { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(fc.array(stranger, { maxLength: 6 }), (strangers) => {
      const peers = strangers.map(
        ({ claim, answers: given }, slot): FakePeer => ({ slot, claim, answer: (index) => given[index % given.length] as Answer }),
      );
      const result = fetch([...peers, honest(99)]);
      assert.deepEqual(result.info, INFO);
      assert.ok(!result.blamed.includes(99));
    }),
    { numRuns: 100 },
  );
});
