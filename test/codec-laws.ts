/**
 * The laws that every codec and every framing keeps (`core/codec.ts`, `core/framing.ts`), as tests to be listed in a test file.
 * KITH_FUZZ=n gives n hostile inputs to each instead of 10,000; KITH_SEED=n repeats a failure.
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { equalBytes } from '../src/core/bytes.ts';
import { type Codec, encodeToBytes, MalformedMessage } from '../src/core/codec.ts';
import type { Deframer, Framing } from '../src/core/framing.ts';
import { bytesOfHex, hexOf } from '../src/core/hex.ts';
import type { Body } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { mutate } from './mutate.ts';

export const FUZZ_INPUTS = Number(process.env.KITH_FUZZ ?? 10_000);
export const SEED = Number(process.env.KITH_SEED ?? 20_260_730);
const ROUND_TRIPS = 1000;
const POOL = 64;
/** Encodings are decoded inside a larger buffer, so that a decoder that strays is caught. */
const MARGIN = 7;
const SHOWN_BYTES = 400;

export interface CodecLawOptions {
  /** Real packets, in hex: each must decode and encode to the very same bytes. */
  readonly captured?: Readonly<Record<string, string>>;
  /** More material for mutations, in hex: packets that decode but have a second spelling. */
  readonly seeds?: readonly string[];
}

/** Lists the tests of one codec; `generate` gives random valid messages. */
export function codecLaws<M>(codec: Codec<M>, generate: (random: Random) => M, options: CodecLawOptions = {}): void {
  test(`${codec.name}: what is encoded decodes to the same message, in exactly size() bytes`, () => {
    const random = new Random(SEED, 1);
    for (let round = 0; round < ROUND_TRIPS; round++) roundTrip(codec, generate(random));
  });

  for (const [title, hex] of Object.entries(options.captured ?? {})) {
    test(`${codec.name}: the captured packet "${title}" encodes to the same bytes`, () => {
      const bytes = bytesOf(hex);
      assert.equal(hexOf(encodeToBytes(codec, decodeWithin(codec, bytes))), hexOf(bytes));
    });
  }

  test(`${codec.name}: every truncation and ${FUZZ_INPUTS} mutations decode or throw MalformedMessage`, () => {
    const random = new Random(SEED, 2);
    const pool = [...Object.values(options.captured ?? {}), ...(options.seeds ?? [])].map(bytesOf);
    while (pool.length < POOL) pool.push(encodeToBytes(codec, generate(random)));
    for (const bytes of pool) {
      for (let length = 0; length < Math.min(bytes.length, 2000); length++) survives(codec, bytes.subarray(0, length));
    }
    for (let input = 0; input < FUZZ_INPUTS; input++) survives(codec, mutate(pool, random));
  });
}

export interface FramingLawOptions {
  /** Most bytes that a deframer may keep between two chunks. */
  readonly carryBytesMax: number;
  /** Extra streams for mutation, such as one without the greeting of the first. */
  readonly streams?: readonly Uint8Array[];
}

/** Lists the tests of one framing; `stream` is a well-formed stream with every kind of frame in it. */
export function framingLaws<M, H>(framing: Framing<M, H>, stream: Uint8Array, options: FramingLawOptions): void {
  const whole = reportsOf(framing, [stream.slice()], () => false);

  test(`${framing.name}: a stream gives the same reports in whatever chunks it comes`, () => {
    assert.deepEqual(
      reportsOf(
        framing,
        chunks(stream, () => 1),
        () => false,
      ),
      whole,
      'byte by byte',
    );
    const random = new Random(SEED, 3);
    for (let round = 0; round < 300; round++) {
      const longest = 1 + random.below(random.chance(0.5) ? 20 : 5000);
      assert.deepEqual(
        reportsOf(
          framing,
          chunks(stream, () => 1 + random.below(longest)),
          () => false,
        ),
        whole,
        `seed ${SEED} round ${round}`,
      );
    }
  });

  test(`${framing.name}: a sink that closes in between gets the same reports when it opens again`, () => {
    const random = new Random(SEED, 4);
    for (let round = 0; round < 300; round++) {
      const parts = chunks(stream, () => 1 + random.below(300));
      assert.deepEqual(
        reportsOf(framing, parts, () => random.chance(0.5)),
        whole,
        `seed ${SEED} round ${round}`,
      );
    }
  });

  test(`${framing.name}: ${FUZZ_INPUTS} hostile streams throw only MalformedMessage and leave a bounded carry`, () => {
    const random = new Random(SEED, 5);
    const pool = [stream, ...(options.streams ?? [])];
    for (let input = 0; input < FUZZ_INPUTS; input++) {
      const bytes = random.chance(0.1) ? random.fill(new Uint8Array(random.below(300))) : mutate(pool, random);
      const deframer = framing.deframer();
      const sink = { open: true, onMessage() {}, onBulk() {} };
      try {
        for (const chunk of chunks(bytes, () => 1 + random.below(2000))) deframer.push(chunk, 0, chunk.length, sink);
      } catch (error) {
        expectMalformed(error, bytes);
      }
      const kept = retainedBytes(deframer);
      if (kept > options.carryBytesMax) assert.fail(`keeps ${kept} bytes of ${shown(bytes)}`);
    }
  });
}

function roundTrip<M>(codec: Codec<M>, message: M): void {
  const size = codec.size(message);
  const into = new Uint8Array(size + 2 * MARGIN).fill(0xa5);
  assert.equal(codec.encode(message, into, MARGIN), MARGIN + size, 'the offset after the message');
  for (let at = 0; at < MARGIN; at++) {
    assert.equal(into[at], 0xa5, 'a byte before the message was touched');
    assert.equal(into[MARGIN + size + at], 0xa5, 'a byte after the message was touched');
  }
  assert.deepEqual(decodeWithin(codec, into.subarray(MARGIN, MARGIN + size)), message, `seed ${SEED}: ${shown(into)}`);
  assert.notEqual(codec.recognizes?.(into, MARGIN, MARGIN + size), false, 'a codec recognises what it encodes');
}

/** Decodes from the middle of a buffer that is overwritten afterwards: what the message keeps must be a copy. */
function decodeWithin<M>(codec: Codec<M>, bytes: Uint8Array): M {
  const around = new Uint8Array(bytes.length + 2 * MARGIN).fill(0x39);
  around.set(bytes, MARGIN);
  try {
    return codec.decode(around, MARGIN, MARGIN + bytes.length);
  } finally {
    around.fill(0xe7);
  }
}

function survives<M>(codec: Codec<M>, bytes: Uint8Array): void {
  let message: M;
  try {
    message = decodeWithin(codec, bytes);
  } catch (error) {
    return expectMalformed(error, bytes);
  }
  if (codec.recognizes?.(bytes, 0, bytes.length) === false) assert.fail(`seed ${SEED}: ${shown(bytes)} decodes, but is not recognised`);
  // Foreign formats have several spellings of one message; ours of what was read must read as the same.
  try {
    const again = encodeToBytes(codec, message);
    if (equalBytes(again, bytes)) return;
    assert.deepEqual(decodeWithin(codec, again), message);
  } catch (error) {
    assert.fail(`seed ${SEED}: ${shown(bytes)} decodes to what does not encode: ${inspect(error)}`);
  }
}

function expectMalformed(error: unknown, bytes: Uint8Array): void {
  if (error instanceof MalformedMessage) return;
  assert.fail(`seed ${SEED}: ${shown(bytes)} threw ${inspect(error)}`);
}

/** All that a framing reports, slices of one body joined. `closes` is asked after each report whether the sink closes now. */
function reportsOf<M, H>(framing: Framing<M, H>, parts: readonly Uint8Array[], closes: () => boolean): unknown[] {
  const reports: unknown[] = [];
  let body: { head: H; hex: string } | null = null;
  const sink = {
    open: true,
    onMessage(message: M): void {
      body = null;
      reports.push(message);
      sink.open = !closes();
    },
    onBulk(head: H, slice: Body, offset: number): void {
      if (body === null || offset === 0) {
        body = { head, hex: '' };
        reports.push(body);
      }
      assert.deepEqual(body.head, head);
      assert.equal(body.hex.length / 2, offset, 'slices come in order and without gaps');
      body.hex += hexOf(slice as Uint8Array);
      sink.open = !closes();
    },
  };
  const deframer = framing.deframer();
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      sink.open = true;
      const next = deframer.push(part, at, part.length, sink);
      assert.ok(next > at, 'an open sink gets on');
      assert.ok(next === part.length || !sink.open, 'all is consumed unless the sink closes');
      at = next;
    }
    part.fill(0xe7);
  }
  return reports;
}

/** Cuts a copy of the stream; each chunk has a buffer of its own, which its reader may only borrow. */
function chunks(stream: Uint8Array, length: () => number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const stop = Math.min(stream.length, at + length());
    parts.push(stream.slice(at, stop));
    at = stop;
  }
  return parts;
}

function retainedBytes<M, H>(deframer: Deframer<M, H>): number {
  let bytes = 0;
  for (const value of Object.values(deframer) as unknown[]) {
    if (value instanceof Uint8Array) bytes += value.length;
    else if (typeof value === 'string') bytes += value.length;
    else if (Array.isArray(value)) bytes += 16 * value.length;
  }
  return bytes;
}

function bytesOf(hex: string): Uint8Array {
  const bytes = bytesOfHex(hex.replace(/\s+/g, ''));
  assert.ok(bytes !== null, `no hexadecimal digits: ${hex}`);
  return bytes;
}

function shown(bytes: Uint8Array): string {
  return bytes.length > SHOWN_BYTES ? `${hexOf(bytes, 0, SHOWN_BYTES)}… (${bytes.length} bytes)` : hexOf(bytes);
}
