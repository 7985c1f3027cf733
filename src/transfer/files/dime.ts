/** DIME (Direct Internet Message Encapsulation, 2002), in which Gnutella sends hash trees: records of a type, a name and bytes. Owns no state. */

import { latin1, latin1Bytes, readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';

export interface DimeRecord {
  /** How `type` is to be read. */
  readonly format: DimeTypeFormat;
  readonly type: string;
  /** By which other records name it; may be empty. */
  readonly id: string;
  readonly data: Uint8Array;
}

export const DimeTypeFormat = { media: 1, uri: 2 } as const;
export type DimeTypeFormat = (typeof DimeTypeFormat)[keyof typeof DimeTypeFormat];

export const DIME_RECORDS_MAX = 16;
const HEADER_BYTES = 12;
const VERSION = 1;
const FIRST = 4;
const LAST = 2;
const CHUNK = 1;
const TEXT_BYTES_MAX = 0xffff;

/** A message of one record or more. Options are skipped; records in chunks are none that anybody here sends, and are refused. */
export const dimeMessage: Codec<readonly DimeRecord[]> = {
  name: 'dime',
  size: (records) => records.reduce((sum, record) => sum + recordBytes(record), 0),
  encode(records, into, offset) {
    let at = offset;
    for (const [index, record] of records.entries()) {
      const marks = (index === 0 ? FIRST : 0) | (index === records.length - 1 ? LAST : 0);
      at = encodeRecord(record, marks, into, at);
    }
    return at;
  },
  decode(bytes, start, end) {
    const records: DimeRecord[] = [];
    let at = start;
    for (let isLast = false; !isLast; ) {
      if (records.length === DIME_RECORDS_MAX) throw new MalformedMessage(`at most ${DIME_RECORDS_MAX} records of DIME are taken`);
      if (end - at < HEADER_BYTES) throw new MalformedMessage(`a record of DIME has a header of ${HEADER_BYTES} bytes, got ${end - at}`);
      const marks = bytes[at] as number;
      if (marks >> 3 !== VERSION) throw new MalformedMessage(`version ${VERSION} of DIME is expected, got ${marks >> 3}`);
      if ((marks & CHUNK) !== 0) throw new MalformedMessage('a record of DIME is expected whole, got a chunk of one');
      if (((marks & FIRST) !== 0) !== (records.length === 0))
        throw new MalformedMessage('the first record of DIME, and no other, says that it is the first');
      const format = (bytes[at + 1] as number) >> 4;
      if (format !== DimeTypeFormat.media && format !== DimeTypeFormat.uri) {
        throw new MalformedMessage(`a record of DIME of a media type or a URI is expected, got a type of format ${format}`);
      }
      const lengths = [readU16(bytes, at + 2), readU16(bytes, at + 4), readU16(bytes, at + 6), readU32(bytes, at + 8)] as const;
      const [options, id, type, data] = lengths;
      if (end - at - HEADER_BYTES < lengths.reduce((sum, length) => sum + padded(length), 0)) {
        throw new MalformedMessage(`a record of DIME with ${lengths.join(' + ')} bytes is expected, got ${end - at - HEADER_BYTES}`);
      }
      const idAt = at + HEADER_BYTES + padded(options);
      const typeAt = idAt + padded(id);
      const dataAt = typeAt + padded(type);
      records.push({
        format,
        type: latin1(bytes, typeAt, typeAt + type),
        id: latin1(bytes, idAt, idAt + id),
        data: bytes.slice(dataAt, dataAt + data),
      });
      at = dataAt + padded(data);
      isLast = (marks & LAST) !== 0;
    }
    if (at !== end) throw new MalformedMessage(`nothing is expected behind the last record of DIME, got ${end - at} bytes`);
    return records;
  },
};

function recordBytes({ id, type, data }: DimeRecord): number {
  return HEADER_BYTES + padded(id.length) + padded(type.length) + padded(data.length);
}

function encodeRecord({ format, id, type, data }: DimeRecord, marks: number, into: Uint8Array, offset: number): number {
  if (Math.max(id.length, type.length) > TEXT_BYTES_MAX) throw new RangeError(`texts of at most ${TEXT_BYTES_MAX} bytes expected`);
  into[offset] = (VERSION << 3) | marks;
  into[offset + 1] = format << 4;
  let at = writeU16(into, offset + 2, 0);
  at = writeU16(into, at, id.length);
  at = writeU16(into, at, type.length);
  at = writeU32(into, at, data.length);
  for (const part of [latin1Bytes(id), latin1Bytes(type), data]) {
    into.set(part, at);
    into.fill(0, at + part.length, at + padded(part.length));
    at += padded(part.length);
  }
  return at;
}

/** Every part begins at a multiple of four bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
