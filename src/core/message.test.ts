import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../test/codec-laws.ts';
import { encodeToBytes, MalformedMessage } from './codec.ts';
import { bool, bytes, endpoint, f64, fixed, i32, id, list, optional, text, u8, u16, u32, u64 } from './fields.ts';
import { bytesOfHex, hexOf } from './hex.ts';
import { family, type MessageOf, message, record } from './message.ts';

const ping = message('ping', 1, { transaction: u32, sender: id });
const found = message('found', 2, { transaction: u32, contacts: list(record({ id, endpoint }), 20), done: bool });
const everything = message('everything', 200, {
  a: u8,
  b: u16,
  c: u64,
  d: i32,
  e: f64,
  f: bytes(1000),
  g: fixed(3),
  h: text(255),
  i: list(optional(text(70_000)), 9),
  j: optional(endpoint),
});
const nothing = message('nothing', 0, {});
const protocol = family('protocol', ping, found, everything, nothing);

codecLaws(ping, (random) => ping.random(random), { captured: { ping: `01 00000102 ${'ab'.repeat(20)}` } });
codecLaws(protocol, (random) => protocol.random(random), {
  captured: { nothing: '00', found: `02 00000001 01 ${'cd'.repeat(20)} 06 7f0000011ae1 01` },
});

test('a message of fixed size needs no look at its fields', () => {
  assert.equal(ping.fixedBytes, 25);
  assert.equal(nothing.fixedBytes, 1);
  assert.equal(found.fixedBytes, -1);
});

test('the type of a message is that of its declaration', () => {
  const answer: MessageOf<typeof found> = {
    tag: 2,
    transaction: 7,
    contacts: [{ id: new Uint8Array(20), endpoint: new Uint8Array(6) }],
    done: true,
  };
  const any: MessageOf<typeof protocol> = protocol.decode(encodeToBytes(protocol, answer), 0, protocol.size(answer));
  // Narrowing by tag must compile, or protocols cannot switch over their messages.
  assert.equal(any.tag === found.tag ? any.contacts.length : -1, 1);
});

for (const [title, hex] of Object.entries({
  'an unknown tag': '07',
  'a byte too many': '0000',
  'a boolean of 2': '02 00000001 00 02',
  'more contacts than allowed': '02 00000001 15',
  'an endpoint of 5 bytes': `02 00000001 01 ${'cd'.repeat(20)} 05 7f00000000 01`,
  nothing: '',
})) {
  test(`${title} is malformed`, () => {
    const given = bytesOfHex(hex.replaceAll(' ', '')) as Uint8Array;
    assert.throws(() => protocol.decode(given, 0, given.length), MalformedMessage);
  });
}

test('a text that is no UTF-8 and a number beyond 2^53 are malformed', () => {
  const note = message('note', 3, { text: text(10) });
  assert.throws(() => note.decode(bytesOfHex('0302c328') as Uint8Array, 0, 4), /no UTF-8/);
  const big = message('big', 4, { number: u64 });
  assert.throws(() => big.decode(bytesOfHex('040020000000000000') as Uint8Array, 0, 9), /beyond 2\^53/);
});

test('a value that a field cannot hold is a bug, and throws where it is encoded', () => {
  const small = message('small', 5, { byte: u8, name: text(3), key: fixed(2), signed: i32 });
  const good = { tag: 5, byte: 1, name: 'abc', key: new Uint8Array(2), signed: -1 } as const;
  assert.equal(hexOf(encodeToBytes(small, good)), '0501036162630000ffffffff');
  for (const bad of [{ byte: 256 }, { byte: -1 }, { byte: 0.5 }, { name: 'abcd' }, { key: new Uint8Array(3) }, { signed: 2 ** 31 }]) {
    assert.throws(() => small.encode({ ...good, ...bad }, new Uint8Array(100), 0), RangeError, JSON.stringify(bad));
  }
});

test('mistaken declarations are refused at once', () => {
  assert.throws(() => message('wide', 256, {}), /0 to 255/);
  assert.throws(() => message('odd', 1, { 'a b': u8 }), /no name for a field/);
  assert.throws(() => message('odd', 1, { tag: u8 }), /no name for a field/);
  assert.throws(() => family('twins', ping, message('pong', 1, {})), /two messages with the tag 1/);
});
