import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, framingLaws } from '../../../test/codec-laws.ts';
import { concatBytes, latin1Bytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { bodyField, KNOWN_TYPES, type SessionMessage, Type } from './messages.ts';
import { CODECS, codecAt, FIRST_STATE, networkName, sessionFrames, stateAfter } from './packets.ts';

function randomMessage(random: Random): SessionMessage {
  if (random.chance(0.1)) return { type: random.chance(0.5) ? 'ping' : 'pong' };
  if (random.chance(0.1)) return { type: 'other', number: 0x7700 + random.below(256), body: random.fill(new Uint8Array(random.below(30))) };
  const type = KNOWN_TYPES[random.below(KNOWN_TYPES.length)] as (typeof KNOWN_TYPES)[number];
  return { type, body: bodyField(type)?.random(random) } as SessionMessage;
}

/** Bodies that giFT-FastTrack 0.8.9 and mldonkey 3.2.1 sent, behind the head of a first packet: type low, high, length high, low. */
const CAPTURED = {
  'who giFT is': '4b0200000e cb00713c04bf6000676946546564',
  'an mp3 that giFT shares':
    '4b22000036 00010000b66425f0528f7eb8b4e0cc56cbba82dc1f6cfbffb90f92a7600102167a65627261207175696c7420616e7468656d2e6d7033',
  'a file that giFT shares': '4b22000027 000000004aeb2fbf769e74b126885add67d553f56f2ffcff87078fa110010207676f742e62696e',
  'a search of giFT': '4b06000012 000103e8000001bf0105000677616c727573',
};

const [first, second, third] = CODECS as [(typeof CODECS)[0], (typeof CODECS)[0], (typeof CODECS)[0]];
codecLaws(first, randomMessage, { captured: CAPTURED });
codecLaws(second, randomMessage);
codecLaws(third, randomMessage);
codecLaws(networkName, (random) => ({ type: 'network', name: 'x'.repeat(random.below(30)) }));

test('PROTOCOL, session 7: the order of the header bytes follows from all packets before', () => {
  const body = latin1Bytes('ab');
  const message: SessionMessage = { type: 'other', number: 0x7712, body };
  assert.deepEqual(
    CODECS.map((codec) => hexOf(encodeToBytes(codec, message))),
    ['4b1277000261' + '62', '4b77001202' + '6162', '4b77020012' + '6162'],
  );
  assert.equal(FIRST_STATE % 3, 0);
  assert.equal(stateAfter(FIRST_STATE, message, 7), (0x51 ^ ~0x7714) >>> 0);
  assert.equal(stateAfter(5, { type: 'ping' }, 1), 5);
});

test('what giFT shares is read as it was meant', () => {
  const bytes = bytesOfHex(CAPTURED['an mp3 that giFT shares'].replace(' ', '')) as Uint8Array;
  const { type, body } = first.decode(bytes, 0, bytes.length) as Extract<SessionMessage, { type: typeof Type.share }>;
  assert.equal(type, Type.share);
  assert.deepEqual([body.media, body.bytes, body.fileId], [1, 300_000, 7311]);
  assert.deepEqual(body.tags, [{ kind: 2, value: latin1Bytes('zebra quilt anthem.mp3') }]);
});

test('a result with the address of an earlier one has its names, in a byte', () => {
  const result = {
    user: Uint8Array.of(1, 2, 3, 4, 5, 6),
    bandwidth: 7,
    name: 'alice',
    network: 'KaZaA',
    hash: new Uint8Array(20),
    fileId: 1,
    bytes: 2,
    tags: [],
  };
  const message: SessionMessage = {
    type: Type.results,
    body: { supernode: Uint8Array.of(9, 9, 9, 9, 0, 1), id: 3, results: [result, { ...result, bytes: 5 }, { ...result, name: 'bob' }] },
  };
  const bytes = encodeToBytes(first, message);
  assert.equal(bytes.length, 5 + 10 + 3 * (7 + 20 + 3) + 'alice/KaZaA/'.length + 1 + 'bob/KaZaA/'.length);
  assert.deepEqual(first.decode(bytes, 0, bytes.length), message);
});

function streamOf(messages: readonly SessionMessage[]): Uint8Array {
  let state = FIRST_STATE;
  const parts = messages.map((message) => {
    const bytes = encodeToBytes(codecAt(state), message);
    state = stateAfter(state, message, bytes.length);
    return bytes;
  });
  return concatBytes([latin1Bytes('KaZaA\0'), ...parts]);
}

const random = new Random(3);
framingLaws(sessionFrames, streamOf(Array.from({ length: 60 }, () => randomMessage(random))), { carryBytesMax: 0x1_0005 });
