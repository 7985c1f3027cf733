import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws, SEED } from '../../test/codec-laws.ts';
import { mutate } from '../../test/mutate.ts';
import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import { bytesOfHex } from '../core/hex.ts';
import { Random } from '../core/random.ts';
import {
  BENCODE_DEPTH_MAX,
  type Bencode,
  bencodeDict,
  bencodeSize,
  bencodeSpans,
  decodeBencode,
  decodeBencodeDict,
  decodeBencodePrefix,
  encodeBencode,
  writeBencode,
} from './bencode.ts';

/** Whole values as a codec; the copy makes it keep nothing borrowed. */
function bencode(strict: boolean): Codec<Bencode> {
  return {
    name: `${strict ? 'strict' : 'lenient'} bencode`,
    size: bencodeSize,
    encode: writeBencode,
    decode: (bytes, start, end) => decodeBencode(bytes.slice(start, end), 0, end - start, { strict }),
  };
}

const examples: Readonly<Record<string, string>> = {
  'a string of BEP 3': '343a7370616d',
  'a number of BEP 3': '6932333465',
  'a list of BEP 3': '6c343a7370616d343a6567677365',
  'a dictionary of BEP 3': '64333a636f77333a6d6f6f343a7370616d343a6567677365',
  'a dictionary of a list of BEP 3': '64343a7370616d6c313a61313a626565',
  'the ping of BEP 5':
    '64313a6164323a696432303a6162636465666768696a303132333435363738396531' + '3a71343a70696e67313a74323a6161313a79313a7165',
};
codecLaws(bencode(false), (random) => randomValue(random, 0), { captured: examples, seeds: ['693030336565', '692d3065'] });
codecLaws(bencode(true), (random) => randomValue(random, 0), { captured: examples });

for (const [text, value] of [
  ['4:spam', '4:spam'],
  ['i-3e', 'i-3e'],
  ['i-9007199254740991e', 'i-9007199254740991e'],
  ['i03e', 'i3e'],
  ['i-0e', 'i0e'],
  ['04:spam', '4:spam'],
  ['d1:bi1e1:ai2ee', 'd1:ai2e1:bi1ee'],
  ['d1:ai1e1:ai2ee', 'd1:ai1ee'],
  ['i1etrailing', 'i1e'],
] as const) {
  test(`${text} is read as ${value}${text === value ? '' : ', and strict reading refuses it'}`, () => {
    assert.equal(latin1(encodeBencode(decodeBencode(latin1Bytes(text)))), value);
    if (text !== value) assert.throws(() => decodeBencode(latin1Bytes(text), 0, text.length, { strict: true }), MalformedMessage);
  });
}

for (const text of [
  '',
  'i',
  'ie',
  'i-e',
  'i1',
  'i1.5e',
  'i+1e',
  'i 1e',
  '5:spam',
  '99999999999999999999:',
  '-1:a',
  'l',
  'd',
  'd1:a',
  'di1ei2ee',
  'x',
  'e',
  'd1:ae',
  'i9007199254740992e',
  'i18446744073709551616e',
]) {
  test(`${JSON.stringify(text)} is malformed`, () => {
    assert.throws(() => decodeBencode(latin1Bytes(text)), MalformedMessage);
  });
}

test('nesting is bounded, however long it goes on', () => {
  assert.throws(() => decodeBencode(new Uint8Array(20 << 20).fill(0x6c)), /nested more than 64 deep/);
  assert.throws(() => decodeBencode(latin1Bytes('d1:a'.repeat(1 << 20))), /nested more than 64 deep/);
  const deepest = 'l'.repeat(BENCODE_DEPTH_MAX + 1) + 'e'.repeat(BENCODE_DEPTH_MAX + 1);
  assert.ok(decodeBencode(latin1Bytes(deepest)));
});

test('two bytes a value do not become a million objects', () => {
  assert.throws(() => decodeBencode(latin1Bytes(`l${'de'.repeat(2_000_000)}e`)), /too many bencoded values/);
});

test('each key of a dictionary gives the very bytes of its value', () => {
  const torrent = latin1Bytes('d8:announce3:url4:infod6:lengthi03e4:name1:ae4:junki0e4:infoi1ee');
  const spans = [...bencodeSpans(torrent)].map(([key, span]) => `${key} ${latin1(span)}`);
  assert.deepEqual(spans, ['announce 3:url', 'info d6:lengthi03e4:name1:ae', 'junk i0e']);
});

test('what is passed over is checked as what is read', () => {
  const random = new Random(SEED);
  const pool = Object.values(examples).map((hex) => bytesOfHex(hex) as Uint8Array);
  for (let round = 0; round < 20_000; round++) {
    const value = mutate(pool, random);
    const bytes = concatBytes([latin1Bytes('d1:k'), value, latin1Bytes('e')]);
    const outcome = (read: () => unknown): string => {
      try {
        read();
        return 'fine';
      } catch (error) {
        return (error as Error).message;
      }
    };
    assert.equal(
      outcome(() => bencodeSpans(bytes)),
      outcome(() => decodeBencodeDict(bytes)),
      `seed ${SEED} round ${round}`,
    );
  }
});

test('a dictionary may have something behind it', () => {
  const message = latin1Bytes('d8:msg_typei1e5:piecei0eexxx');
  assert.equal(decodeBencodePrefix(message).end, message.length - 3);
});

test('texts are written as UTF-8, keys in the order of their bytes', () => {
  const dict = bencodeDict({ b: 'ü', a: undefined, Z: 1 });
  assert.equal(latin1(encodeBencode(dict)), 'd1:Zi1e1:b2:\xc3\xbce');
});

function randomValue(random: Random, depth: number): Bencode {
  const kind = random.below(depth > 4 ? 2 : 4);
  if (kind === 0) {
    const number = random.u32() * (random.chance(0.3) ? 2_097_151 : 1);
    return number !== 0 && random.chance(0.3) ? -number : number;
  }
  if (kind === 1) return random.fill(new Uint8Array(random.below(random.chance(0.1) ? 300 : 12)));
  if (kind === 2) return Array.from({ length: random.below(5) }, () => randomValue(random, depth + 1));
  const entries = Array.from(
    { length: random.below(5) },
    () => [latin1(random.fill(new Uint8Array(random.below(6)))), randomValue(random, depth + 1)] as const,
  );
  return new Map(entries);
}
