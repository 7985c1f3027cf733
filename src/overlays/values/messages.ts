/**
 * What nodes that hold values say to each other and to those who read and write, in every overlay alike: these messages are members of its
 * family. `unit` is the place of the host that is meant (`core/contact.ts`).
 */

import { bool, bytes, list, optional, u32, u8 } from '../../core/fields.ts';
import { id160 } from '../../core/id160.ts';
import { type MessageOf, message, record } from '../../core/message.ts';
import type { gone } from '../../core/who.ts';

/** What one key may hold: with its head it fits into a packet that no link cuts up. */
export const VALUE_BYTES_MAX = 1024;
/** Versions compared in one message. */
export const OFFER_MAX = 32;

/** What is stored under a key. A removed key stays for a while as one without value, so that no old copy brings it back. */
const item = record({ key: id160, version: u32, writer: u32, removed: bool, value: bytes(VALUE_BYTES_MAX) });
const header = record({ key: id160, version: u32, writer: u32 });

export const fetch = message('fetch', 14, { transaction: u32, unit: u8, key: id160 });
export const fetched = message('fetched', 15, { transaction: u32, item: optional(item) });
export const store = message('store', 16, { transaction: u32, unit: u8, item });
/** Not accepted: there is no room. An item that is older than what is there counts as accepted. */
export const stored = message('stored', 17, { transaction: u32, accepted: bool });
export const offer = message('offer', 18, { transaction: u32, unit: u8, headers: list(header, OFFER_MAX) });
/** Bit i: the i-th of the offer is missing here or older. */
export const wanted = message('wanted', 19, { transaction: u32, bits: u32 });

/** For the family of an overlay. */
export const VALUE_MESSAGES = [fetch, fetched, store, stored, offer, wanted] as const;

/** `gone` answers a request as well. */
export type ValueMessage = MessageOf<(typeof VALUE_MESSAGES)[number] | typeof gone>;
export type ValueRequest = MessageOf<typeof fetch | typeof store | typeof offer>;
export type Item = MessageOf<typeof store>['item'];
export type Header = MessageOf<typeof offer>['headers'][number];

/** Throws RangeError when it is longer than VALUE_BYTES_MAX. */
export function checkValue(value: Uint8Array): void {
  if (value.length > VALUE_BYTES_MAX) throw new RangeError(`a value has at most ${VALUE_BYTES_MAX} bytes, got ${value.length}`);
}

/** Of two versions that were given at once, the writer's number decides, the same way everywhere. */
export function isNewer(a: Header, b: Header): boolean {
  return a.version !== b.version ? a.version > b.version : a.writer > b.writer;
}
