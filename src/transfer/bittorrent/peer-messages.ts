/** The messages between two peers (BEP 3; fast extension BEP 6; extension messages BEP 10; PORT of BEP 5; hashes BEP 52) and their bytes; owns no state. */

import { latin1, latin1Bytes, readU16, readU32, writeU16, writeU32 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { checkHashesBytes, HASH_RANGE_BYTES, type HashRange, readHashRange, writeHashRange } from './hash-messages.ts';

/** Message ids as on the wire; the negative ones have none there. */
export const PeerMessageId = {
  handshake: -2,
  keepAlive: -1,
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggestPiece: 13,
  haveAll: 14,
  haveNone: 15,
  rejectRequest: 16,
  allowedFast: 17,
  extended: 20,
  hashRequest: 21,
  hashes: 22,
  hashReject: 23,
} as const;

/** The first bytes of every connection. */
export const PROTOCOL_HEADER: Uint8Array = latin1Bytes('\x13BitTorrent protocol');
export const HANDSHAKE_BYTES = 68;
/** Bytes of a block message before its block: length prefix, id, piece, begin. */
export const PIECE_HEAD_BYTES = 13;
/** The largest block that a peer may send; nobody asks for more than 128 KiB. */
export const BLOCK_BYTES_MAX = 128 * 1024;
/** The largest other frame, after its length prefix: a bitfield of 8 million pieces, a metadata piece many times over. */
export const FRAME_BYTES_MAX = 1 << 20;

export interface Handshake {
  readonly id: typeof PeerMessageId.handshake;
  /** 8 bytes of feature bits. */
  readonly reserved: Uint8Array;
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
}

export interface BareMessage {
  readonly id:
    | typeof PeerMessageId.keepAlive
    | typeof PeerMessageId.choke
    | typeof PeerMessageId.unchoke
    | typeof PeerMessageId.interested
    | typeof PeerMessageId.notInterested
    | typeof PeerMessageId.haveAll
    | typeof PeerMessageId.haveNone;
}

export interface PieceMessage {
  readonly id: typeof PeerMessageId.have | typeof PeerMessageId.suggestPiece | typeof PeerMessageId.allowedFast;
  readonly piece: number;
}

export interface BlockMessage {
  readonly id: typeof PeerMessageId.request | typeof PeerMessageId.cancel | typeof PeerMessageId.rejectRequest;
  readonly piece: number;
  /** Byte offset in the piece. */
  readonly begin: number;
  readonly length: number;
}

export interface BitfieldMessage {
  readonly id: typeof PeerMessageId.bitfield;
  /** High bit of the first byte is piece 0. Whether the length fits the torrent is not known here. */
  readonly bits: Uint8Array;
}

export interface PortMessage {
  readonly id: typeof PeerMessageId.port;
  /** UDP port of the sender's DHT node. */
  readonly port: number;
}

export interface ExtendedMessage {
  readonly id: typeof PeerMessageId.extended;
  /** 0 is the extension handshake; the others are what the receiver's own extension handshake assigned. */
  readonly extension: number;
  readonly payload: Uint8Array;
}

export interface HashRangeMessage {
  readonly id: typeof PeerMessageId.hashRequest | typeof PeerMessageId.hashReject;
  readonly range: HashRange;
}

export interface HashesMessage {
  readonly id: typeof PeerMessageId.hashes;
  readonly range: HashRange;
  /** 32 bytes each: those of the range, then the uncles, the nearest first. */
  readonly hashes: Uint8Array;
}

export type PeerMessage =
  | Handshake
  | BareMessage
  | PieceMessage
  | BlockMessage
  | BitfieldMessage
  | PortMessage
  | ExtendedMessage
  | HashRangeMessage
  | HashesMessage;

/** What precedes a block on the wire. */
export interface PieceHead {
  readonly piece: number;
  readonly begin: number;
  /** Bytes of the block, 1 to BLOCK_BYTES_MAX. */
  readonly length: number;
}

/** Whole frames, length prefix included; the handshake is its 68 bytes. Blocks are no messages: they go by `pieceHead` and a body. */
export const peerMessage: Codec<PeerMessage> = {
  name: 'bittorrent peer message',

  size(message) {
    switch (message.id) {
      case PeerMessageId.handshake:
        return HANDSHAKE_BYTES;
      case PeerMessageId.keepAlive:
        return 4;
      case PeerMessageId.bitfield:
        return 5 + message.bits.length;
      case PeerMessageId.extended:
        return 6 + message.payload.length;
      case PeerMessageId.hashes:
        return 5 + HASH_RANGE_BYTES + message.hashes.length;
      default:
        return 4 + fixedFrameBytes(message.id);
    }
  },

  encode(message, into, offset) {
    if (message.id === PeerMessageId.handshake) return encodeHandshake(message, into, offset);
    if (message.id === PeerMessageId.keepAlive) return writeU32(into, offset, 0);
    let at = writeU32(into, offset, peerMessage.size(message) - 4);
    into[at++] = message.id;
    switch (message.id) {
      case PeerMessageId.have:
      case PeerMessageId.suggestPiece:
      case PeerMessageId.allowedFast:
        return writeU32(into, at, message.piece);
      case PeerMessageId.request:
      case PeerMessageId.cancel:
      case PeerMessageId.rejectRequest:
        at = writeU32(into, at, message.piece);
        at = writeU32(into, at, message.begin);
        return writeU32(into, at, message.length);
      case PeerMessageId.port:
        return writeU16(into, at, message.port);
      case PeerMessageId.bitfield:
        into.set(message.bits, at);
        return at + message.bits.length;
      case PeerMessageId.extended:
        into[at++] = message.extension;
        into.set(message.payload, at);
        return at + message.payload.length;
      case PeerMessageId.hashRequest:
      case PeerMessageId.hashReject:
        return writeHashRange(message.range, into, at);
      case PeerMessageId.hashes:
        at = writeHashRange(message.range, into, at);
        into.set(message.hashes, at);
        return at + message.hashes.length;
      default:
        return at;
    }
  },

  decode(bytes, start, end) {
    if (end - start < 4) throw new MalformedMessage(`a frame has a length prefix of 4 bytes, got ${end - start} bytes`);
    // A frame that begins like this would have 318 million bytes: no length prefix starts with 19.
    if (bytes[start] === PROTOCOL_HEADER[0]) return decodeHandshake(bytes, start, end);
    const length = readU32(bytes, start);
    if (length !== end - start - 4) throw new MalformedMessage(`a frame of ${length} bytes came with ${end - start - 4}`);
    if (length === 0) return KEEP_ALIVE;
    checkFrame(bytes[start + 4] as number, length);
    return decodeFrame(bytes, start + 4, end);
  },
};

/** The head of a block message; the block itself follows it. */
export const pieceHead: Codec<PieceHead> = {
  name: 'bittorrent block head',

  size: () => PIECE_HEAD_BYTES,

  encode(head, into, offset) {
    let at = writeU32(into, offset, head.length + 9);
    into[at++] = PeerMessageId.piece;
    at = writeU32(into, at, head.piece);
    return writeU32(into, at, head.begin);
  },

  decode(bytes, start, end) {
    if (end - start !== PIECE_HEAD_BYTES) throw new MalformedMessage(`a block head has ${PIECE_HEAD_BYTES} bytes, got ${end - start}`);
    const id = bytes[start + 4] as number;
    if (id !== PeerMessageId.piece) throw new MalformedMessage(`a block message has id 7, got ${id}`);
    const length = readU32(bytes, start);
    checkFrame(id, length);
    return { piece: readU32(bytes, start + 5), begin: readU32(bytes, start + 9), length: length - 9 };
  },
};

/** Whether this is a message that this file knows, blocks included. */
export function isKnownFrame(id: number): boolean {
  if (fixedFrameBytes(id) !== 0 || id === PeerMessageId.piece) return true;
  return id === PeerMessageId.bitfield || id === PeerMessageId.extended || id === PeerMessageId.hashes;
}

/** Throws unless a frame of that id may have `length` bytes, id included. Unknown ids pass up to FRAME_BYTES_MAX. */
export function checkFrame(id: number, length: number): void {
  if (id === PeerMessageId.piece) {
    if (length <= 9 || length > 9 + BLOCK_BYTES_MAX)
      throw new MalformedMessage(`a block has 1 to ${BLOCK_BYTES_MAX} bytes, got ${length - 9}`);
    return;
  }
  if (length > FRAME_BYTES_MAX) throw new MalformedMessage(`a frame has at most ${FRAME_BYTES_MAX} bytes, got ${length}`);
  const fixed = fixedFrameBytes(id);
  if (fixed !== 0 && length !== fixed) throw new MalformedMessage(`a message of id ${id} has ${fixed} bytes, got ${length}`);
  if (id === PeerMessageId.hashes) checkHashesBytes(length - 1);
  if (id === PeerMessageId.extended && length < 2) throw new MalformedMessage('an extended message has at least 2 bytes, got 1');
}

/** Throws at the first byte of bytes[start, end) that no handshake has there; less than a whole one is fine. */
export function checkProtocolHeader(bytes: Uint8Array, start: number, end: number): void {
  const length = Math.min(end - start, PROTOCOL_HEADER.length);
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] === PROTOCOL_HEADER[index]) continue;
    throw new MalformedMessage(`expected the handshake of BitTorrent, got ${JSON.stringify(latin1(bytes, start, start + length))}`);
  }
}

const KEEP_ALIVE: BareMessage = { id: PeerMessageId.keepAlive };

/** Bytes after the length prefix of a message with a fixed size; 0 for those without and those unknown. */
function fixedFrameBytes(id: number): number {
  switch (id) {
    case PeerMessageId.choke:
    case PeerMessageId.unchoke:
    case PeerMessageId.interested:
    case PeerMessageId.notInterested:
    case PeerMessageId.haveAll:
    case PeerMessageId.haveNone:
      return 1;
    case PeerMessageId.port:
      return 3;
    case PeerMessageId.have:
    case PeerMessageId.suggestPiece:
    case PeerMessageId.allowedFast:
      return 5;
    case PeerMessageId.request:
    case PeerMessageId.cancel:
    case PeerMessageId.rejectRequest:
      return 13;
    case PeerMessageId.hashRequest:
    case PeerMessageId.hashReject:
      return 1 + HASH_RANGE_BYTES;
    default:
      return 0;
  }
}

/** `at` is the offset of the id; the size has been checked. */
function decodeFrame(bytes: Uint8Array, at: number, end: number): PeerMessage {
  const id = bytes[at] as number;
  switch (id) {
    case PeerMessageId.choke:
    case PeerMessageId.unchoke:
    case PeerMessageId.interested:
    case PeerMessageId.notInterested:
    case PeerMessageId.haveAll:
    case PeerMessageId.haveNone:
      return { id };
    case PeerMessageId.have:
    case PeerMessageId.suggestPiece:
    case PeerMessageId.allowedFast:
      return { id, piece: readU32(bytes, at + 1) };
    case PeerMessageId.request:
    case PeerMessageId.cancel:
    case PeerMessageId.rejectRequest:
      return { id, piece: readU32(bytes, at + 1), begin: readU32(bytes, at + 5), length: readU32(bytes, at + 9) };
    case PeerMessageId.bitfield:
      return { id, bits: bytes.slice(at + 1, end) };
    case PeerMessageId.port:
      return { id, port: readU16(bytes, at + 1) };
    case PeerMessageId.extended:
      return { id, extension: bytes[at + 1] as number, payload: bytes.slice(at + 2, end) };
    case PeerMessageId.hashRequest:
    case PeerMessageId.hashReject:
      return { id, range: readHashRange(bytes, at + 1) };
    case PeerMessageId.hashes:
      return { id, range: readHashRange(bytes, at + 1), hashes: bytes.slice(at + 1 + HASH_RANGE_BYTES, end) };
    default:
      throw new MalformedMessage(`no message has id ${id}`);
  }
}

function encodeHandshake(handshake: Handshake, into: Uint8Array, offset: number): number {
  into.set(PROTOCOL_HEADER, offset);
  into.set(handshake.reserved, offset + 20);
  into.set(handshake.infoHash, offset + 28);
  into.set(handshake.peerId, offset + 48);
  return offset + HANDSHAKE_BYTES;
}

function decodeHandshake(bytes: Uint8Array, start: number, end: number): Handshake {
  checkProtocolHeader(bytes, start, end);
  if (end - start !== HANDSHAKE_BYTES) throw new MalformedMessage(`a handshake has ${HANDSHAKE_BYTES} bytes, got ${end - start}`);
  return {
    id: PeerMessageId.handshake,
    reserved: bytes.slice(start + 20, start + 28),
    infoHash: bytes.slice(start + 28, start + 48),
    peerId: bytes.slice(start + 48, start + 68),
  };
}
