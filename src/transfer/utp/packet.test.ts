/** The codec of µTP packets held to the laws, and to packets that other programs sent. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { bytesOfHex } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import { udpTrackerResponse } from '../../wire/tracker-udp.ts';
import { NO_PAYLOAD, PADDING_BYTES_MIN, PacketType, type UtpPacket, utpPacket } from './packet.ts';

const TYPES = Object.values(PacketType);

function anyPacket(random: Random): UtpPacket {
  return {
    type: TYPES[random.below(TYPES.length)] as PacketType,
    connection: random.below(0x10000),
    timestampUs: random.u32(),
    delayUs: random.u32(),
    windowBytes: random.u32(),
    sequence: random.below(0x10000),
    ack: random.below(0x10000),
    selective: random.chance(0.5) ? random.fill(new Uint8Array(1 + random.below(255))) : null,
    padding: random.chance(0.3) ? PADDING_BYTES_MIN + random.below(random.chance(0.5) ? 300 : 3000) : 0,
    payload: random.chance(0.5) ? random.fill(new Uint8Array(1 + random.below(100))) : NO_PAYLOAD,
  };
}

codecLaws(utpPacket, anyPacket, {
  captured: {
    'a SYN of libtorrent': '41008a7e 689ecbab 00000000 00000000 0daf 0000',
    'DATA of libtorrent with a selective ack of one byte': '010131dc 1117a759 110fdfe5 000ffdf0 cd37 1f29 0001 01 b16243f0e4',
  },
  // The answer of libutp to a SYN, which tells of extension bits; a selective ack; an extension that nobody knows; the close reason of libtorrent.
  seeds: [
    '2102a2f2 1abe7097 00000000 00380000 befe 8e0a 0008 0000000000000000',
    '2101a2f2 0003d0f1 00000bb8 00100000 00010004 0004 0f000080',
    '0103a2f2 0003d0f1 00000bb8 00100000 00010004 0004 00000007 68656c6c6f',
    '2177a2f2 0003d0f1 00000bb8 00100000 00010004 0002abcd',
  ],
});

test('a packet is told from datagrams of the DHT and of UDP trackers by its first byte', () => {
  const tracker = {
    action: 'announce',
    transaction: 0x01000000,
    intervalSeconds: 1800,
    leechers: 0,
    seeders: 0,
    peers: new Uint8Array(600),
  } as const;
  const reply = new Uint8Array(udpTrackerResponse.size(tracker));
  udpTrackerResponse.encode(tracker, reply, 0);
  const query = new TextEncoder().encode('d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe');
  const packet = bytesOfHex('4100a2f20003d0f100000000000000008e0a0000') as Uint8Array;
  for (const [bytes, expected] of [
    [reply, [false, true]],
    [query, [false, false]],
    [packet, [true, false]],
  ] as const) {
    assert.deepEqual(
      [utpPacket, udpTrackerResponse].map((codec) => codec.recognizes?.(bytes, 0, bytes.length)),
      expected,
    );
  }
});

test('an extension that runs over the end, and a selective ack of no bytes, are malformed', () => {
  for (const hex of [
    '2101a2f20003d0f100000bb80010000000010004000c0f000080',
    '2101a2f20003d0f100000bb800100000000100040000',
    '2105a2f20003d0f100000bb8001000000001000400',
  ]) {
    const bytes = bytesOfHex(hex) as Uint8Array;
    assert.throws(() => utpPacket.decode(bytes, 0, bytes.length), { name: 'MalformedMessage' });
  }
});
