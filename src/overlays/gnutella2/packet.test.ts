import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, framingLaws, FUZZ_INPUTS, SEED } from '../../../test/codec-laws.ts';
import { zlibCompression } from '../../net/compression.ts';
import { mutate } from '../../../test/mutate.ts';
import { concatBytes } from '../../core/bytes.ts';
import { encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { inflatedFraming } from '../../wire/inflated-framing.ts';
import { partCodec, type PacketPart } from './datagram.ts';
import { PACKET_BYTES_MAX, Packet, packetCodec } from './packet.ts';
import { packetFrames } from './packet-frames.ts';
import {
  GTKG_LNI,
  GTKG_PATCH,
  GTKG_QH2,
  GTKG_RESET,
  MLDONKEY_LNI,
  MLDONKEY_PI,
  MLDONKEY_Q2,
  MLDONKEY_QH2,
} from '../../../test/gnutella2/recorded-packets.ts';

function randomPacket(random: Random, depth = 0): Packet {
  const name = Array.from({ length: 1 + random.below(8) }, () => String.fromCharCode(33 + random.below(94))).join('');
  const children = Array.from({ length: depth < 4 ? random.below(4) : 0 }, () => randomPacket(random, depth + 1));
  const payload = random.fill(new Uint8Array(random.chance(0.3) ? 0 : random.below(random.chance(0.05) ? 900 : 20)));
  return new Packet(name, payload, children, random.chance(0.1));
}

codecLaws(packetCodec, (random) => randomPacket(random), {
  captured: { 'QHT reset': GTKG_RESET, 'QHT patch': GTKG_PATCH, LNI: GTKG_LNI, QH2: GTKG_QH2, PI: MLDONKEY_PI, Q2: MLDONKEY_Q2 },
  // A length of one byte that is zero, a terminator without a payload, a letter without either, and one with its high byte first.
  seeds: [
    '60005550524f43',
    MLDONKEY_LNI,
    MLDONKEY_QH2,
    '4c0b5049500655444 0cb00713dcb1800'.replaceAll(' ', ''),
    '0441',
    '46024855 0102'.replace(' ', ''),
  ],
});

function randomPart(random: Random): PacketPart {
  const count = random.chance(0.2) ? 0 : 1 + random.below(255);
  const part = 1 + random.below(count === 0 ? 255 : count);
  const data = random.fill(new Uint8Array(count === 0 ? 0 : 1 + random.below(476)));
  return { flags: random.below(4), sequence: random.below(0x1_0000), part, count, data };
}

codecLaws(partCodec, randomPart, {
  captured: {
    QKR: '474e4402020001015000514b52',
    PI: '474e4402010001014c0b50495006554450cb00713dcb18',
    acknowledgement: '474e440000010100',
  },
});

const random = new Random(11);
const packets = Array.from({ length: 80 }, () => randomPacket(random));
const plain = concatBytes(packets.map((packet) => encodeToBytes(packetCodec, packet)));
framingLaws(packetFrames, plain, { carryBytesMax: 2 * (PACKET_BYTES_MAX + 12) });

const deflater = zlibCompression.deflater();
const deflated = concatBytes(packets.map((packet) => deflater.push(encodeToBytes(packetCodec, packet))));

/** All that comes out of a deflated stream in chunks, to a sink that closes after each `closeAfter` packets. */
function inflated(bytes: Uint8Array, chunkBytes: () => number, closeAfter: number): Packet[] {
  const got: Packet[] = [];
  const sink = {
    open: true,
    onMessage(packet: Packet): void {
      got.push(packet);
      sink.open = got.length % closeAfter !== 0;
    },
    onBulk(): void {},
  };
  const deframer = inflatedFraming(packetFrames, zlibCompression).deframer();
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.slice(at, at + chunkBytes());
    at += chunk.length;
    for (let used = 0; used < chunk.length; ) {
      sink.open = true;
      const before = got.length;
      const next = deframer.push(chunk, used, chunk.length, sink);
      assert.ok(next > used || got.length > before, 'an open sink gets on');
      assert.ok(next === chunk.length || !sink.open, 'all is consumed unless the sink closes');
      used = next;
    }
    chunk.fill(0xe7);
  }
  return got;
}

test('a deflated connection gives the same packets in whatever chunks, and to whomever closes in between', () => {
  for (let round = 0; round < 40; round++) {
    const longest = 1 + random.below(round % 2 === 0 ? 4 : 3_000);
    assert.deepEqual(
      inflated(deflated, () => 1 + random.below(longest), round % 4 === 0 ? 1_000 : 1 + random.below(5)),
      packets,
    );
  }
});

test(`${FUZZ_INPUTS} hostile deflated streams throw only MalformedMessage`, () => {
  const inputs = new Random(SEED, 5);
  for (let input = 0; input < FUZZ_INPUTS; input++) {
    try {
      inflated(mutate([deflated.subarray(0, 1_500)], inputs), () => 1 + inputs.below(700), 1 + inputs.below(3));
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, `seed ${SEED}: ${String(error)}`);
    }
  }
});

test('what gtk-gnutella said of itself is read child by child', () => {
  const bytes = bytesOfHex(GTKG_LNI) as Uint8Array;
  const packet = packetCodec.decode(bytes, 0, bytes.length);
  assert.deepEqual(
    packet.children.map((child) => [child.name, hexOf(child.payload)]),
    [
      ['NA', '7f000050cd18'],
      ['GU', '8d8e31020e37ce92942d84d21c377275'],
      ['V', '47544b47'],
      ['UP', '03'],
      ['LS', '0200000026010000'],
    ],
  );
  assert.deepEqual(packet.child('NA')?.endpoint(), Uint8Array.of(127, 0, 0, 80, 0x18, 0xcd));
  assert.deepEqual([packet.child('LS')?.number(0, 4), packet.child('LS')?.number(4, 4), packet.child('LS')?.number(5, 4)], [2, 294, 0]);
});

test('numbers and addresses of a packet with its high bytes first are the same', () => {
  const bytes = Uint8Array.of(0x92, 0, 6, 0x41, 0x42, 0x43, 10, 0, 0, 1, 0x18, 0xca);
  const packet = packetCodec.decode(bytes, 0, bytes.length);
  assert.deepEqual(packet.endpoint(), Uint8Array.of(10, 0, 0, 1, 0x18, 0xca));
  assert.equal(packet.number(4, 2), 6_346);
});

test('packets too deep, too many or too long are refused before anything is kept of them', () => {
  let deep = new Packet('A');
  for (let depth = 0; depth < 9; depth++) deep = new Packet('A', undefined, [deep]);
  const wide = new Packet(
    'A',
    undefined,
    Array.from({ length: 2_100 }, () => new Packet('B')),
  );
  for (const packet of [deep, wide]) {
    const bytes = encodeToBytes(packetCodec, packet);
    assert.throws(() => packetCodec.decode(bytes, 0, bytes.length), MalformedMessage);
  }
  const sink = { open: true, onMessage(): void {}, onBulk(): void {} };
  assert.throws(() => packetFrames.deframer().push(Uint8Array.of(0xc0, 0xff, 0xff, 0xff), 0, 4, sink), /at most 65536/);
});
