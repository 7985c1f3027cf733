/**
 * One connection to one peer (BEP 3, 6, 10, 21, 54): what each side has said, and the stream that carries it. What to request,
 * serve, choke or dial is decided by the torrent's parts; this object owns the wire state and checks what arrives against it.
 */

import { Bitset } from '../../core/bitset.ts';
import { equalBytes } from '../../core/bytes.ts';
import type { Body, CloseReason, Endpoint, Peer, Stream, StreamHandler } from '../../core/host.ts';
import { BLOCK_BYTES } from './block.ts';
import type { CandidateSource } from './candidate.ts';
import type { ChokeReason } from './choke-reasons.ts';
import type { DialWay, DialWays } from './dial-ways.ts';
import type { ExtensionHandshake } from './extension-handshake.ts';
import type { Handshake, PeerMessage, PieceHead } from './peer-messages.ts';
import { PeerMessageId, peerMessage } from './peer-messages.ts';
import { RateMeter } from '../../core/rate-meter.ts';
import { RequestWindow } from './request-window.ts';
import type { Torrent } from './torrent.ts';
import type { PeerTransport } from './transports.ts';

/** Requests of a peer that wait at our side; told to it as `reqq`. More are rejected, or dropped where it cannot be told. */
export const REQUESTS_QUEUED_MAX = 2000;
/** What may wait for a peer to read it, blocks included; one that goes on asking and reads nothing would fill our memory. */
const UNREAD_BYTES_MAX = 4 << 20;
/** Pieces that a peer may announce before we know how many there are. */
const EARLY_HAVES_MAX = 65_536;
/** Payload that nobody asked for, beyond what our own cancels explain, before we hang up. */
const UNSOLICITED_BYTES_MAX = 8 << 20;
/** Reserved bits of the handshake: byte 5 0x10 extensions (BEP 10); byte 7 0x01 DHT (BEP 5), 0x04 fast (BEP 6), 0x10 that a hybrid torrent may be spoken of as v2 (BEP 52). */
const RESERVED_EXTENSIONS = 0x10;
const RESERVED_FAST = 0x04;
const RESERVED_DHT = 0x01;
const RESERVED_V2 = 0x10;

/** What may come before a bitfield. */
const BEFORE_BITFIELD: ReadonlySet<number> = new Set([PeerMessageId.extended, PeerMessageId.keepAlive, PeerMessageId.port]);

const COMES_BY_ITSELF: readonly CandidateSource[] = ['incoming'];

/** `waitingSinceMs` of a peer that owes us nothing. */
export const NOT_WAITING = -1;

/** A block that we asked for and that has not come yet. */
export interface OutstandingRequest {
  readonly piece: number;
  readonly block: number;
  readonly sentAtMs: number;
}

/** A block that the peer asked for and that has not been handed to the stream yet. */
export interface PeerRequest {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** Who gives an incoming connection its torrent, once the handshake has named the info-hash. */
export interface ConnectionOwner {
  readonly peerId: Uint8Array;
  readonly dhtPort: number | null;
  /** The torrent asked for, or null: close the connection. */
  onIncomingHandshake(connection: PeerConnection, handshake: Handshake): Torrent | null;
  /** An incoming connection closed before it had a torrent. */
  onStrangerGone(connection: PeerConnection): void;
}

export class PeerConnection implements StreamHandler<PeerMessage, PieceHead> {
  readonly owner: ConnectionOwner;
  readonly peer: Peer;
  readonly endpoint: Endpoint;
  readonly incoming: boolean;
  readonly openedAtMs: number;
  /** Index among the torrent's connections: what the picker knows this peer by. -1 before it is admitted. */
  slot = -1;
  torrent: Torrent | null;
  stream: Stream | null = null;
  transport: PeerTransport = 'tcp';
  /** The other ways to whom we have dialled; null for who has dialled us. */
  ways: DialWays | null = null;
  /** The other side did not shake hands: it said nothing in time, or nothing of use, or hung up. */
  unanswered = false;
  /** Where an incoming peer listens, once it has told; null before, and for peers that we have dialled. */
  listener: Endpoint | null = null;
  /** Where the peer is known from, and whether another one had to introduce us (BEP 55). */
  sources: readonly CandidateSource[] = COMES_BY_ITSELF;
  holePunched = false;
  /** It took part in a piece that failed its hash. */
  hashFailed = false;
  /** The other side has accepted it. */
  opened = false;
  /** How much of what passes is encrypted, and for which torrent an incoming peer has encrypted it. */
  encryption: 'none' | 'handshake' | 'all' = 'none';
  encryptedFor: Uint8Array | null = null;
  /** True once `onClose` was called or we let go of it: nothing more may be sent. */
  closed = false;

  // What the handshakes said.
  handshaken = false;
  peerId: Uint8Array | null = null;
  supportsFast = false;
  supportsDht = false;
  supportsExtensions = false;
  /** The two of us have met under the info-hash of v2 (BEP 52), and may ask each other for hashes. */
  speaksV2 = false;
  extensions: ExtensionHandshake | null = null;

  // The four bits of BEP 3, and when they changed.
  amChoking = true;
  amInterested = false;
  peerChoking = true;
  peerInterested = false;
  /** Set by the unchoker: the reason for `amChoking`. */
  why: ChokeReason = 'new';
  optimistic = false;

  /** What the peer has; null until the number of pieces is known. */
  have: Bitset | null = null;
  /** A bitfield that came before the metainfo did. */
  private earlyBits: Uint8Array | 'all' | 'none' | null = null;
  private earlyHaves: number[] = [];
  private bitfieldAllowed = true;

  // Download side.
  readonly window: RequestWindow;
  readonly outstanding: OutstandingRequest[] = [];
  /** Pieces that we may request while choked (BEP 6) and that the peer has; null when there are none. */
  fastPieces: Bitset | null = null;
  /** Pieces that the peer would rather send (BEP 6), oldest first. */
  readonly suggested: number[] = [];
  /** The outstanding request whose body is arriving, or null when that body is thrown away. */
  receiving: OutstandingRequest | null = null;
  /** Since when the peer owes us blocks and has sent none; NOT_WAITING when it owes nothing. */
  waitingSinceMs = NOT_WAITING;
  snubbed = false;
  /** It has let requests time out, or refused them though it had unchoked us, and sent nothing since. */
  late = false;
  /** When we last asked it for a block. */
  askedAtMs = 0;
  readonly down: RateMeter;
  /** Payload thrown away that we had not asked for. */
  private unsolicitedBytes = 0;
  /** Requests that we have cancelled: their blocks may still come. */
  cancelledBytes = 0;

  // Upload side.
  readonly requests: PeerRequest[] = [];
  /** Pieces that the peer may request while choked. */
  fastGranted: Set<number> | null = null;
  /** Bytes being read from the store for this peer. */
  readingBytes = 0;
  /** The stream said false; nothing is read for it until it drains. */
  clogged = false;
  readonly up: RateMeter;

  lastReceivedAtMs: number;
  lastSentAtMs: number;

  constructor(owner: ConnectionOwner, torrent: Torrent | null, peer: Peer, endpoint: Endpoint, incoming: boolean, now: number) {
    this.owner = owner;
    this.torrent = torrent;
    this.peer = peer;
    this.endpoint = endpoint;
    this.incoming = incoming;
    this.openedAtMs = now;
    this.lastReceivedAtMs = now;
    this.lastSentAtMs = now;
    this.window = new RequestWindow();
    this.down = new RateMeter();
    this.up = new RateMeter();
  }

  /** Where others can dial the peer; null while it has not said where it listens, and for one that was introduced. */
  get dialable(): Endpoint | null {
    if (this.introduced) return null;
    return this.incoming ? this.listener : this.endpoint;
  }

  /** What others are told: over µTP a peer listens where it speaks from, over TCP it has to say where. */
  get reachableAt(): Endpoint | null {
    return this.utp ? this.endpoint : this.dialable;
  }

  /** The peer's number for an extension (BEP 10); 0 when it does not have it. */
  extensionNumber(name: string): number {
    return this.extensions?.extensions.get(name) ?? 0;
  }

  offers(extension: string): boolean {
    return this.extensionNumber(extension) !== 0;
  }

  get isSeed(): boolean {
    return this.have !== null ? this.have.full : this.earlyBits === 'all';
  }

  /** The peer wants nothing more (BEP 21), or has everything. */
  get uploadOnly(): boolean {
    return this.isSeed || this.extensions?.uploadOnly === true;
  }

  /** How it came to be; null when it was not dialled, and cannot be. */
  get way(): DialWay | null {
    if (this.transport === 'webrtc') return null;
    return { transport: this.transport, encrypted: this.encryption !== 'none' };
  }

  /** By a tracker, over WebRTC: nobody can dial it, least of all a browser. */
  get introduced(): boolean {
    return this.transport === 'webrtc';
  }

  /** For people: `peer-flags.ts`. */
  get utp(): boolean {
    return this.transport === 'utp';
  }

  get fraction(): number {
    return this.have === null ? 0 : this.have.count / Math.max(1, this.have.length);
  }

  // ---- stream events -------------------------------------------------------------------------------------------------------

  onOpen(stream: Stream): void {
    this.stream = stream;
    this.opened = true;
  }

  onMessage(message: PeerMessage): void {
    if (this.closed) return;
    if (!this.handshaken) {
      // The framing lets nothing else through first.
      if (message.id === PeerMessageId.handshake) this.onHandshake(message);
      return;
    }
    // Who was not admitted has nothing to say.
    if (this.slot < 0) return;
    const torrent = this.torrent as Torrent;
    this.lastReceivedAtMs = torrent.now();
    const first = this.bitfieldAllowed;
    if (!BEFORE_BITFIELD.has(message.id)) this.bitfieldAllowed = false;
    switch (message.id) {
      case PeerMessageId.choke:
        return this.onChoke(torrent);
      case PeerMessageId.unchoke:
        this.peerChoking = false;
        return torrent.onUnchoked(this);
      case PeerMessageId.interested:
        this.peerInterested = true;
        return torrent.onPeerInterest(this);
      case PeerMessageId.notInterested:
        this.peerInterested = false;
        return torrent.onPeerInterest(this);
      case PeerMessageId.have:
        return this.onHave(torrent, message.piece);
      case PeerMessageId.bitfield:
        return first ? this.onBits(torrent, message.bits) : this.onLateBits(torrent, message.bits);
      case PeerMessageId.haveAll:
        if (!this.supportsFast) return this.hangUp('have-all out of place');
        return first ? this.onBits(torrent, 'all') : this.onLateBits(torrent, 'all');
      case PeerMessageId.haveNone:
        if (!this.supportsFast || (!first && this.fraction > 0)) return this.hangUp('have-none out of place');
        return first ? this.onBits(torrent, 'none') : undefined;
      case PeerMessageId.request:
        return torrent.onRequest(this, message.piece, message.begin, message.length);
      case PeerMessageId.cancel:
        return torrent.onCancel(this, message.piece, message.begin, message.length);
      case PeerMessageId.rejectRequest:
        return this.supportsFast
          ? torrent.onRejected(this, message.piece, message.begin)
          : this.hangUp('reject without the fast extension');
      case PeerMessageId.allowedFast:
        return this.supportsFast ? torrent.onAllowedFast(this, message.piece) : this.hangUp('allowed-fast without the fast extension');
      case PeerMessageId.suggestPiece:
        return this.supportsFast ? torrent.onSuggested(this, message.piece) : this.hangUp('suggest without the fast extension');
      case PeerMessageId.extended:
        return torrent.onExtended(this, message.extension, message.payload);
      case PeerMessageId.port:
        return torrent.onDhtPort(this, message.port);
      case PeerMessageId.hashRequest:
        return torrent.hashExchange.onRequest(this, message.range);
      case PeerMessageId.hashes:
        return torrent.hashExchange.onHashes(this, message.range, message.hashes);
      case PeerMessageId.hashReject:
        return torrent.hashExchange.onReject(this, message.range);
      default:
        // keep-alive; a second handshake cannot pass the framing.
        return;
    }
  }

  onBulk(head: PieceHead, body: Body, offset: number): void {
    if (this.closed || this.torrent === null || this.slot < 0) return;
    this.torrent.onBlockSlice(this, head, body, offset);
  }

  onDrain(): void {
    this.clogged = false;
    if (!this.closed) this.torrent?.onRoom(this);
  }

  onEnd(): void {
    // BitTorrent has no use for a half-open connection.
    if (this.closed) return;
    if (this.handshaken) this.hangUp('ended by peer');
    else this.hangUpUnanswered('ended by peer');
  }

  onClose(reason: CloseReason, detail: string): void {
    const known = this.closed;
    this.closed = true;
    if (known) return;
    if (this.torrent === null) this.owner.onStrangerGone(this);
    else this.torrent.onGone(this, reason, detail);
  }

  // ---- what arrives --------------------------------------------------------------------------------------------------------

  private onHandshake(handshake: Handshake): void {
    this.handshaken = true;
    this.peerId = handshake.peerId;
    this.supportsExtensions = ((handshake.reserved[5] as number) & RESERVED_EXTENSIONS) !== 0;
    this.supportsFast = ((handshake.reserved[7] as number) & RESERVED_FAST) !== 0;
    this.supportsDht = ((handshake.reserved[7] as number) & RESERVED_DHT) !== 0;
    if (this.encryptedFor !== null && !equalBytes(handshake.infoHash, this.encryptedFor))
      return this.hangUp('encrypted for another info-hash');
    if (this.torrent === null) this.torrent = this.owner.onIncomingHandshake(this, handshake);
    if (this.torrent === null) return this.hangUp('unknown info-hash');
    const { infoHashes } = this.torrent;
    if (!infoHashes.includes(handshake.infoHash)) return this.hangUp('answered for another info-hash');
    // Who dials by v1's and offers v2 is answered by v2's.
    const offered = this.incoming && infoHashes.hybrid && ((handshake.reserved[7] as number) & RESERVED_V2) !== 0;
    this.speaksV2 = offered || infoHashes.isV2(handshake.infoHash);
    this.lastReceivedAtMs = this.torrent.now();
    this.torrent.onHandshaken(this);
  }

  private onChoke(torrent: Torrent): void {
    if (this.peerChoking) return;
    this.peerChoking = true;
    torrent.onChoked(this);
  }

  private onHave(torrent: Torrent, piece: number): void {
    if (this.have === null) {
      if (this.earlyHaves.length >= EARLY_HAVES_MAX) return this.hangUp('too many have messages before the metadata');
      this.earlyHaves.push(piece);
      return;
    }
    if (piece >= this.have.length) return this.hangUp(`have for piece ${piece} of ${this.have.length}`);
    if (this.have.add(piece)) torrent.onPeerHas(this, piece);
  }

  private onBits(torrent: Torrent, bits: Uint8Array | 'all' | 'none'): void {
    if (torrent.metainfo === null) {
      this.earlyBits = bits;
      return;
    }
    const problem = this.setHave(torrent.metainfo.pieceCount, bits);
    if (problem !== null) return this.hangUp(problem);
    torrent.onPeerBits(this);
  }

  /**
   * BEP 3 has the bitfield come first or not at all. aria2 sends another whenever it is shorter than the have messages it stands for,
   * and webtorrent says what it has (BEP 6) only when it has the metainfo, after other things: it can only add pieces.
   */
  private onLateBits(torrent: Torrent, bits: Uint8Array | 'all'): void {
    if (this.have === null) {
      if (this.earlyBits !== 'all') this.earlyBits = bits;
      return;
    }
    const problem = bits === 'all' ? null : bitfieldProblem(bits, this.have.length);
    if (problem !== null) return this.hangUp(problem);
    for (let piece = 0; piece < this.have.length && !this.closed; piece++) {
      if (bits === 'all' || ((bits[piece >> 3] as number) & (0x80 >> (piece & 7))) !== 0) this.onHave(torrent, piece);
    }
  }

  /** The number of pieces is known now: what the peer said before gets its meaning. False when it was nonsense. */
  adoptEarlyBits(pieceCount: number): boolean {
    const problem = this.setHave(pieceCount, this.earlyBits ?? 'none');
    this.earlyBits = null;
    for (const piece of this.earlyHaves) if (piece < pieceCount) this.have?.add(piece);
    this.earlyHaves = [];
    if (problem !== null) this.hangUp(problem);
    return problem === null;
  }

  private setHave(pieceCount: number, bits: Uint8Array | 'all' | 'none'): string | null {
    const have = new Bitset(pieceCount);
    if (bits === 'all') have.fill();
    else if (bits !== 'none') {
      const problem = bitfieldProblem(bits, pieceCount);
      if (problem !== null) return problem;
      this.have = new Bitset(pieceCount, bits.slice());
      return null;
    }
    this.have = have;
    return null;
  }

  /** Payload that matches no request of ours. Blocks that we have cancelled are expected for a while. */
  countUnsolicited(bytes: number): void {
    if (this.cancelledBytes >= bytes) {
      this.cancelledBytes -= bytes;
      return;
    }
    this.unsolicitedBytes += bytes;
    if (this.unsolicitedBytes > UNSOLICITED_BYTES_MAX) this.hangUp('sends what nobody asked for');
  }

  // ---- what we say ---------------------------------------------------------------------------------------------------------

  say(message: PeerMessage): void {
    if (this.closed || this.stream === null) return;
    this.lastSentAtMs = this.torrent === null ? this.lastSentAtMs : this.torrent.now();
    this.stream.send(peerMessage, message);
    // Small messages are never held back, but most of them answer something.
    if (this.stream.queuedBytes > UNREAD_BYTES_MAX) this.hangUp('does not read what is sent to it');
  }

  sayHandshake(infoHash: Uint8Array, peerId: Uint8Array): void {
    const reserved = new Uint8Array(8);
    reserved[5] = RESERVED_EXTENSIONS;
    const dht = this.owner.dhtPort === null ? 0 : RESERVED_DHT;
    const v2 = this.torrent?.infoHashes.hybrid === true ? RESERVED_V2 : 0;
    reserved[7] = RESERVED_FAST | dht | v2;
    this.say({ id: PeerMessageId.handshake, reserved, infoHash, peerId });
  }

  setInterested(interested: boolean): void {
    if (this.amInterested === interested) return;
    this.amInterested = interested;
    this.say({ id: interested ? PeerMessageId.interested : PeerMessageId.notInterested });
  }

  sayRequest(piece: number, block: number, length: number): void {
    this.say({ id: PeerMessageId.request, piece, begin: block * BLOCK_BYTES, length });
  }

  sayCancel(piece: number, block: number, length: number): void {
    this.say({ id: PeerMessageId.cancel, piece, begin: block * BLOCK_BYTES, length });
  }

  /** Tells a peer that speaks BEP 6 that a request of its will not be served; the others find out by waiting. */
  sayReject(request: PeerRequest): void {
    if (this.supportsFast) this.say({ id: PeerMessageId.rejectRequest, ...request });
  }

  removeOutstanding(index: number): void {
    // `shift` moves the start of the array, `splice` its thousand elements: a tenth of a download's CPU time.
    if (index === 0) this.outstanding.shift();
    else this.outstanding.splice(index, 1);
  }

  /** Index in `outstanding`, or -1. Answers come in order nearly always, so the search starts at the front. */
  indexOfOutstanding(piece: number, block: number): number {
    const outstanding = this.outstanding;
    for (let index = 0; index < outstanding.length; index++) {
      const request = outstanding[index] as OutstandingRequest;
      if (request.block === block && request.piece === piece) return index;
    }
    return -1;
  }

  /** There will be no handshake on this connection; on another there may. */
  hangUpUnanswered(detail: string): void {
    this.unanswered = true;
    this.hangUp(detail);
  }

  /** Drops the connection at once; the torrent hears of it here and not from the stream. */
  hangUp(detail: string): void {
    if (this.closed) return;
    this.closed = true;
    this.stream?.reset();
    if (this.torrent === null) this.owner.onStrangerGone(this);
    else this.torrent.onGone(this, 'local', detail);
  }
}

/** What is wrong with a bitfield for so many pieces (BEP 3), or null. */
function bitfieldProblem(bits: Uint8Array, pieceCount: number): string | null {
  const bytes = (pieceCount + 7) >> 3;
  if (bits.length !== bytes) return `bitfield of ${bits.length} bytes for ${pieceCount} pieces`;
  const spare = bytes * 8 - pieceCount;
  if (spare > 0 && ((bits[bytes - 1] as number) & ((1 << spare) - 1)) !== 0) return 'bitfield with spare bits set';
  return null;
}
