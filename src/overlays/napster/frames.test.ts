import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, framingLaws } from '../../../test/codec-laws.ts';
import { concatBytes, latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { Random } from '../../core/random.ts';
import {
  fieldsOf,
  ipOfNumber,
  type NapsterMessage,
  napsterCodec,
  napsterFrames,
  numberOfIp,
  quoted,
  restBehind,
  TEXT_BYTES_MAX,
} from './frames.ts';
import { formatQuery, parseQuery } from './search-query.ts';
import { entryOf, entryText } from './shared-entry.ts';

function randomMessage(random: Random): NapsterMessage {
  const length = random.below(60);
  const text = Array.from({ length }, () =>
    String.fromCodePoint(random.chance(0.9) ? 32 + random.below(95) : 0xa0 + random.below(0x2000)),
  ).join('');
  return { type: random.below(0x10000), text };
}

/** From a session with opennap-ng 0.50. */
const CAPTURED = {
  'a search': '2900c80046494c454e414d4520434f4e5441494e53202277616c72757322204d41585f524553554c5453203130',
  'the end of the results': '0000ca00',
  'a log-in': '1e000200616c6963652070773120363639392022726177 6e61702076302e312220 35'.replaceAll(' ', ''),
};

codecLaws(napsterCodec, randomMessage, { captured: CAPTURED });

test('a name of its time, which is no UTF-8, is read as Latin-1', () => {
  const text = latin1Bytes('"Bj\xf6rk.mp3"');
  const bytes = Uint8Array.of(text.length, 0, 100, 0, ...text);
  assert.equal(napsterCodec.decode(bytes, 0, bytes.length).text, '"Björk.mp3"');
});

test('fields are words, or what is between quotes, where there is no escape', () => {
  assert.deepEqual(fieldsOf('alice "c:\\music\\walrus polka tape.mp3" 0 ""'), ['alice', 'c:\\music\\walrus polka tape.mp3', '0', '']);
  assert.deepEqual(fieldsOf('  a  b "unfinished'), ['a', 'b', 'unfinished']);
  assert.equal(quoted('a "b"\r\nc'), '"a  b   c"');
  assert.equal(restBehind('bob hi  there "you"', 1), 'hi  there "you"');
});

test('opennap-ng: 127.0.0.60 is 1006633087', () => {
  assert.equal(numberOfIp(Uint8Array.of(127, 0, 0, 60, 0x1a, 0xe1)), 1_006_633_087);
  assert.deepEqual(ipOfNumber(1_006_633_087), Uint8Array.of(127, 0, 0, 60));
});

test('napster.txt, message 200: all bounds of a search, in the spelling of any client', () => {
  const text =
    'FILENAME CONTAINS "Walrus polka" MAX_RESULTS 100 FILENAME EXCLUDES "live" LINESPEED "AT LEAST" 4 BITRATE "EQUAL TO" "128" FREQ "AT BEST" "44100" LOCAL_ONLY';
  const query = parseQuery(text);
  assert.deepEqual([query?.words, query?.without, query?.resultsMax, query?.isLocal], [['walrus', 'polka'], ['live'], 100, true]);
  assert.deepEqual(query?.bitRate, { comparison: 'EQUAL TO', value: 128 });
  assert.deepEqual(parseQuery(formatQuery(query)), query);
  for (const wrong of ['FILENAME LIKE "x"', 'FILENAME CONTAINS', 'BITRATE "ABOUT" "3"', 'MAX_RESULTS many'])
    assert.equal(parseQuery(wrong), null, wrong);
});

test('a file is told of by five facts, and anything else is none', () => {
  const text = '"c:\\music\\walrus polka tape.mp3" b92870e0d41bc8e698cf2f0a1ddfeac7-250000 250000 128 44100 60';
  const entry = entryOf(fieldsOf(text), 0);
  assert.equal(entryText(entry as NonNullable<typeof entry>), text);
  for (const wrong of ['"a.mp3" md5 1 2 3', '"" md5 1 2 3 4', '"a.mp3" md5 x 2 3 4', '"a.mp3" md5 1 2 3 -4']) {
    assert.equal(entryOf(fieldsOf(wrong), 0), null, wrong);
  }
});

const random = new Random(9);
const stream = concatBytes(Array.from({ length: 60 }, () => encodeToBytes(napsterCodec, randomMessage(random))));
framingLaws(napsterFrames, stream, { carryBytesMax: TEXT_BYTES_MAX + 4 });
