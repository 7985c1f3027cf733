/** What was verified when, as a small file: sizes and times of the content files, and the bits of the pieces; owns no state. */

import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MAGIC = 'kith-resume-1\n\0\0';
const HEADER_BYTES = 32;
const CHECKSUM_BYTES = 8;
/** Two doubles a file. */
const STAMP_BYTES = 16;

export interface ResumeRecord {
  readonly pieceBytes: number;
  readonly pieceCount: number;
  /** Size and mtime in milliseconds of each file, two numbers a file; size -1 for one that is not there. */
  readonly stamps: Float64Array;
  /** BitTorrent bit order. */
  readonly have: Uint8Array;
}

/** The record of that content; `key` is a file name. */
export function recordPath(stateFolder: string, key: string): string {
  if (!/^[0-9a-zA-Z_-]{1,128}$/.test(key)) throw new RangeError(`expected a key of letters, digits, _ and -, got ${key}`);
  return join(stateFolder, 'resume', key);
}

/** The record, or null when there is none or it is damaged or of another format: then the content is checked. */
export function readRecord(path: string): ResumeRecord | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return null;
  }
  return decodeRecord(bytes);
}

/** The same of the bytes of a record. */
export function decodeRecord(bytes: Buffer): ResumeRecord | null {
  if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  const pieceBytes = bytes.readUInt32LE(16);
  const pieceCount = bytes.readUInt32LE(20);
  const fileCount = bytes.readUInt32LE(24);
  const haveStart = HEADER_BYTES + fileCount * STAMP_BYTES;
  const end = haveStart + Math.ceil(pieceCount / 8);
  if (bytes.length !== end + CHECKSUM_BYTES || !checksumOf(bytes.subarray(0, end)).equals(bytes.subarray(end))) return null;
  const stamps = new Float64Array(fileCount * 2);
  for (let index = 0; index < stamps.length; index++) stamps[index] = bytes.readDoubleLE(HEADER_BYTES + index * 8);
  return { pieceBytes, pieceCount, stamps, have: new Uint8Array(bytes.subarray(haveStart, end)) };
}

/** Replaces the record in one step: a crash leaves the old one or the new one. */
export function writeRecord(path: string, record: ResumeRecord): void {
  const haveStart = HEADER_BYTES + record.stamps.length * 8;
  const end = haveStart + record.have.length;
  const bytes = Buffer.alloc(end + CHECKSUM_BYTES);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(record.pieceBytes, 16);
  bytes.writeUInt32LE(record.pieceCount, 20);
  bytes.writeUInt32LE(record.stamps.length / 2, 24);
  for (const [index, value] of record.stamps.entries()) bytes.writeDoubleLE(value, HEADER_BYTES + index * 8);
  bytes.set(record.have, haveStart);
  checksumOf(bytes.subarray(0, end)).copy(bytes, end);
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.new`;
  writeFileSync(next, bytes);
  renameSync(next, path);
}

function checksumOf(bytes: Uint8Array): Buffer {
  return hash('sha1', bytes, 'buffer').subarray(0, CHECKSUM_BYTES);
}
