/** Trees that holders send: byte for byte as Gnutella has them, and no other than that of the file. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { mutate } from '../../../test/mutate.ts';
import { equalBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { Random } from '../../core/random.ts';
import { TigerTree } from '../../wire/tiger-tree.ts';
import { type DimeRecord, DimeTypeFormat, dimeMessage } from './dime.ts';
import { decodeThex, encodeThex, risenTo, usualDepthOf } from './thex.ts';

const KIB = 1024;

codecLaws(dimeMessage, randomRecords, {
  captured: {
    // [header] [type `text/xml`] [data `<a/>`, filled up]; then a URI with an id.
    'two records': '0c10000000000008000000046d6578742f786d6c3c612f3e0a20000000020004000000036964000075726e3a01020300'.replace(
      '6d6578',
      '746578',
    ),
  },
});

function randomRecords(random: Random): readonly DimeRecord[] {
  const text = (lengthMax: number): string => latin1(random.fill(new Uint8Array(random.below(lengthMax))));
  return Array.from({ length: 1 + random.below(4) }, () => ({
    format: random.chance(0.5) ? DimeTypeFormat.media : DimeTypeFormat.uri,
    type: text(40),
    id: text(40),
    data: random.fill(new Uint8Array(random.below(100))),
  }));
}

function fileOf(bytes: number, seed = 1): Uint8Array {
  return new Random(seed).fill(new Uint8Array(bytes));
}

function treeOf(content: Uint8Array) {
  return new TigerTree(content.length, 512).update(content).digest();
}

test('the tree of a file of 300 KB is the 588 bytes that gtk-gnutella sends', () => {
  const message = encodeThex(300_000, treeOf(fileOf(300_000)));
  assert.equal(message.length, 588);
  const [xml, tree] = dimeMessage.decode(message, 0, message.length) as [DimeRecord, DimeRecord];
  assert.match(latin1(xml.data), /^<\?xml version="1\.0" encoding="UTF-8"\?>\r\n<!DOCTYPE hashtree SYSTEM .*<\/hashtree>\r\n$/s);
  assert.equal(tree.data.length, (1 + 2) * 24);
});

test('the level that comes checks the parts, at any length', () => {
  for (const bytes of [0, 1, 1024, 300_000, 700 * KIB, 5_000_001]) {
    const own = treeOf(fileOf(bytes));
    const came = decodeThex(encodeThex(bytes, own), own.root, bytes, 16 * KIB);
    const expected = risenTo(own, came.partBytes);
    assert.equal(came.partBytes, expected.partBytes, `${bytes} bytes`);
    assert.ok(equalBytes(came.parts, expected.parts));
    if (bytes > 256 * KIB) assert.ok(came.parts.length / 24 > 2 ** (usualDepthOf(bytes) - 1));
  }
});

test('a tree of another file, a forged node, another length or other segments are refused', () => {
  const own = treeOf(fileOf(700_000));
  const message = encodeThex(700_000, own);
  const other = treeOf(fileOf(700_000, 2));
  const forged = message.slice();
  forged[forged.length - 5] = (forged[forged.length - 5] as number) ^ 1;
  const coarse = withText(message, 'segmentsize="1024"', 'segmentsize="4096"');
  assert.throws(() => decodeThex(message, other.root, 700_000, 0), MalformedMessage);
  assert.throws(() => decodeThex(forged, own.root, 700_000, 0), MalformedMessage);
  assert.throws(() => decodeThex(message, own.root, 700_001, 0), MalformedMessage);
  assert.throws(() => decodeThex(coarse, own.root, 700_000, 0), MalformedMessage);
});

test('what mutations leave of a tree is refused, or is the tree', () => {
  const own = treeOf(fileOf(2_000_000));
  const message = encodeThex(2_000_000, own);
  const random = new Random(7);
  for (let round = 0; round < 3000; round++) {
    try {
      const came = decodeThex(mutate([message], random), own.root, 2_000_000, 16 * KIB);
      assert.ok(equalBytes(came.parts, risenTo(own, came.partBytes).parts));
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, String(error));
    }
  }
});

function withText(message: Uint8Array, from: string, to: string): Uint8Array {
  return latin1Bytes(latin1(message).replace(from, to));
}

test('a record that is none, a chunk, and more than there may be are refused', () => {
  const record: DimeRecord = { format: DimeTypeFormat.uri, type: 'urn:x', id: '', data: new Uint8Array(4) };
  const chunk = encodeToBytes(dimeMessage, [record]);
  chunk[0] = (chunk[0] as number) | 1;
  const many = encodeToBytes(dimeMessage, new Array<DimeRecord>(17).fill(record));
  for (const bytes of [chunk, many, new Uint8Array(5)]) assert.throws(() => dimeMessage.decode(bytes, 0, bytes.length), MalformedMessage);
});
