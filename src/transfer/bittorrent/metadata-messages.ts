/** The payload of `ut_metadata` (BEP 9): how the info dictionary goes from peer to peer, in pieces of 16 KiB; owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { type BencodeInput, bencodeDict, bencodeSize, decodeBencodePrefix, dictNumber, writeBencode } from '../../wire/bencode.ts';

export const METADATA_PIECE_BYTES = 16 * 1024;
/** The largest info dictionary that is fetched or read: one of 3 million pieces. */
export const METADATA_BYTES_MAX = 64 << 20;
/** Four entries at most are known; a peer gains nothing by more. */
const VALUES_MAX = 100;

export type MetadataMessage =
  | { readonly type: 'request'; readonly piece: number }
  | { readonly type: 'data'; readonly piece: number; readonly totalBytes: number; readonly data: Uint8Array }
  | { readonly type: 'reject'; readonly piece: number }
  /** A message type of the future, which BEP 9 wants ignored. */
  | { readonly type: 'unknown'; readonly number: number };

/** Bytes of one piece of metadata of `totalBytes`. */
export function metadataPieceBytes(totalBytes: number, piece: number): number {
  return Math.max(0, Math.min(METADATA_PIECE_BYTES, totalBytes - piece * METADATA_PIECE_BYTES));
}

export const metadataMessage: Codec<MetadataMessage> = {
  name: 'ut_metadata',

  size: (message) => bencodeSize(dictOf(message)) + (message.type === 'data' ? message.data.length : 0),

  encode(message, into, offset) {
    const at = writeBencode(dictOf(message), into, offset);
    if (message.type !== 'data') return at;
    into.set(message.data, at);
    return at + message.data.length;
  },

  decode(bytes, start, end) {
    const { dict, end: dataStart } = decodeBencodePrefix(bytes, start, end, { valuesMax: VALUES_MAX });
    const number = dictNumber(dict, 'msg_type');
    if (number === null) throw new MalformedMessage('a metadata message without msg_type');
    if (number < 0 || number > 2) return { type: 'unknown', number };
    const piece = dictNumber(dict, 'piece');
    const pieces = METADATA_BYTES_MAX / METADATA_PIECE_BYTES;
    if (piece === null || piece < 0 || piece >= pieces)
      throw new MalformedMessage(`expected a metadata piece below ${pieces}, got ${piece}`);
    if (number === 0) return { type: 'request', piece };
    if (number === 2) return { type: 'reject', piece };
    const totalBytes = dictNumber(dict, 'total_size');
    if (totalBytes === null || totalBytes < 1 || totalBytes > METADATA_BYTES_MAX) {
      throw new MalformedMessage(`expected metadata of 1 to ${METADATA_BYTES_MAX} bytes, got ${totalBytes}`);
    }
    const expected = metadataPieceBytes(totalBytes, piece);
    if (end - dataStart !== expected || expected === 0) {
      throw new MalformedMessage(`metadata piece ${piece} of ${totalBytes} bytes has ${expected}, got ${end - dataStart}`);
    }
    return { type: 'data', piece, totalBytes, data: bytes.slice(dataStart, end) };
  },
};

function dictOf(message: MetadataMessage): BencodeInput {
  switch (message.type) {
    case 'request':
      return bencodeDict({ msg_type: 0, piece: message.piece });
    case 'data':
      return bencodeDict({ msg_type: 1, piece: message.piece, total_size: message.totalBytes });
    case 'reject':
      return bencodeDict({ msg_type: 2, piece: message.piece });
    case 'unknown':
      return bencodeDict({ msg_type: message.number });
  }
}
