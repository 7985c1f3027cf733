/** From one query route table to the next: what is sent, and what becomes of what came. Owns the patches that have come so far. */

import { concatBytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Compression } from '../../core/compression.ts';
import { RouteTable } from './route-table.ts';
import type { TableMessage, TablePatch, TableReset } from './route-table-message.ts';

/** Others refuse longer ones. */
const PATCH_BYTES = 512;
const PATCHES_MAX = 255;
/** What a slot without a word holds: the least with which four bits say all there is to say. */
const INFINITY = 2;
/** From a slot's absence to a distance of one, and back, as four bits. */
const APPEARS = 0xf;
const VANISHES = 0x1;
/** Over the greatest table that others send to each other (2^17 slots) nothing is kept. */
export const TABLE_BITS_MAX = 17;

/** All that has to be sent so that `after` is known where `before` (null: nothing) is. Nothing when that is so already. */
export function tableMessages(before: RouteTable | null, after: RouteTable, compression: Compression | null): TableMessage[] {
  const isNew = before === null || before.bits !== after.bits;
  const messages: TableMessage[] = isNew ? [{ kind: 'reset', slots: 2 ** after.bits, infinity: INFINITY }] : [];
  const plain = new Uint8Array(Math.max(1, 2 ** after.bits / 2));
  let hasChanged = false;
  const mark = (slot: number, difference: number): void => {
    hasChanged = true;
    plain[slot >>> 1] = (plain[slot >>> 1] as number) | ((slot & 1) === 0 ? difference << 4 : difference);
  };
  for (const slot of after.slots()) if (isNew || !before.hasSlot(slot)) mark(slot, APPEARS);
  if (!isNew) for (const slot of before.slots()) if (!after.hasSlot(slot)) mark(slot, VANISHES);
  if (!hasChanged && !isNew) return [];
  const data = compression === null ? plain : compression.deflate(plain);
  const patchBytes = Math.max(PATCH_BYTES, Math.ceil(data.length / PATCHES_MAX));
  const count = Math.ceil(data.length / patchBytes);
  for (let sequence = 1; sequence <= count; sequence++) {
    const part = data.subarray((sequence - 1) * patchBytes, sequence * patchBytes);
    messages.push({ kind: 'patch', sequence, count, compressor: compression === null ? 0 : 1, entryBits: 4, data: part });
  }
  return messages;
}

/** The table of one neighbour, as it comes in. */
export class IncomingTable {
  /** The last one that came whole; null before, and then everything is passed on. */
  table: RouteTable | null = null;
  private base: RouteTable | null = null;
  private parts: Uint8Array[] = [];
  private bytes = 0;
  private count = 0;

  /** Throws MalformedMessage when it does not follow on what came before, or is larger than any. */
  take(message: TableMessage, compression: Compression | null): void {
    if (message.kind === 'reset') this.reset(message);
    else this.patch(message, compression);
  }

  private reset({ slots }: TableReset): void {
    const bits = 31 - Math.clz32(slots);
    if (bits > TABLE_BITS_MAX) throw new MalformedMessage(`a table of at most 2^${TABLE_BITS_MAX} slots expected, got 2^${bits}`);
    this.base = RouteTable.empty(bits);
    this.table = null;
    this.forgetParts();
  }

  private patch(patch: TablePatch, compression: Compression | null): void {
    if (this.base === null) throw new MalformedMessage('a table begins with a reset');
    if (patch.sequence !== this.parts.length + 1 || (patch.sequence > 1 && patch.count !== this.count))
      throw new MalformedMessage(`patch ${this.parts.length + 1} expected, got ${patch.sequence} of ${patch.count}`);
    const plainBytes = Math.max(1, (2 ** this.base.bits * patch.entryBits) / 8);
    this.count = patch.count;
    this.bytes += patch.data.length;
    // A zlib stream of what does not compress is hardly longer than that.
    if (this.bytes > plainBytes + (plainBytes >> 3) + 64)
      throw new MalformedMessage(`patches of ${plainBytes} bytes expected, got ${this.bytes}`);
    this.parts.push(patch.data);
    if (patch.sequence < patch.count) return;
    const all = concatBytes(this.parts);
    this.forgetParts();
    const plain = patch.compressor === 0 ? all : (compression?.inflate(all, plainBytes) ?? null);
    if (plain === null) throw new MalformedMessage('a zlib stream of differences expected');
    if (plain.length > plainBytes) throw new MalformedMessage(`${plainBytes} bytes of differences expected, got ${plain.length}`);
    this.base = changed(this.base, plain, patch.entryBits);
    this.table = this.base;
  }

  private forgetParts(): void {
    this.parts = [];
    this.bytes = 0;
    this.count = 0;
  }
}

/** Nearer than before is there, further away is not: all that a slot says here is whether it has a word. */
function changed(table: RouteTable, differences: Uint8Array, entryBits: number): RouteTable {
  const slots = new Set(table.slots());
  const apply = (slot: number, difference: number): void => {
    if (difference < 0) slots.add(slot);
    else if (difference > 0) slots.delete(slot);
  };
  for (const [at, byte] of differences.entries()) {
    if (byte === 0) continue;
    if (entryBits === 8) apply(at, (byte << 24) >> 24);
    else {
      apply(2 * at, (byte << 24) >> 28);
      if (2 ** table.bits > 1) apply(2 * at + 1, (byte << 28) >> 28);
    }
  }
  return new RouteTable(table.bits, Uint32Array.from(slots).sort());
}
