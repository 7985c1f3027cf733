/**
 * What the formats of `core`, `wire` and BitTorrent cost: declared messages beside hand-written ones, cutting a peer connection into
 * blocks, SHA-1, RC4 and the keys of an encrypted handshake, bencoding, ids. `node bench/formats.ts`
 */

import { bench, do_not_optimize, group, run } from 'mitata';
import { readU16, readU32, writeU16, writeU32 } from '../src/core/bytes.ts';
import { encodeToBytes } from '../src/core/codec.ts';
import { u8, u16, u32 } from '../src/core/fields.ts';
import { IdSlab } from '../src/core/id.ts';
import { message } from '../src/core/message.ts';
import { Random } from '../src/core/random.ts';
import { Rc4 } from '../src/core/rc4.ts';
import { sha1 } from '../src/core/sha1.ts';
import { KeyExchange, PRIVATE_KEY_BYTES } from '../src/transfer/bittorrent/encryption-keys.ts';
import { peerWire } from '../src/transfer/bittorrent/peer-framing.ts';
import { PeerMessageId, peerMessage, pieceHead } from '../src/transfer/bittorrent/peer-messages.ts';
import { bencodeDict, decodeBencode, encodeBencode } from '../src/wire/bencode.ts';

const buffer = new Uint8Array(64);
const declared = message('three numbers', 1, { a: u32, b: u16, c: u8 });
const three = { tag: 1, a: 123_456, b: 77, c: 3 } as const;

group('a message of three numbers', () => {
  bench('encode, declared', () => do_not_optimize(declared.encode(three, buffer, 0)));
  bench('encode, by hand', () => {
    buffer[0] = three.tag;
    const at = writeU16(buffer, writeU32(buffer, 1, three.a), three.b);
    buffer[at] = three.c;
    do_not_optimize(at + 1);
  });
  bench('decode, declared', () => do_not_optimize(declared.decode(buffer, 0, 8)));
  bench('decode, by hand', () => do_not_optimize({ tag: 1, a: readU32(buffer, 1), b: readU16(buffer, 5), c: buffer[7] }));
});

group('16 MiB of blocks of 16 KiB, copied to where they belong', () => {
  const hello = encodeToBytes(peerMessage, {
    id: PeerMessageId.handshake,
    reserved: new Uint8Array(8),
    infoHash: new Uint8Array(20),
    peerId: new Uint8Array(20),
  });
  const block = new Uint8Array(13 + 16_384);
  pieceHead.encode({ piece: 1, begin: 0, length: 16_384 }, block, 0);
  const stream = new Uint8Array(1024 * block.length);
  for (let index = 0; index < 1024; index++) stream.set(block, index * block.length);
  const target = new Uint8Array(16_384);
  const sink = {
    open: true,
    onMessage() {},
    onBulk: (_: unknown, body: unknown, offset: number) => target.set(body as Uint8Array, offset),
  };
  for (const chunkBytes of [65_536, 1460]) {
    bench(`chunks of ${chunkBytes} bytes`, () => {
      const deframer = peerWire.deframer();
      deframer.push(hello, 0, hello.length, sink);
      for (let at = 0; at < stream.length; at += chunkBytes) deframer.push(stream, at, Math.min(stream.length, at + chunkBytes), sink);
    });
  }
});

group('encryption', () => {
  const cipher = new Rc4(new Uint8Array(20).fill(1), 1024);
  const block = new Uint8Array(16_384);
  const target = new Uint8Array(16_384);
  const privateKey = new Uint8Array(PRIVATE_KEY_BYTES).fill(0xa5);
  const exchange = new KeyExchange(privateKey);
  bench('RC4 of a block of 16 KiB', () => cipher.transform(block, 0, block.length, target, 0));
  bench('RC4 of a block of 16 KiB, a byte a round', () => byteByByte(block, target));
  bench('a key of our own', () => do_not_optimize(new KeyExchange(privateKey)));
  bench('the secret with another', () => do_not_optimize(exchange.agree(exchange.publicKey)));
});

group('small formats', () => {
  const mebibyte = new Uint8Array(1 << 20);
  bench('SHA-1 of 1 MiB', () => do_not_optimize(sha1(mebibyte)));
  const query = bencodeDict({ a: bencodeDict({ id: new Uint8Array(20), target: new Uint8Array(20) }), q: 'find_node', t: 'aa', y: 'q' });
  const packet = encodeBencode(query);
  bench('bencode a DHT query', () => do_not_optimize(encodeBencode(query)));
  bench('read a DHT query', () => do_not_optimize(decodeBencode(packet)));
});

group('ids', () => {
  const slab = new IdSlab();
  const random = new Random(1);
  const [target, a, b] = [slab.random(random), slab.random(random), slab.random(random)];
  bench('XOR-compare', () => do_not_optimize(slab.compareXor(target, a, b)));
  bench('ring interval', () => do_not_optimize(slab.inOC(target, a, b)));
});

const plainState = Uint8Array.from({ length: 256 }, (_, index) => (index * 167) & 0xff);

await run({ colors: process.stdout.isTTY });

/** RC4 as its definition reads; one state for all calls. */
function byteByByte(from: Uint8Array, into: Uint8Array): void {
  let i = 0;
  let j = 0;
  for (let at = 0; at < from.length; at++) {
    i = (i + 1) & 0xff;
    const a = plainState[i] as number;
    j = (j + a) & 0xff;
    const b = plainState[j] as number;
    plainState[i] = b;
    plainState[j] = a;
    into[at] = (from[at] as number) ^ (plainState[(a + b) & 0xff] as number);
  }
}
