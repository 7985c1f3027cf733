import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, FUZZ_INPUTS, SEED } from '../../../../test/codec-laws.ts';
import { mutate } from '../../../../test/mutate.ts';
import { MalformedMessage } from '../../../core/codec.ts';
import type { Stream } from '../../../core/host.ts';
import { latin1Bytes } from '../../../core/bytes.ts';
import { Random } from '../../../core/random.ts';
import { utf8Bytes } from '../../../core/utf8.ts';
import { Alarms } from '../client/alarms.ts';
import { TEXT_BYTES_MAX } from '../frames.ts';
import { World } from '../../../sim/world.ts';
import { LISTED_MAX, ListFetch } from './list-fetch.ts';
import { RawStream, rawHeadCodec } from './raw-stream.ts';
import { ASK_BYTES_MAX, getText, isWholeNumber, mayBecomeAsk, parseAsk, sendListText, sendText } from './transfer-texts.ts';

codecLaws(rawHeadCodec, () => ({ kind: 'file' }));

test('napster.txt, section 5: what giFT was recorded to say, and the same from us', () => {
  const text = 'GETgiftbob "c:\\music\\walrus polka tape.mp3" 0';
  const ask = parseAsk(latin1Bytes(text));
  assert.deepEqual(ask, { kind: 'get', nick: 'giftbob', name: 'c:\\music\\walrus polka tape.mp3', offset: 0 });
  assert.equal(getText('giftbob', 'c:\\music\\walrus polka tape.mp3', 0), text);
  assert.deepEqual(parseAsk(utf8Bytes(sendText('bj', 'Björk.mp3', 7))), { kind: 'send', nick: 'bj', name: 'Björk.mp3', bytes: 7 });
});

test('every beginning of an ask may become one, and is none yet', () => {
  const text = latin1Bytes('SENDbob "c:\\music\\walrus.mp3" 250000');
  for (let length = 0; length <= text.length; length++) {
    const part = text.subarray(0, length);
    assert.equal(mayBecomeAsk(part), true, `${length} bytes`);
    assert.equal(parseAsk(part) !== null, length > text.length - 6, `${length} bytes`);
  }
  for (const other of ['POST', 'gET', 'SEM', 'HTTP', '\u0013BitTorrent']) assert.equal(mayBecomeAsk(latin1Bytes(other)), false, other);
});

test('a list is asked for and brought by words that are no file of somebody called LIST', () => {
  assert.deepEqual(parseAsk(latin1Bytes('GETLIST')), { kind: 'get-list' });
  assert.deepEqual(parseAsk(latin1Bytes('GETLIST "a.mp3" 7')), { kind: 'get', nick: 'LIST', name: 'a.mp3', offset: 7 });
  assert.deepEqual(parseAsk(latin1Bytes(sendListText('bob'))), { kind: 'send-list', nick: 'bob' });
  assert.deepEqual(parseAsk(latin1Bytes('SENDLIST bob\r\n')), { kind: 'send-list', nick: 'bob' });
  assert.deepEqual(parseAsk(latin1Bytes('SENDLIST "a.mp3" 7')), { kind: 'send', nick: 'LIST', name: 'a.mp3', bytes: 7 });
  for (const text of ['SENDLIST bob', 'SENDLIST \n', 'SENDLIST a b\n']) assert.equal(parseAsk(latin1Bytes(text)), null, text);
});

test('a number without an end is over where one digit more would be too much', () => {
  assert.deepEqual(
    ['0', '5', '24999', '25000', '250000'].map((digits) => isWholeNumber(digits, 250_000)),
    [true, false, false, false, true],
  );
  assert.equal(isWholeNumber('3', 25), true);
});

/** Keeps what it hears until it is an ask. */
class Listener extends RawStream {
  protected override takes(bytes: Uint8Array): number {
    this.keep(bytes);
    if (parseAsk(this.heard) !== null) this.heard = new Uint8Array(0);
    return bytes.length;
  }

  get heardBytes(): number {
    return this.heard.length;
  }

  protected override over(): void {}
}

test(`${FUZZ_INPUTS} hostile beginnings of a data connection throw only MalformedMessage, and little of them is kept`, () => {
  const random = new Random(SEED, 11);
  const pool = ['GETgiftbob "c:\\music\\walrus polka tape.mp3" 0', sendText('bob', 'x'.repeat(500), 1e9), '1', '250000RIFF'].map(
    latin1Bytes,
  );
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    const listener = new Listener();
    const sink = { open: true, onMessage() {}, onBulk() {} };
    try {
      for (let round = 0; round < 6; round++) {
        const bytes = random.chance(0.2) ? random.fill(new Uint8Array(random.below(600))) : mutate(pool, random);
        assert.equal(listener.push(bytes, 0, bytes.length, sink), bytes.length);
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
    }
    assert.ok(listener.heardBytes <= ASK_BYTES_MAX, `seed ${SEED}: ${listener.heardBytes} bytes kept`);
  }
});

test(`${FUZZ_INPUTS} hostile lists are files, an end or MalformedMessage, and little of them is kept`, () => {
  const random = new Random(SEED, 12);
  const line = '"c:\\music\\walrus polka tape.mp3" b92870e0d41bc8e698cf2f0a1ddfeac7 250000 128 44100 60\n';
  const pool = ['1', 'bob\n', line, line.repeat(3), '\n', 'INVALID REQUEST', '"'.repeat(300)].map(latin1Bytes);
  // As much of a stream as a list is read from.
  const stream = { incoming: false, upgrade() {}, send: () => true, end() {}, reset() {} } as unknown as Stream;
  let listed = 0;
  let ends = 0;
  new World({ seed: 1 }).addNode((host) => {
    const operation = { onListed: () => void listed++, onListDone: () => void ends++, onListFailed: () => void ends++ };
    for (let input = 0; input < FUZZ_INPUTS; input++) {
      const list = new ListFetch(new Alarms(host, 0), 'bob', operation);
      const sink = { open: true, onMessage() {}, onBulk() {} };
      if (input % 2 === 0) list.onOpen(stream);
      else list.take(stream);
      ends = 0;
      listed = 0;
      try {
        for (let round = 0; round < 6; round++) {
          const bytes = random.chance(0.1) ? random.fill(new Uint8Array(random.below(TEXT_BYTES_MAX))) : mutate(pool, random);
          assert.equal(list.push(bytes, 0, bytes.length, sink), bytes.length);
        }
      } catch (error) {
        if (!(error instanceof MalformedMessage)) throw error;
      }
      list.cancel();
      assert.ok(ends <= 1 && listed <= LISTED_MAX, `seed ${SEED}: ${ends} ends, ${listed} files`);
    }
    return { start() {}, stop() {}, onTimer() {}, inspect: () => null };
  });
});
