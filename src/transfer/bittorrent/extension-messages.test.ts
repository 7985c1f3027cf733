import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import { dontHave, type ExtensionHandshake, extensionHandshake } from './extension-handshake.ts';
import { METADATA_PIECE_BYTES, type MetadataMessage, metadataMessage } from './metadata-messages.ts';

const EXAMPLE = latin1Bytes('d1:md11:LT_metadatai1e6:\xb5T_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e');

codecLaws(extensionHandshake, randomHandshake, { captured: { 'example of BEP 10': hexOf(EXAMPLE) } });
codecLaws(metadataMessage, randomMetadata, {
  captured: {
    'request of BEP 9': hexOf(latin1Bytes('d8:msg_typei0e5:piecei0ee')),
    'reject of BEP 9': hexOf(latin1Bytes('d8:msg_typei2e5:piecei0ee')),
    'data of BEP 9': hexOf(latin1Bytes('d8:msg_typei1e5:piecei0e10:total_sizei8eexxxxxxxx')),
  },
});
codecLaws(dontHave, (random) => ({ piece: random.u32() }));

test('BEP 10: the example names its extensions, port and version', () => {
  const { extensions, port, version, metadataBytes, uploadOnly } = extensionHandshake.decode(EXAMPLE, 0, EXAMPLE.length);
  assert.deepEqual(
    [...extensions],
    [
      ['LT_metadata', 1],
      ['\xb5T_PEX', 2],
    ],
  );
  assert.deepEqual([port, version, metadataBytes, uploadOnly], [6881, 'µTorrent 1.2', null, false]);
});

test('entries of the wrong kind count as absent', () => {
  const bytes = latin1Bytes('d1:mi3e1:p3:abc4:reqqi-5e11:upload_onlyi1e1:vi7e6:yourip3:abce');
  const handshake = extensionHandshake.decode(bytes, 0, bytes.length);
  assert.deepEqual({ ...handshake, extensions: [...handshake.extensions] }, { ...empty(), extensions: [], uploadOnly: true });
});

test('a version that would steer the terminal is made harmless', () => {
  const bytes = encodeToBytes(extensionHandshake, { ...empty(), version: '\u001b[2J evil\u202e' });
  assert.equal(extensionHandshake.decode(bytes, 0, bytes.length).version, '\ufffd[2J evil\ufffd');
});

test('BEP 9: a message type of the future is read as unknown', () => {
  const bytes = latin1Bytes('d8:msg_typei9e5:piecei0ee');
  assert.deepEqual(metadataMessage.decode(bytes, 0, bytes.length), { type: 'unknown', number: 9 });
});

test('BEP 9: a metadata piece has 16 KiB, but for the last', () => {
  const message = (totalBytes: number, piece: number, bytes: number): Uint8Array =>
    encodeToBytes(metadataMessage, { type: 'data', piece, totalBytes, data: new Uint8Array(bytes) });
  for (const wrong of [message(40_000, 0, 16_383), message(40_000, 2, 7231), message(40_000, 3, 0), message(65 << 20, 0, 16_384)]) {
    assert.throws(() => metadataMessage.decode(wrong, 0, wrong.length), MalformedMessage, latin1(wrong.subarray(0, 60)));
  }
  const last = message(40_000, 2, 7232);
  assert.equal(metadataMessage.decode(last, 0, last.length).type, 'data');
});

function empty(): ExtensionHandshake {
  return {
    extensions: new Map(),
    version: null,
    port: null,
    requestsMax: null,
    metadataBytes: null,
    uploadOnly: false,
    prefersEncryption: false,
    yourIp: null,
    ipv4: null,
    ipv6: null,
  };
}

function randomHandshake(random: Random): ExtensionHandshake {
  const bytes = (length: number): Uint8Array => random.fill(new Uint8Array(length));
  const maybe = <T>(make: () => T): T | null => (random.chance(0.5) ? make() : null);
  return {
    extensions: new Map(Array.from({ length: random.below(6) }, () => [latin1(bytes(1 + random.below(12))), random.below(256)] as const)),
    version: maybe(() => 'kith/0.1 é片'.slice(0, random.below(12))),
    port: maybe(() => 1 + random.below(65_535)),
    requestsMax: maybe(() => 1 + random.below(5000)),
    metadataBytes: maybe(() => 1 + random.below(1 << 26)),
    uploadOnly: random.chance(0.5),
    prefersEncryption: random.chance(0.5),
    yourIp: maybe(() => bytes(random.chance(0.5) ? 4 : 16)),
    ipv4: maybe(() => bytes(4)),
    ipv6: maybe(() => bytes(16)),
  };
}

function randomMetadata(random: Random): MetadataMessage {
  const piece = random.below(4);
  switch (random.below(4)) {
    case 0:
      return { type: 'request', piece };
    case 1:
      return { type: 'reject', piece };
    case 2:
      return { type: 'unknown', number: 3 + random.below(100) };
    default: {
      const lastBytes = 1 + random.below(400);
      return { type: 'data', piece, totalBytes: piece * METADATA_PIECE_BYTES + lastBytes, data: random.fill(new Uint8Array(lastBytes)) };
    }
  }
}
