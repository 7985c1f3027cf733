import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws, framingLaws } from '../../../test/codec-laws.ts';
import { concatBytes, equalBytes } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import { zlibCompression } from '../../net/compression.ts';
import { byeCodec } from './bye.ts';
import { type Extension, type Extensions, extensionWithoutZeros, ggepCodec, stuffed, unstuffed, valueOf } from './ggep.ts';
import { addressOfGuid, type Guid, guidWithAddress, hexOfGuid, newGuid, readGuid } from './guid.ts';
import { horizonCodec } from './horizon.ts';
import { HEAD_BYTES, Packet, PacketType, packetCodec } from './packet.ts';
import { inflatedFraming } from '../../wire/inflated-framing.ts';
import { packetFrames } from './packet-frames.ts';
import { pingCodec, pongCodec } from './ping-pong.ts';
import { pushCodec } from './push.ts';
import { queryCodec } from './query.ts';
import { type HitBits, queryHitCodec } from './query-hit.ts';
import { type TableMessage, tableMessageCodec } from './route-table-message.ts';
import { vendorCodec } from './vendor-message.ts';
import { Random as Chance } from '../../core/random.ts';

function bytes(random: Random, most: number): Uint8Array {
  return random.fill(new Uint8Array(random.below(most + 1)));
}

function word(random: Random, most = 12): string {
  return Array.from({ length: 1 + random.below(most) }, () => String.fromCodePoint(97 + random.below(26))).join('');
}

function guid(random: Random): Guid {
  return readGuid(random.fill(new Uint8Array(16)), 0);
}

function endpoint(random: Random): Uint8Array {
  return random.fill(new Uint8Array(6));
}

function extensions(random: Random, withoutZeros = false): Extensions {
  return Array.from({ length: random.below(4) }, (): Extension => {
    const id = word(random, 15).toUpperCase();
    const data = bytes(random, random.chance(0.1) ? 5_000 : 70);
    return withoutZeros ? extensionWithoutZeros(id, data) : { id, data, isStuffed: random.chance(0.2), isDeflated: random.chance(0.2) };
  });
}

function urns(random: Random): string[] {
  return Array.from({ length: random.below(3) }, () => `urn:sha1:${word(random, 32).toUpperCase()}`);
}

function bits(random: Random): HitBits {
  const bit = (): boolean | null => (random.chance(0.3) ? null : random.chance(0.5));
  return { firewalled: bit(), damaged: bit(), busy: bit(), hasUploaded: bit(), isMeasured: bit(), hasExtensions: bit() };
}

/** From sessions of gtk-gnutella 1.2.3 and MLDonkey 3.2.1. */
const GTKG_HIT =
  '02ca18cb0071011000000002000000e09304007a65627261207175696c7420616e7468656d2e6d70330075726e3a736861313a364b45324b375a514d554f4b505a36374351465836355636504a3248534c5a591cc302545458b76359dfd4a74c67402ba2b063de084b51e9d550c477f90c8243544471af65670001000000b00400007a65627261206e6f7465732e7478740075726e3a736861313a5a584753564e434147545359434c4744334b54425633574e43415049364932501cc3025454589b76f7a61f3a860b19cb37e0c4dbf7dc0bb51d0c5d234c8c8243544471af65670047544b47022c21c38547544b475653010102030065e3bd800000000e0705a3310003e56d3102df08ed3ecf79ac5fa0470b5a';
const GTKG_BITPRINT_HIT =
  '02ca187f00000a1000000002000000e09304007a65627261207175696c7420616e7468656d2e6d703300c301486d02f289a57f30651ca7e7df140b7f76be7a74792f38b76359dfd4a74c67402ba2b063de084b51e9d550c477f90c824354440cb065670001000000b00400007a65627261206e6f7465732e74787400c301486d02cdcd2ab44034e5812cc3daa61aeecd101e8f234f9b76f7a61f3a860b19cb37e0c4dbf7dc0bb51d0c5d234c8c824354440cb065670047544b47022c29c38547544b475653010102030065e3bd800000000e0705a33100030055310225262a37287517167146ec44';
const MLDONKEY_HIT =
  '01ca187f000028140500000200000090d0030077616c72757320706f6c6b6120746170652e6d70330075726e3a736861313a4b35594a484332574b37564143564137574a47504f3742464150473356564c511c75726e3a6269747072696e743a4b35594a484332574b37564143564137574a47504f3742464150473356564c512e34505949584e564650495658365a50513654525448524d484b36585452343353534c47434e4349004d4c444b04020001000000edce31f71f304f8cff06056bab255500';
const GTKG_SUPPORTED = '000000000000000002004245415204000100424541520c000100';

codecLaws(packetCodec, (random) => new Packet(guid(random), random.below(256), random.below(256), random.below(256), bytes(random, 100)), {
  captured: {
    'a ping of gtk-gnutella': '62b531023bf32f91ffc79a387593e503 00 04 00 07000000 c3835343504100',
    'a query of gtk-gnutella': 'f01dc35aeadc1683ff9f03d954cad200 80 03 00 08000000 c0007a6562726100',
  },
});

codecLaws(pingCodec, (random) => ({ extensions: extensions(random) }), { captured: { 'a leaf wants hosts': 'c3835343504100', empty: '' } });

codecLaws(
  pongCodec,
  (random) => ({ endpoint: endpoint(random), files: random.u32(), kibibytes: random.u32(), extensions: extensions(random) }),
  { captured: { 'an ultrapeer of gtk-gnutella': 'ca18cb0071010200000000010000c30256434547544b47830347554541020255504302ff328244554107' } },
);

codecLaws(ggepCodec, (random) => extensions(random), {
  captured: {
    'a query key': 'c3 82 51 4b 40',
    'all of a pong': 'c30256434547544b47830347554541020255504302ff32024455410782514b44dace9a82',
  },
});

codecLaws(
  queryCodec,
  (random) => ({
    flags: random.below(65_536),
    text: random.chance(0.1) ? '' : `${word(random)} ${word(random)} é`,
    urns: urns(random),
    extensions: extensions(random, true),
  }),
  {
    captured: { 'zebra, of a plain leaf': 'c0007a6562726100' },
    seeds: ['b9007a6562726100c382505240', '0000007a00', '000075726e3a0075726e3a0000'],
  },
);

codecLaws(
  queryHitCodec,
  (random) => ({
    endpoint: endpoint(random),
    speed: random.u32(),
    results: Array.from({ length: random.below(5) }, () => ({
      index: random.u32(),
      bytes: random.u32(),
      name: `${word(random)}.mp3`,
      urns: urns(random),
      extensions: extensions(random, true),
    })),
    descriptor: random.chance(0.2)
      ? null
      : { vendor: word(random, 1).padEnd(4, 'X').slice(0, 4), bits: bits(random), extensions: extensions(random) },
    servent: guid(random),
  }),
  { captured: { 'two files of gtk-gnutella': GTKG_HIT, 'two files with bitprints': GTKG_BITPRINT_HIT }, seeds: [MLDONKEY_HIT] },
);

codecLaws(pushCodec, (random) => ({ servent: guid(random), index: random.u32(), endpoint: endpoint(random) }));

codecLaws(byeCodec, (random) => ({ code: random.below(600), text: word(random, 40) }), { seeds: ['c800', 'c80041', 'c8004142430d0a00'] });

codecLaws(
  tableMessageCodec,
  (random): TableMessage => {
    if (random.chance(0.3)) return { kind: 'reset', slots: 2 ** random.below(22), infinity: 1 + random.below(255) };
    const count = 1 + random.below(255);
    return {
      kind: 'patch',
      sequence: 1 + random.below(count),
      count,
      compressor: random.below(2),
      entryBits: random.chance(0.5) ? 4 : 8,
      data: bytes(random, 600),
    };
  },
  { captured: { 'gtk-gnutella empties 2^14 slots': '000040000002' } },
);

codecLaws(
  vendorCodec,
  (random) => ({
    vendor: word(random, 1).padEnd(4, 'A'),
    selector: random.below(65_536),
    version: random.below(65_536),
    data: bytes(random, 50),
  }),
  {
    captured: {
      'two messages supported': GTKG_SUPPORTED,
      'hits so far': '42454152 0c00 0100 0200',
      'a proxy for pushes': '4c494d45 1500 0100',
    },
  },
);

codecLaws(
  horizonCodec,
  (random) =>
    Array.from({ length: 1 + random.below(7) }, () => ({
      servents: random.u32(),
      files: random.u32() * random.below(1_000),
      kibibytes: random.u32(),
    })),
  { captured: { 'two files, 294 KiB': '010000000000000002000000000000002601000000000000' } },
);

const STREAM = concatBytes(
  Array.from({ length: 40 }, (_, index) => {
    const random = new Chance(index);
    return encodeToBytes(packetCodec, new Packet(guid(random), index, 3, 1, bytes(random, index % 7 === 0 ? 3_000 : 40)));
  }),
);

framingLaws(packetFrames, STREAM, { carryBytesMax: 70_000 });

test('a zlib stream gives the same messages in whatever pieces it comes, and however often its reader pauses', () => {
  const deflater = zlibCompression.deflater();
  const deflated = concatBytes(
    [0, 1, 2, 3].map((part) => deflater.push(STREAM.slice((part * STREAM.length) / 4, ((part + 1) * STREAM.length) / 4))),
  );
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Chance(seed);
    const deframer = inflatedFraming(packetFrames, zlibCompression).deframer();
    const got: Uint8Array[] = [];
    const sink = {
      open: true,
      onMessage(packet: Packet): void {
        got.push(encodeToBytes(packetCodec, packet));
        sink.open = random.chance(0.5);
      },
      onBulk() {},
    };
    for (let at = 0, end = 0; at < deflated.length; ) {
      if (at >= end) end = Math.min(deflated.length, at + 1 + random.below(500));
      sink.open = true;
      at = deframer.push(deflated.slice(0, end), at, end, sink);
    }
    assert.ok(equalBytes(concatBytes(got), STREAM), `seed ${seed}`);
  }
});

test('a kilobyte that holds a megabyte of nothing is no message, and is not inflated to its end', () => {
  const bomb = zlibCompression.deflate(new Uint8Array(50 << 20).fill(0xff));
  let reported = 0;
  const sink = { open: true, onMessage: () => void reported++, onBulk() {} };
  const deframer = inflatedFraming(packetFrames, zlibCompression).deframer();
  assert.throws(() => deframer.push(bomb, 0, bomb.length, sink), /a payload of at most 65536 bytes expected/);
  assert.equal(reported, 0);
  assert.throws(
    () => inflatedFraming(packetFrames, zlibCompression).deframer().push(new Uint8Array(10), 0, 10, sink),
    /a zlib stream expected/,
  );
});

test('GGEP: lengths of 0, 63, 64 and 4095 take one, one, two and two bytes', () => {
  for (const [length, hex] of [
    [0, 'c3814140'],
    [63, 'c381417f'],
    [64, 'c381418140'],
    [4095, 'c38141bf7f'],
  ] as const) {
    const encoded = encodeToBytes(ggepCodec, [{ id: 'A', data: new Uint8Array(length), isStuffed: false, isDeflated: false }]);
    assert.equal(hexOf(encoded, 0, hex.length / 2), hex);
  }
});

test('what is stuffed holds no zero, and comes out as it was', () => {
  for (let seed = 1; seed <= 500; seed++) {
    const random = new Chance(seed);
    const plain = random.fill(new Uint8Array(random.below(600)));
    if (random.chance(0.5)) for (let count = random.below(300); count > 0; count--) plain[random.below(Math.max(1, plain.length))] = 0;
    if (random.chance(0.2)) plain.fill(7);
    const inside = stuffed(plain);
    assert.ok(!inside.includes(0), `seed ${seed}`);
    assert.equal(hexOf(unstuffed(inside) as Uint8Array), hexOf(plain), `seed ${seed}`);
  }
  for (const wrong of ['00', '05', '0301', '030100']) assert.equal(unstuffed(bytesOfHex(wrong) as Uint8Array), null, wrong);
});

test('a deflated value is inflated within its bound, and one beyond it is none', () => {
  const value = (size: number): Extensions => [
    { id: 'X', data: zlibCompression.deflate(new Uint8Array(size)), isStuffed: false, isDeflated: true },
  ];
  assert.equal(valueOf(value(1_000), 'X', zlibCompression)?.length, 1_000);
  assert.equal(valueOf(value(1 << 20), 'X', zlibCompression), null);
  assert.equal(valueOf(value(10), 'X'), null);
});

test('the name of a query carries where hits are wanted, and marks a modern servent', () => {
  const random = new Chance(1);
  const made = hexOfGuid(newGuid(random));
  assert.deepEqual([made.slice(16, 18), made.slice(30)], ['ff', '00']);
  const own = Uint8Array.of(10, 1, 2, 3, 0x18, 0xca);
  assert.deepEqual(addressOfGuid(guidWithAddress(random, own)), own);
});

test('a hit of MLDonkey, whose private part is no extensions, is read all the same', () => {
  const hit = queryHitCodec.decode(bytesOfHex(MLDONKEY_HIT) as Uint8Array, 0, MLDONKEY_HIT.length / 2);
  assert.equal(hit.results[0]?.name, 'walrus polka tape.mp3');
  assert.deepEqual(
    hit.results[0]?.urns.map((urn) => urn.slice(0, 12)),
    ['urn:sha1:K5Y', 'urn:bitprint'],
  );
  assert.equal(hit.descriptor?.vendor, 'MLDK');
  assert.equal(hexOfGuid(hit.servent), 'edce31f71f304f8cff06056bab255500');
});

test('a header that promises more than 64 KiB ends the connection before anything is kept', () => {
  const head = encodeToBytes(packetCodec, new Packet(readGuid(new Uint8Array(16), 0), PacketType.query, 1, 0, new Uint8Array(0)));
  head[HEAD_BYTES - 2] = 1;
  head[HEAD_BYTES - 3] = 1;
  const sink = { open: true, onMessage() {}, onBulk() {} };
  assert.throws(() => packetFrames.deframer().push(head, 0, head.length, sink), /at most 65536 bytes expected, got 65792/);
});
