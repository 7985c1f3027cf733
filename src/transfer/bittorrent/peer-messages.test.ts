import assert from 'node:assert/strict';
import test from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import type { HashRange } from './hash-messages.ts';
import {
  BLOCK_BYTES_MAX,
  FRAME_BYTES_MAX,
  type PeerMessage,
  PeerMessageId as Id,
  type PieceHead,
  peerMessage,
  pieceHead,
} from './peer-messages.ts';

codecLaws(peerMessage, randomMessage, {
  captured: {
    'handshake of libtorrent 2.0.8':
      '13426974546f7272656e742070726f746f636f6c 0000000000100005 0123456789abcdef0123456789abcdef01234567 2d4c54323038302d2a4d6f6e646179207a4a3f58',
    'keep-alive': '00000000',
    unchoke: '0000000101',
    'have of piece 258': '000000050400000102',
    'request of a block': '0000000d06000000010000400000004000',
    'bitfield of 10 pieces': '0000000305ffc0',
    'have all': '000000010e',
    'extension handshake': '0000000614006431e56d',
  },
});
codecLaws(pieceHead, randomHead, { captured: { 'block of 16 KiB': '00004009070000000300008000' } });

test('the layout of a request is that of BEP 3', () => {
  const bytes = encodeToBytes(peerMessage, { id: Id.request, piece: 1, begin: 0x4000, length: 0x4000 });
  assert.equal(hexOf(bytes), '0000000d06000000010000400000004000');
});

test('the head of a block announces the block in its length prefix', () => {
  assert.equal(hexOf(encodeToBytes(pieceHead, { piece: 3, begin: 0x8000, length: 0x4000 })), '00004009070000000300008000');
});

const refused: Readonly<Record<string, string>> = {
  'a choke of two bytes': '000000020001',
  'a have of three bytes': '00000004040000ff',
  'a request without its length': '00000009060000000100004000',
  'an extended message without its number': '0000000114',
  'an unknown message': '0000000163',
  'a length prefix that promises more': '0000000505000000',
  'a handshake of another protocol': `13${'41'.repeat(67)}`,
  'a handshake that is too short': '13426974546f7272656e742070726f746f636f6c00',
  'a block where a message is expected': '0000000a0700000000000000004d',
  'a frame of 2 GiB': '7fffffff05',
  'a hash request of 47 bytes': `0000003015${'00'.repeat(47)}`,
  'hashes that are no multiple of 32 bytes': `0000003216${'00'.repeat(49)}`,
};
for (const [title, hex] of Object.entries(refused)) {
  test(`${title} is malformed`, () => {
    const bytes = bytesOfHex(hex) as Uint8Array;
    assert.throws(() => peerMessage.decode(bytes, 0, bytes.length), MalformedMessage);
  });
}

test('a block is at most 128 KiB and at least one byte long', () => {
  const largest = { piece: 0, begin: 0, length: BLOCK_BYTES_MAX };
  assert.deepEqual(pieceHead.decode(encodeToBytes(pieceHead, largest), 0, 13), largest);
  for (const length of [0, BLOCK_BYTES_MAX + 1]) {
    const bytes = encodeToBytes(pieceHead, { piece: 0, begin: 0, length });
    assert.throws(() => pieceHead.decode(bytes, 0, 13), /1 to 131072 bytes/);
  }
});

test('a bitfield fills at most one frame', () => {
  const bytes = encodeToBytes(peerMessage, { id: Id.bitfield, bits: new Uint8Array(FRAME_BYTES_MAX) });
  assert.throws(() => peerMessage.decode(bytes, 0, bytes.length), /at most 1048576 bytes/);
});

function randomMessage(random: Random): PeerMessage {
  const u32 = (): number => random.u32() >>> random.below(32);
  const bytes = (length: number): Uint8Array => random.fill(new Uint8Array(length));
  const all: readonly (() => PeerMessage)[] = [
    () => ({ id: Id.handshake, reserved: bytes(8), infoHash: bytes(20), peerId: bytes(20) }),
    () => ({ id: ([Id.keepAlive, Id.choke, Id.unchoke, Id.interested] as const)[random.below(4)] as typeof Id.choke }),
    () => ({ id: ([Id.notInterested, Id.haveAll, Id.haveNone] as const)[random.below(3)] as typeof Id.haveAll }),
    () => ({ id: ([Id.have, Id.suggestPiece, Id.allowedFast] as const)[random.below(3)] as typeof Id.have, piece: u32() }),
    () => ({
      id: ([Id.request, Id.cancel, Id.rejectRequest] as const)[random.below(3)] as typeof Id.request,
      piece: u32(),
      begin: u32(),
      length: u32(),
    }),
    () => ({ id: Id.bitfield, bits: bytes(random.below(300)) }),
    () => ({ id: Id.port, port: random.below(65_536) }),
    () => ({ id: random.chance(0.5) ? Id.hashRequest : Id.hashReject, range: range(random) }),
    () => ({ id: Id.hashes, range: range(random), hashes: bytes(32 * random.below(20)) }),
    () => ({ id: Id.extended, extension: random.below(256), payload: bytes(random.below(300)) }),
  ];
  return (all[random.below(all.length)] as () => PeerMessage)();
}

function range(random: Random): HashRange {
  const u32 = (): number => random.u32() >>> random.below(32);
  return { root: random.fill(new Uint8Array(32)), base: u32(), index: u32(), count: u32(), proofLayers: u32() };
}

function randomHead(random: Random): PieceHead {
  return { piece: random.u32(), begin: random.u32(), length: 1 + random.below(BLOCK_BYTES_MAX) };
}
