import assert from 'node:assert/strict';
import test from 'node:test';
import { hexOf } from './hex.ts';
import { Random } from './random.ts';
import { isUtf8, readUtf8, utf8Bytes, utf8Size } from './utf8.ts';

const SEED = 8;

test('texts turn into the bytes that the platform makes of them, and back', () => {
  for (const text of ['', 'plain', 'Zoë', '片段', '🜁 air', 'a\u0000b', '\ud800 alone', 'alone \udc00', '\ud83d', '\ufffd']) {
    const bytes = utf8Bytes(text);
    assert.deepEqual(bytes, new TextEncoder().encode(text));
    assert.equal(utf8Size(text), bytes.length);
    assert.equal(readUtf8(bytes), text.toWellFormed());
    assert.ok(isUtf8(bytes));
  }
});

test('wrong bytes are replaced exactly as the platform replaces them', () => {
  const random = new Random(SEED);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const telling = [0x00, 0x41, 0x7f, 0x80, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff];
  for (let round = 0; round < 100_000; round++) {
    const bytes = Uint8Array.from({ length: random.below(8) }, () => telling[random.below(telling.length)] as number);
    const expected = decoder.decode(bytes);
    if (readUtf8(bytes) !== expected) assert.equal(readUtf8(bytes), expected, `seed ${SEED} round ${round}: ${hexOf(bytes)}`);
    let valid = true;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      valid = false;
    }
    if (isUtf8(bytes) !== valid) assert.fail(`seed ${SEED} round ${round}: ${hexOf(bytes)} is ${valid ? '' : 'not '}UTF-8`);
  }
});
