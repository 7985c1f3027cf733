/** Items that were put here (BEP 44), immutable and mutable under one map of targets. Owns them; the rules of `put` are its own. */

import { isLocal } from '../../core/address-scope.ts';
import type { Endpoint } from '../../core/host.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { Signatures } from '../../core/signatures.ts';
import { addressKey } from './address-kind.ts';
import { immutableTarget, isCanonical, mutableTarget, verifyItem } from './item.ts';
import { SALT_BYTES_MAX, VALUE_BYTES_MAX } from './krpc-decode.ts';
import { KrpcCode, type MutableFields } from './krpc-messages.ts';
import { compareXor, mapKeyOf, type NodeId, readId } from './node-id.ts';

export interface ItemStoreBounds {
  readonly itemsMax: number;
  /** Items that one address may have brought. */
  readonly perAddressMax: number;
  readonly ageMs: number;
}

export interface StoredItem {
  readonly target: NodeId;
  readonly value: Uint8Array;
  readonly mutable: MutableFields | null;
  /** Who brought it first. */
  readonly owner: number;
  storedAtMs: number;
}

/** Null when it is stored; else what the error of the reply says. */
export type PutOutcome = { readonly code: number; readonly text: string } | null;

export class ItemStore {
  private readonly bounds: ItemStoreBounds;
  /** Ours; what is nearest to it is kept at a bound. */
  self: NodeId;
  private readonly signatures: Signatures | null;
  private readonly items = new Map<string, StoredItem>();
  private readonly places = new Map<number, number>();

  constructor(bounds: ItemStoreBounds, self: NodeId, signatures: Signatures | null) {
    this.bounds = bounds;
    this.self = self;
    this.signatures = signatures;
  }

  get size(): number {
    return this.items.size;
  }

  get(target: NodeId): StoredItem | null {
    return this.items.get(mapKeyOf(target)) ?? null;
  }

  /** The cheap questions come first: a signature takes as long as a thousand of them. */
  put(value: Uint8Array, mutable: MutableFields | null, from: Endpoint, nowMs: number): PutOutcome {
    if (value.length > VALUE_BYTES_MAX) return { code: KrpcCode.valueTooBig, text: 'message (v field) too big' };
    if (!isCanonical(value)) return { code: KrpcCode.protocol, text: 'invalid bencoding' };
    if (mutable === null) return this.store(readId(immutableTarget(value)), value, null, from, nowMs);
    const { key: publicKey, salt, seq, signature, cas } = mutable;
    if (salt.length > SALT_BYTES_MAX) return { code: KrpcCode.saltTooBig, text: 'salt (salt field) too big' };
    if (this.signatures === null) return { code: KrpcCode.server, text: 'mutable items are not stored here' };
    const target = readId(mutableTarget(publicKey, salt));
    const stored = this.get(target)?.mutable ?? null;
    if (!verifyItem(this.signatures, { publicKey, salt, seq, value, signature })) {
      return { code: KrpcCode.badSignature, text: 'invalid signature' };
    }
    if (stored !== null) {
      if (cas !== null && cas !== stored.seq)
        return { code: KrpcCode.casMismatch, text: 'the CAS hash mismatched, re-read value and try again' };
      const isOther = seq === stored.seq && !equalBytes(value, (this.get(target) as StoredItem).value);
      if (seq < stored.seq || isOther) return { code: KrpcCode.seqTooLow, text: 'sequence number less than current' };
    }
    return this.store(target, value, mutable, from, nowMs);
  }

  expire(nowMs: number): void {
    for (const item of this.items.values()) if (nowMs - item.storedAtMs > this.bounds.ageMs) this.remove(item);
  }

  private store(target: NodeId, value: Uint8Array, mutable: MutableFields | null, from: Endpoint, nowMs: number): PutOutcome {
    const key = mapKeyOf(target);
    const before = this.items.get(key);
    if (before !== undefined) {
      this.items.set(key, { target, value, mutable, owner: before.owner, storedAtMs: nowMs });
      return null;
    }
    const owner = addressKey(from);
    if ((this.places.get(owner) ?? 0) >= this.bounds.perAddressMax && !isLocal(from)) {
      return { code: KrpcCode.server, text: 'too many items of this address' };
    }
    if (this.items.size >= this.bounds.itemsMax && !this.makeRoom(target)) return { code: KrpcCode.server, text: 'no room' };
    this.items.set(key, { target, value, mutable, owner, storedAtMs: nowMs });
    this.places.set(owner, (this.places.get(owner) ?? 0) + 1);
    return null;
  }

  /** At the bound the item farthest from us goes; false when that is the new one. */
  private makeRoom(target: NodeId): boolean {
    let farthest: StoredItem | null = null;
    for (const item of this.items.values()) if (compareXor(this.self, item.target, farthest?.target ?? target) > 0) farthest = item;
    if (farthest === null) return false;
    this.remove(farthest);
    return true;
  }

  private remove(item: StoredItem): void {
    this.items.delete(mapKeyOf(item.target));
    const places = (this.places.get(item.owner) as number) - 1;
    if (places === 0) this.places.delete(item.owner);
    else this.places.set(item.owner, places);
  }
}
