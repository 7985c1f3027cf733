/** A piece of news (Demers et al., CSL-89-1): what a key is worth since when, or that it is gone. Owns no state. */

import { bool, bytes, endpoint, list, u32, type ValueOf } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { record } from '../../core/message.ts';

/** With its head, several fit into a packet that no link cuts up. */
export const UPDATE_VALUE_BYTES_MAX = 256;
/** Nodes that remember for long that a key is gone (section 2.1). */
export const SITES_MAX = 4;

/**
 * `version` orders the updates of a key, `writer` those that were made at once. `removed` is a death certificate: `sites` keep it when all others have
 * forgotten it, and `activation`, greater than `version`, is when one of them last had to spread it again. `ageMs` is how long ago it was made or activated, as far
 * as its holders know: clocks need not agree. Of anything but a certificate it is 0.
 */
export const update = record({
  key: id160,
  version: u32,
  writer: u32,
  activation: u32,
  removed: bool,
  ageMs: u32,
  value: bytes(UPDATE_VALUE_BYTES_MAX),
  sites: list(endpoint, SITES_MAX),
});

/** The same without what it says. */
export const updateHeader = record({ key: id160, version: u32, writer: u32, activation: u32 });

export type Update = ValueOf<typeof update>;
export type UpdateHeader = ValueOf<typeof updateHeader>;

/** Whether the first supersedes the second; of a death certificate, a later activation is news as well. */
export function isNews(a: UpdateHeader, b: UpdateHeader): boolean {
  if (a.version !== b.version) return a.version > b.version;
  if (a.writer !== b.writer) return a.writer > b.writer;
  return a.activation > b.activation;
}

/** A number to add up over all updates: two databases with the same sum are taken for the same. */
export function fingerprintOf({ key, version, writer, activation }: UpdateHeader): number {
  let bits = mix(mix(mix(0x9e3779b1, key.w0), key.w1), key.w4);
  bits = mix(mix(mix(bits, version), writer), activation);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A round of MurmurHash3 with its end. */
function mix(bits: number, word: number): number {
  let block = Math.imul(word, 0xcc9e2d51);
  block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
  const turned = bits ^ block;
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0;
}
