/** Small films and songs, right in their outer form, with noise for sound: for tests of what tells good files from bad. */

import { concatBytes, latin1Bytes } from '../../src/core/bytes.ts';
import { Random } from '../../src/core/random.ts';

/** MPEG-1 layer III, 128 kbit/s at 44.1 kHz, about 38 frames a second; the first tells how many bytes follow. */
export function mp3(frames: number, seed = 1): Uint8Array {
  const random = new Random(seed);
  const parts: Uint8Array[] = [];
  for (let index = 0; index < frames; index++) {
    const padding = index % 2;
    const frame = noise(random, 417 + padding);
    frame.set([0xff, 0xfb, 0x90 | (padding << 1), 0x00]);
    parts.push(frame);
  }
  const whole = concatBytes(parts);
  whole.fill(0, 4, 36);
  whole.set(latin1Bytes('Xing'), 36);
  new DataView(whole.buffer).setUint32(40, 3);
  new DataView(whole.buffer).setUint32(44, frames);
  new DataView(whole.buffer).setUint32(48, whole.length);
  return whole;
}

export function ogg(pages: number, seed = 1): Uint8Array {
  const random = new Random(seed);
  return concatBytes(
    Array.from({ length: pages }, (_, index) => {
      const page = noise(random, 27 + 17 + 17 * 255);
      page.set(latin1Bytes('OggS'));
      page.fill(0, 4, 27 + 17);
      page[5] = index === pages - 1 ? 4 : 0;
      new DataView(page.buffer).setUint32(18, index, true);
      page[26] = 17;
      page.fill(255, 27, 27 + 17);
      return page;
    }),
  );
}

export function transportStream(packets: number, seed = 1): Uint8Array {
  const random = new Random(seed);
  return concatBytes(
    Array.from({ length: packets }, () => {
      const packet = noise(random, 188);
      packet[0] = 0x47;
      return packet;
    }),
  );
}

/** The index behind the film. */
export function mp4(bytes: number, seed = 1): Uint8Array {
  return concatBytes([
    box('ftyp', latin1Bytes('isom\0\0\x02\0isom')),
    box('mdat', noise(new Random(seed), bytes)),
    box('moov', new Uint8Array(500)),
  ]);
}

export function riff(bytes: number, seed = 1): Uint8Array {
  const whole = concatBytes([latin1Bytes('RIFF\0\0\0\0WAVEfmt '), noise(new Random(seed), bytes)]);
  new DataView(whole.buffer).setUint32(4, whole.length - 8, true);
  return whole;
}

export function matroska(bytes: number, seed = 1): Uint8Array {
  const head = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 0x84, 1, 2, 3, 4, 0x18, 0x53, 0x80, 0x67, 0x10, 0, 0, 0);
  new DataView(head.buffer).setUint32(13, 0x1000_0000 | bytes);
  return concatBytes([head, noise(new Random(seed), bytes)]);
}

/** Blocks in another order, the first left in its place. */
export function scrambled(bytes: Uint8Array, blockBytes: number, seed = 1): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = blockBytes; at < bytes.length; at += blockBytes) blocks.push(bytes.slice(at, at + blockBytes));
  return concatBytes([bytes.subarray(0, blockBytes), ...new Random(seed).shuffle(blocks)]);
}

/** Noise from a place on. */
export function corrupted(bytes: Uint8Array, from: number, seed = 1): Uint8Array {
  return concatBytes([bytes.subarray(0, from), noise(new Random(seed), bytes.length - from)]);
}

function box(kind: string, body: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, 8 + body.length);
  head.set(latin1Bytes(kind), 4);
  return concatBytes([head, body]);
}

function noise(random: Random, length: number): Uint8Array {
  return random.fill(new Uint8Array(length));
}
