/**
 * A shared file in FastTrack's words and back (giFT-FastTrack, `PROTOCOL`, Tag types): tags, media types, realms, the checksum of a hash, and bandwidth on its
 * logarithmic scale. Owns no state.
 */

import { FieldReader } from '../../core/fields.ts';
import { log2, pow } from '../../core/portable-math.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { mediaKindOf } from '../../wire/keywords.ts';
import { safeText } from '../../wire/safe-text.ts';
import { type MediaKind, type MediaTags, NO_TAGS, type SharedFile } from '../../wire/shared-file.ts';
import type { Tag } from './messages.ts';
import { cutText, packed, readText } from './wire-fields.ts';

/** `any` is for searches alone. */
export const TagKind = {
  any: 0,
  year: 1,
  fileName: 2,
  hash: 3,
  title: 4,
  seconds: 5,
  artist: 6,
  album: 8,
  genre: 14,
  kbps: 21,
  size: 33,
} as const;

const TEXT_BYTES_MAX = 255;
const NAME_CHARS_MAX = 255;

const MEDIA: readonly MediaKind[] = ['other', 'audio', 'video', 'image', 'document', 'software'];
const REALM_ALL = 0xbf;
const REALM_FIRST = 0xa0;

/** Archives travel as software, as they did in KaZaA. */
export function mediaNumber(kind: MediaKind): number {
  return kind === 'archive' ? MEDIA.indexOf('software') : MEDIA.indexOf(kind);
}

export function realmOf(kind: MediaKind | undefined): number {
  return kind === undefined || kind === 'other' ? REALM_ALL : REALM_FIRST + mediaNumber(kind);
}

/** The media number that a realm asks for; -1: any. mldonkey asks for everything with 3F. */
export function mediaOfRealm(realm: number): number {
  const number = (realm & 0x3f) - (REALM_FIRST & 0x3f);
  return number >= 1 && number < MEDIA.length ? number : -1;
}

export function tagsOf({ name, tags }: SharedFile): Tag[] {
  const facts: Tag[] = [textTag(TagKind.fileName, name)];
  for (const [kind, text] of [
    [TagKind.title, tags.title],
    [TagKind.artist, tags.artist],
    [TagKind.album, tags.album],
    [TagKind.genre, tags.genre],
  ] as const) {
    if (text !== '') facts.push(textTag(kind, text));
  }
  for (const [kind, number] of [
    [TagKind.year, tags.year],
    [TagKind.seconds, Math.round(tags.seconds)],
    [TagKind.kbps, Math.round(tags.bitRate)],
  ] as const) {
    if (number > 0) facts.push({ kind, value: numberBytes(number) });
  }
  return facts;
}

export interface FileFacts {
  readonly name: string;
  readonly kind: MediaKind;
  readonly tags: MediaTags;
}

/** What the tags say, made fit to be shown; null without a name, as giFT has it. */
export function factsOf(tags: readonly Tag[]): FileFacts | null {
  const name = safeText(textOf(tags, TagKind.fileName), NAME_CHARS_MAX);
  if (name === '') return null;
  return {
    name,
    kind: mediaKindOf(name),
    tags: {
      ...NO_TAGS,
      title: safeText(textOf(tags, TagKind.title), NAME_CHARS_MAX),
      artist: safeText(textOf(tags, TagKind.artist), NAME_CHARS_MAX),
      album: safeText(textOf(tags, TagKind.album), NAME_CHARS_MAX),
      genre: safeText(textOf(tags, TagKind.genre), NAME_CHARS_MAX),
      year: numberOf(tags, TagKind.year),
      seconds: numberOf(tags, TagKind.seconds),
      bitRate: numberOf(tags, TagKind.kbps),
    },
  };
}

/** Empty when there is none. */
export function textOf(tags: readonly Tag[], kind: number): string {
  const tag = tags.find((each) => each.kind === kind);
  return tag === undefined ? '' : readText(tag.value);
}

/** 0 when there is none, or it is no number. */
export function numberOf(tags: readonly Tag[], kind: number): number {
  const tag = tags.find((each) => each.kind === kind);
  return tag === undefined ? 0 : numberOfBytes(tag.value);
}

export function numberBytes(number: number): Uint8Array {
  const bytes = new Uint8Array(packed.size(number));
  packed.encode(number, bytes, 0);
  return bytes;
}

export function numberOfBytes(bytes: Uint8Array): number {
  // One that does not end, or is too large to count with, would be malformed: strangers' tags are facts to show, and none is as good.
  if (bytes.length === 0 || bytes.length > 7 || (bytes[bytes.length - 1] as number) >= 0x80) return 0;
  const reader = new FieldReader();
  reader.bytes = bytes;
  reader.end = bytes.length;
  return packed.decode(reader);
}

function textTag(kind: number, text: string): Tag {
  return { kind, value: utf8Bytes(cutText(text, TEXT_BYTES_MAX)) };
}

/** CRC-16 of a file's hash without its two highest bits, by which old clients ask for it. */
export function fileIdOf(hash: Uint8Array): number {
  let crc = 0;
  for (const byte of hash) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) !== 0 ? ((crc << 1) ^ 0x1021) & 0xffff : crc << 1;
  }
  return crc & 0x3fff;
}

/** A byte of 14·log2(kbps) + 59; 0xd1 is as fast as anybody is. */
const BANDWIDTH_MAX = 0xd1;
const BANDWIDTH_FACTOR = 14;
const BANDWIDTH_BASE = 59;

export function bandwidthByte(kbps: number): number {
  if (!(kbps >= 1)) return 0;
  return Math.min(BANDWIDTH_MAX, Math.round(BANDWIDTH_FACTOR * log2(kbps)) + BANDWIDTH_BASE);
}

/** Kilobits a second; 0 when it is not told. */
export function kbpsOf(byte: number): number {
  return byte < BANDWIDTH_BASE ? 0 : Math.round(pow(2, (byte - BANDWIDTH_BASE) / BANDWIDTH_FACTOR));
}

/** Bytes as a half-precision number of FastTrack: below 2^16, times a power of two. */
export function sizeOf(bytes: number): { readonly mantissa: number; readonly exponent: number } {
  let exponent = 0;
  let mantissa = bytes;
  while (mantissa >= 0x1_0000) {
    mantissa /= 2;
    exponent++;
  }
  return { mantissa: Math.floor(mantissa), exponent };
}
