import assert from 'node:assert/strict';
import test from 'node:test';
import { framingLaws } from '../../../test/codec-laws.ts';
import { concatBytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { bytesOfHex } from '../../core/hex.ts';
import type { Body } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { peerWire } from './peer-framing.ts';
import { FRAME_BYTES_MAX, type PeerMessage, PeerMessageId as Id, type PieceHead, peerMessage, pieceHead } from './peer-messages.ts';

const handshake: PeerMessage = {
  id: Id.handshake,
  reserved: new Uint8Array(8),
  infoHash: new Uint8Array(20).fill(7),
  peerId: new Uint8Array(20).fill(9),
};
const RANGE = { root: new Uint8Array(32).fill(5), base: 2, index: 4, count: 4, proofLayers: 5 };
const unknown = bytesOfHex('00000005ff01020304') as Uint8Array;

framingLaws(peerWire, wholeStream(), { carryBytesMax: 2 * FRAME_BYTES_MAX });

test('every kind of frame is reported once, blocks as bulk, unknown ones not at all', () => {
  const seen: string[] = [];
  const sink = {
    open: true,
    onMessage: (message: PeerMessage) => seen.push(String(message.id)),
    onBulk: (head: PieceHead, body: Body, offset: number) => seen.push(`${head.piece}:${head.begin}+${offset}+${body.length}`),
  };
  const stream = wholeStream();
  assert.equal(peerWire.deframer().push(stream, 0, stream.length, sink), stream.length);
  assert.deepEqual(seen, ['-2', '5', '-1', '4', '1:16384+0+700', '20', '1', '2:0+0+1', '6', '21', '22', '23']);
});

test('the slices of a block are views of the chunk, not copies', () => {
  const deframer = peerWire.deframer();
  const slices: Uint8Array[] = [];
  const sink = { open: true, onMessage() {}, onBulk: (_: PieceHead, body: Body) => slices.push(body as Uint8Array) };
  const stream = concatBytes([encodeToBytes(peerMessage, handshake), block(0, 0, 100)]);
  deframer.push(stream, 0, 120, sink);
  deframer.push(stream, 120, stream.length, sink);
  assert.equal(slices.length, 2);
  for (const slice of slices) assert.equal(slice.buffer, stream.buffer);
});

test('a connection that is not BitTorrent fails at its first wrong byte', () => {
  const deframer = peerWire.deframer();
  const sink = { open: true, onMessage() {}, onBulk() {} };
  assert.equal(deframer.push(bytesOfHex('1342') as Uint8Array, 0, 2, sink), 2);
  assert.throws(() => deframer.push(bytesOfHex('00') as Uint8Array, 0, 1, sink), MalformedMessage);
});

test('a promised frame costs memory only as its bytes arrive, and gives it back', () => {
  const deframer = peerWire.deframer();
  const sink = { open: true, onMessage() {}, onBulk() {} };
  const hello = encodeToBytes(peerMessage, handshake);
  deframer.push(hello, 0, hello.length, sink);
  const bits = new Uint8Array(5 + FRAME_BYTES_MAX - 1);
  bits.set(bytesOfHex('0010000005') as Uint8Array);
  deframer.push(bits, 0, 6, sink);
  const { carry } = deframer as unknown as { carry: Uint8Array };
  assert.ok(carry.length <= 128, `${carry.length} bytes for 6`);
  deframer.push(bits, 6, bits.length, sink);
  assert.ok((deframer as unknown as { carry: Uint8Array }).carry.length <= 4096);
});

test('an oversized frame is refused before any of it is kept', () => {
  const deframer = peerWire.deframer();
  const sink = { open: true, onMessage() {}, onBulk() {} };
  const hello = encodeToBytes(peerMessage, handshake);
  deframer.push(hello, 0, hello.length, sink);
  const header = bytesOfHex('0010000114') as Uint8Array;
  assert.throws(() => deframer.push(header, 0, header.length, sink), /at most 1048576 bytes, got 1048577/);
});

function wholeStream(): Uint8Array {
  return concatBytes([
    encodeToBytes(peerMessage, handshake),
    encodeToBytes(peerMessage, { id: Id.bitfield, bits: new Random(1).fill(new Uint8Array(400)) }),
    encodeToBytes(peerMessage, { id: Id.keepAlive }),
    encodeToBytes(peerMessage, { id: Id.have, piece: 12 }),
    block(1, 16_384, 700),
    unknown,
    encodeToBytes(peerMessage, { id: Id.extended, extension: 3, payload: new Random(2).fill(new Uint8Array(90)) }),
    encodeToBytes(peerMessage, { id: Id.unchoke }),
    block(2, 0, 1),
    encodeToBytes(peerMessage, { id: Id.request, piece: 1, begin: 0, length: 16_384 }),
    encodeToBytes(peerMessage, { id: Id.hashRequest, range: RANGE }),
    encodeToBytes(peerMessage, { id: Id.hashes, range: RANGE, hashes: new Random(3).fill(new Uint8Array(32 * 7)) }),
    encodeToBytes(peerMessage, { id: Id.hashReject, range: RANGE }),
  ]);
}

function block(piece: number, begin: number, length: number): Uint8Array {
  return concatBytes([encodeToBytes(pieceHead, { piece, begin, length }), new Random(length).fill(new Uint8Array(length))]);
}
