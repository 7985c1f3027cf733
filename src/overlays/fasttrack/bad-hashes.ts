/**
 * A list of hashes of files that were looked at and found bad, as a publisher signs it: text that anybody can serve and nobody can change. The README has
 * the format. `BadHashes` owns what the trusted publishers have last said.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES, type Signatures } from '../../core/signatures.ts';
import { HASH_KINDS, type HashKind } from '../../wire/shared-file.ts';

export const LIST_BYTES_MAX = 4 << 20;
const ENTRIES_MAX = 50_000;
const HASH_BYTES_MIN = 16;
const HASH_BYTES_MAX = 32;
const HEAD = 'kith bad hashes 1';

/** truncated: shorter than its own head says. scrambled: its parts are not in order. corrupt: it is not what its hash or its format says. */
export const BAD_REASONS = ['truncated', 'scrambled', 'corrupt'] as const;
export type BadReason = (typeof BAD_REASONS)[number];

export interface BadHash {
  readonly kind: HashKind;
  readonly hash: Uint8Array;
  readonly reason: BadReason;
}

export interface BadHashList {
  readonly publisher: Uint8Array;
  /** The larger of two of one publisher counts. */
  readonly serial: number;
  readonly entries: readonly BadHash[];
}

/** The whole list, signed by whom the secret key is of. */
export function publishBadHashes(signatures: Signatures, secretKey: Uint8Array, serial: number, entries: readonly BadHash[]): Uint8Array {
  if (entries.length > ENTRIES_MAX) throw new RangeError(`at most ${ENTRIES_MAX} bad hashes expected, got ${entries.length}`);
  const lines = [HEAD, `publisher ${hexOf(signatures.publicKey(secretKey))}`, `serial ${serial}`];
  for (const { kind, hash, reason } of entries) lines.push(`${kind} ${hexOf(hash)} ${reason}`);
  const signed = `${lines.join('\n')}\n`;
  return latin1Bytes(`${signed}signature ${hexOf(signatures.sign(secretKey, latin1Bytes(signed)))}\n`);
}

/** Null when it is no such list, or not signed by its publisher. */
export function readBadHashes(bytes: Uint8Array, signatures: Signatures): BadHashList | null {
  if (bytes.length > LIST_BYTES_MAX) return null;
  const text = latin1(bytes);
  const signedLength = text.lastIndexOf('signature ');
  const signature = bytesOfHex(/^signature ([0-9a-f]+)\n$/.exec(text.slice(signedLength))?.[1] ?? '');
  const [head, publisherLine = '', serialLine = '', ...lines] = text.slice(0, signedLength).split('\n');
  const publisher = bytesOfHex(/^publisher ([0-9a-f]+)$/.exec(publisherLine)?.[1] ?? '');
  const serial = /^serial (\d{1,9})$/.exec(serialLine)?.[1];
  if (signedLength < 0 || head !== HEAD || serial === undefined || lines.pop() !== '' || lines.length > ENTRIES_MAX) return null;
  if (publisher?.length !== PUBLIC_KEY_BYTES || signature?.length !== SIGNATURE_BYTES) return null;
  const entries = lines.map(entryOf);
  if (!entries.every((entry) => entry !== null)) return null;
  // Last, since it costs most.
  if (!signatures.verify(publisher, bytes.subarray(0, signedLength), signature)) return null;
  return { publisher, serial: Number(serial), entries };
}

function entryOf(line: string): BadHash | null {
  const [kindText, hex, reasonText, ...more] = line.split(' ');
  const kind = HASH_KINDS.find((known) => known === kindText);
  const reason = BAD_REASONS.find((known) => known === reasonText);
  const hash = bytesOfHex(hex ?? '');
  if (kind === undefined || reason === undefined || hash === null || more.length > 0) return null;
  return hash.length >= HASH_BYTES_MIN && hash.length <= HASH_BYTES_MAX ? { kind, hash, reason } : null;
}

export class BadHashes {
  /** Goes up with every list taken: what was let in before may be bad. */
  version = 0;
  private readonly publishers: ReadonlySet<string>;
  private readonly signatures: Signatures | null;
  private readonly lists = new Map<string, { readonly serial: number; readonly bytes: Uint8Array }>();
  private readonly reasons = new Map<string, BadReason>();
  private readonly byPublisher = new Map<string, readonly BadHash[]>();

  /** Without signatures nothing can be believed, and no list is taken. */
  constructor(signatures: Signatures | null, publishers: readonly Uint8Array[]) {
    this.signatures = signatures;
    this.publishers = new Set(publishers.map((key) => hexOf(key)));
  }

  get count(): number {
    return this.reasons.size;
  }

  /** True when it is a newer list of a publisher that is trusted; `bytes` must not change any more. */
  take(bytes: Uint8Array): boolean {
    if (this.signatures === null || this.publishers.size === 0) return false;
    const list = readBadHashes(bytes, this.signatures);
    if (list === null) return false;
    const publisher = hexOf(list.publisher);
    if (!this.publishers.has(publisher) || list.serial <= (this.lists.get(publisher)?.serial ?? 0)) return false;
    this.lists.set(publisher, { serial: list.serial, bytes });
    this.byPublisher.set(publisher, list.entries);
    this.reasons.clear();
    for (const entries of this.byPublisher.values()) {
      for (const { kind, hash, reason } of entries) this.reasons.set(`${kind}:${hexOf(hash)}`, reason);
    }
    this.version++;
    return true;
  }

  /** Null: nothing is known against it. */
  reasonAgainst(kind: HashKind, hash: Uint8Array): BadReason | null {
    return this.reasons.size === 0 ? null : (this.reasons.get(`${kind}:${hexOf(hash)}`) ?? null);
  }

  /** The last serial of each publisher that is trusted: what to ask others for. */
  serials(): { readonly publisher: Uint8Array; readonly serial: number }[] {
    return [...this.publishers].map((hex) => ({ publisher: bytesOfHex(hex) as Uint8Array, serial: this.lists.get(hex)?.serial ?? 0 }));
  }

  /** As it came, for others; null when theirs is as new. */
  newerThan(publisher: Uint8Array, serial: number): Uint8Array | null {
    const list = this.lists.get(hexOf(publisher));
    return list !== undefined && list.serial > serial ? list.bytes : null;
  }
}
