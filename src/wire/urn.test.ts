import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32Of, bytesOfBase32 } from '../core/base32.ts';
import { latin1Bytes } from '../core/bytes.ts';
import { Random } from '../core/random.ts';
import { tiger } from '../core/tiger.ts';
import { parseUrn, urnsOf } from './urn.ts';

const EMPTY_TREE = 'LWPNACQDBZRYXW3VHJVCJ64QBZNGHOHHHZWCLNQ';

test('RFC 4648, section 10, without padding', () => {
  const vectors = { '': '', f: 'MY', fo: 'MZXQ', foo: 'MZXW6', foob: 'MZXW6YQ', fooba: 'MZXW6YTB', foobar: 'MZXW6YTBOI' };
  for (const [text, base32] of Object.entries(vectors)) {
    assert.equal(base32Of(latin1Bytes(text)), base32);
    assert.deepEqual(bytesOfBase32(base32.toLowerCase()), latin1Bytes(text));
  }
  for (const wrong of ['1', 'MZ=', 'M', 'MZXW6Y', 'MZ']) assert.equal(bytesOfBase32(wrong), null, wrong);
});

test('any hashes are what they were after they were written and read', () => {
  const random = new Random(5);
  for (let round = 0; round < 100; round++) {
    const hashes = { sha1: random.fill(new Uint8Array(20)), tiger: random.fill(new Uint8Array(24)), ed2k: random.fill(new Uint8Array(16)) };
    const read = urnsOf(hashes).map(parseUrn);
    assert.deepEqual([read[0]?.sha1, read[1]?.tiger, read[2]?.ed2k], [hashes.sha1, hashes.tiger, hashes.ed2k]);
    assert.deepEqual(parseUrn(urnsOf(hashes, true)[0] ?? ''), { ...hashes, ed2k: null });
  }
});

test('old spellings are read, and what is no hash is none', () => {
  const root = tiger(Uint8Array.of(0));
  for (const scheme of ['tree:tiger', 'tree:tiger/', 'ttroot', 'TREE:TIGER']) {
    assert.deepEqual(parseUrn(`urn:${scheme}:${EMPTY_TREE}`)?.tiger, root, scheme);
  }
  for (const wrong of [
    '',
    'urn:sha1:',
    `urn:sha1:${EMPTY_TREE}`,
    `urn:tree:tiger:${EMPTY_TREE}A`,
    'urn:ed2k:xyz',
    `urn:bitprint:${EMPTY_TREE}`,
  ]) {
    assert.equal(parseUrn(wrong), null, wrong);
  }
});
