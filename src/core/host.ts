/**
 * The Host contract: everything a protocol object gets from the outside world, on real sockets (`src/net`) and in the simulator
 * (`src/sim`) alike. `docs/host.md` explains it; `test/host-conformance.ts` holds both hosts to it.
 *
 * Ground rules. The host calls the protocol, one event at a time, and never from inside a method that the protocol called.
 * Inside protocols there are no promises and no closures kept per operation: an operation in flight is an object with fields
 * that receives its result through a method. A timeout is a result, not an exception.
 */

import type { Bitset } from './bitset.ts';
import type { Codec } from './codec.ts';
import type { Framing } from './framing.ts';
import type { Random } from './random.ts';

declare const peerBrand: unique symbol;
/** A remote endpoint as a small integer that only its host can translate; meaningless on another host. */
export type Peer = number & { readonly [peerBrand]: true };

declare const timerBrand: unique symbol;
/** A handle for `clearTimer`; `NO_TIMER` (0) is never a running timer. */
export type Timer = number & { readonly [timerBrand]: true };
export const NO_TIMER = 0 as Timer;

/**
 * An address in the field's compact form: 4 or 16 bytes of IP, then 2 bytes of port, all big-endian (BEP 23, BEP 7).
 * `core/endpoint.ts` turns it to text and back.
 */
export type Endpoint = Uint8Array;

/**
 * File content on its way through a protocol that only needs its length. On sockets it is a Uint8Array, in the simulator a
 * length with a mark that tells genuine content from poison. Only the host that made it looks inside.
 */
export interface Body {
  readonly length: number;
  /** A part of it, borrowed as long as the whole is. */
  subarray(begin: number, end: number): Body;
}

export interface Host {
  readonly random: Random;
  /** Milliseconds since some fixed moment; constant while one event is handled. May be fractional, never runs backwards. */
  now(): number;

  /** Calls `protocol.onTimer(kind, arg)` once, no sooner than `delayMs` from now. */
  setTimer(delayMs: number, kind: number, arg: number): Timer;
  /** Forgets a timer. A timer that has fired, was cleared before, or is NO_TIMER is ignored. */
  clearTimer(timer: Timer): void;

  /** The peer at that endpoint; the same endpoint gives the same peer. The bytes are copied. */
  peer(endpoint: Endpoint): Peer;
  /** A copy of the endpoint of a peer. */
  endpoint(peer: Peer): Endpoint;
  /** Own endpoint of the datagram socket and the stream listener, as far as it is known: the address may be a wildcard. */
  readonly self: { readonly datagram: Endpoint | null; readonly stream: Endpoint | null };
  /** Looks a host name up; IP literals answer too, in a later event like the others. */
  resolve(hostname: string, port: number, operation: ResolveOperation): void;

  /**
   * Says who gets datagrams of a format. Several formats share the socket when their codecs recognise them; what none does goes to the
   * one whose codec does not say. A datagram that nobody recognises or the codec rejects is counted, tapped and dropped.
   */
  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void;
  /** Sends a datagram, unreliably. The message must not change any more. */
  send<M>(peer: Peer, codec: Codec<M>, message: M): void;

  /**
   * Opens a stream. `handler.onOpen` or `handler.onClose` follows, within CONNECT_TIMEOUT_MS. With `secureName` it is a TLS stream to
   * the server of that name, whose certificate has to be valid for it (https). The simulator carries it like any other stream.
   */
  connect<M, H>(peer: Peer, framing: Framing<M, H>, handler: StreamHandler<M, H>, secureName?: string): Stream;
  /** Accepts streams from now on; one listener a host. */
  listen<M, H>(framing: Framing<M, H>, acceptor: StreamAcceptor<M, H>): void;

  /**
   * For protocols that carry streams over datagrams themselves: writes the bytes of a body of this host at `offset`, which lets its store
   * use them again; and makes a body of bytes that came, borrowed as they are.
   */
  packBody(body: Body, into: Uint8Array, offset: number): void;
  unpackBody(bytes: Uint8Array): Body;

  /** Opens content on disk (in the simulator: a bitmap). `handler.onStoreReady` or `onStoreFailed` follows. */
  openStore(spec: StoreSpec, handler: StoreHandler): Store;

  /** Reports an event of `observe/events.ts` to whoever watches; numbers only. Costs one null check when nobody does. */
  tap(event: number, a: number, b: number, c: number): void;
}

/** What a host runs. Made by a factory that gets the Host; `start` is its first event. */
export interface Protocol {
  start(): void;
  onTimer(kind: number, arg: number): void;
  /** Ends everything in an orderly way: says goodbye, clears timers, ends streams, closes stores. Nothing may be called after. */
  stop(): void;
  /** Plain data about this node for people to look at, made on demand. */
  inspect(): unknown;
}

export const CONNECT_TIMEOUT_MS = 10_000;

export interface ResolveOperation {
  /** The addresses found, each with the port asked for; empty when there are none or the lookup failed. */
  onResolved(endpoints: readonly Endpoint[]): void;
}

export interface DatagramHandler<M> {
  onDatagram(from: Peer, message: M): void;
}

// ---- streams -------------------------------------------------------------------------------------------------------------

/** One reliable, ordered connection. What is sent in one event leaves in as few writes as possible when the event is over. */
export interface Stream {
  readonly peer: Peer;
  /** True for a stream that the other side opened. */
  readonly incoming: boolean;
  /** Bytes handed over and not yet taken by the network. */
  readonly queuedBytes: number;
  /**
   * `send` answers false once more than this is queued, and `onDrain` follows when at most half of it is left. Starts as
   * STREAM_QUEUE_BYTES; a protocol lowers it for a slow receiver, so that what it decides later is not stuck behind minutes of data.
   */
  queueBytesMax: number;
  /** Queues a message, also before `onOpen`. False: more than `queueBytesMax` is queued now; wait for `onDrain`. */
  send<M>(codec: Codec<M>, message: M): boolean;
  /**
   * Queues a message and, right behind it, a body that came from a store of this host. `codec.size(head)` counts the head alone.
   * The body is not copied; the store keeps it unchanged until it has left.
   */
  sendBulk<H>(codec: Codec<H>, head: H, body: Body): boolean;
  /** No onMessage, onBulk or onEnd until `resume`; what arrives meanwhile holds the sender back. */
  pause(): void;
  resume(): void;
  /**
   * From now on what arrives is cut by another framing and reported to another handler (which gets no onOpen). With a cipher it goes
   * through that first, from the byte on at which the old framing stopped; a stream deciphers once.
   */
  upgrade<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>, decipher?: StreamCipher): void;
  /** What is sent from now on goes through the cipher; null: goes as it is again. What was queued before is left alone. */
  encipher(cipher: StreamCipher | null): void;
  /** Sends what is queued, then closes this direction. The other side gets `onEnd`. */
  end(): void;
  /** Drops everything at once. `onClose('local')` follows in a later event. */
  reset(): void;
}

/**
 * Turns the bytes of one direction of a stream into others, one for one and in order. A stream that passes objects on instead of
 * bytes never calls it.
 */
export interface StreamCipher {
  /** Writes what becomes of from[start, end) at `offset`; `into` may be `from` itself, at the same place. */
  transform(from: Uint8Array, start: number, end: number, into: Uint8Array, offset: number): void;
}

/** What `queueBytesMax` of a new stream is. */
export const STREAM_QUEUE_BYTES = 1 << 20;

/**
 * Why a stream closed. ended: both sides said so. local: we reset it. reset: the other side or the network did. refused, timeout,
 * unreachable: it never opened. malformed: what came was no frame; the host has reset it.
 */
export type CloseReason = 'ended' | 'local' | 'reset' | 'refused' | 'timeout' | 'unreachable' | 'malformed';

/** The connection object of a protocol is itself the handler of its stream. */
export interface StreamHandler<M, H = never> {
  onOpen(stream: Stream): void;
  onMessage(message: M): void;
  /** A slice of the body announced by `head`, `offset` bytes into it. Slices come in order; the protocol counts to the end. */
  onBulk(head: H, body: Body, offset: number): void;
  /** The queue has room again after `send` answered false. */
  onDrain(): void;
  /** The other side sends no more; we still may. */
  onEnd(): void;
  /** The last call. `detail` is for people: the reason a frame was malformed, the error code of the system. */
  onClose(reason: CloseReason, detail: string): void;
}

export interface StreamAcceptor<M, H = never> {
  /** A newcomer: the handler that gets its `onOpen` next, or null to refuse it. */
  onConnection(peer: Peer): StreamHandler<M, H> | null;
}

// ---- content stores ------------------------------------------------------------------------------------------------------

/** Where a piece of content lies and how it is checked. A piece is the unit that has a hash of its own. */
export interface StoreSpec {
  /** A folder (net) or a label (sim); the files lie below it and never leave it. */
  readonly location: string;
  /** One entry for a single file; paths are relative, one string a component. Lengths in bytes. */
  readonly files: readonly StoreFile[];
  readonly totalBytes: number;
  readonly pieceBytes: number;
  /** 20 bytes of SHA-1 a piece, concatenated (BitTorrent v1); empty where pieces have none. */
  readonly pieceHashes: Uint8Array;
  /**
   * 32 bytes a piece: the root of its tree of SHA-256 (BitTorrent v2), in content whose files each begin a piece; null where pieces
   * have none. Where there are both, a piece must match both.
   */
  readonly pieceRoots: Uint8Array | null;
  /**
   * 24 bytes a piece: a level of the Tiger tree of content that is a single file, whose pieces are a power of two of its leaves (THEX). Then
   * there are no other hashes of pieces.
   */
  readonly pieceTigers?: Uint8Array | null;
  /**
   * Pieces have no hash of any kind: each is kept as it comes, `have` says that it came, and only `match` says something of what it is. Opened
   * for reading only, all is there as soon as the lengths are right.
   */
  readonly provisional?: boolean;
  /** Identifies the content to the resume record: the info-hash in hex. */
  readonly key: string;
  /** False opens what is there for reading only and fails if it is not. */
  readonly writable: boolean;
  /** `trust` believes the resume record where size and mtime still match; `check` hashes all that lies on disk. */
  readonly recheck: 'trust' | 'check';
}

export interface StoreFile {
  readonly path: readonly string[];
  readonly length: number;
  /** BEP 47 padding: reads as zeros, is never written, and need not come where pieces have trees. */
  readonly pad: boolean;
  readonly executable: boolean;
  /** BEP 47 symlink target below the location, or null. */
  readonly symlink: readonly string[] | null;
}

/**
 * Content on its way in and out. Blocks of a piece are gathered until `verify`; a verified piece is on disk and in the resume
 * record before `onVerified(true)`, so that a crash at any moment costs no verified piece.
 */
export interface Store {
  /** Where the files lie: the place asked for, or the one to which they were moved from there. Valid after onStoreReady. */
  readonly location: string;
  /** Pieces that are verified and readable; valid after onStoreReady, kept up to date by the store. */
  readonly have: Bitset;
  /**
   * Takes a slice of a block that has arrived: copied before it returns. False: the disk is behind by STORE_DIRTY_BYTES; pause
   * the streams until `onStoreDrain`. Writing to a verified piece is ignored.
   */
  write(piece: number, offset: number, body: Body): boolean;
  /** All blocks of the piece have been written: hash it and keep it. */
  verify(piece: number, operation: VerifyOperation): void;
  /** Forgets the blocks gathered for a piece. */
  discard(piece: number): void;
  /** A piece of provisional content has to come again. */
  forget(piece: number): void;
  /** Whether content that is a single file, and all there, has each of these hashes. */
  match(hashes: ContentHashes, operation: MatchOperation): void;
  /**
   * One short fingerprint per 16 KiB block of what is gathered of a piece, or of the verified piece: how smart ban tells whose
   * block was bad. Call it between a failed `onVerified` and `discard`, and again when the piece has passed.
   */
  fingerprints(piece: number, operation: FingerprintOperation): void;
  /**
   * SHA-256 of each 16 KiB block of what is gathered of a piece, or of the verified piece: the leaves of its tree, without filling.
   * Only where pieces have trees.
   */
  leaves(piece: number, operation: LeavesOperation): void;
  /** Reads from a verified piece. Reads ahead on its own account, and answers `onRead` in the order of the calls. */
  read(piece: number, offset: number, length: number, operation: ReadOperation): void;
  /** Which files are wanted (index parallel to spec.files): unwanted ones are not created unless a piece straddles them. */
  select(wanted: readonly boolean[]): void;
  /** Hashes again all that is on disk; ends with onStoreReady. */
  recheck(): void;
  /**
   * Takes the files to another folder while everything goes on: by renaming, or where that cannot be by copying. They count as there when
   * all of them are; until then, and after a failure or a crash, they are where they were. One move at a time.
   */
  move(location: string, operation: MoveOperation): void;
  /** How much more fits where the files lie. */
  room(operation: RoomOperation): void;
  /** Writes the resume record, lets go of the files; `onStoreClosed` is the last call. */
  close(): void;
}

export const STORE_DIRTY_BYTES = 32 << 20;

export interface StoreHandler {
  onStoreReady(): void;
  /** While checking: bytes looked at so far. */
  onStoreProgress(checkedBytes: number): void;
  onStoreDrain(): void;
  /** The store cannot go on: nothing verified is lost. */
  onStoreFailed(failure: StoreFailure): void;
  onStoreClosed(): void;
}

export interface VerifyOperation {
  onVerified(piece: number, ok: boolean): void;
}

/** Hashes of a whole file, by which networks name it; null where one is not known. */
export interface ContentHashes {
  /** 20 bytes. */
  readonly sha1: Uint8Array | null;
  /** 24 bytes: the root of the Tiger tree. */
  readonly tiger: Uint8Array | null;
  /** 16 bytes: eDonkey's MD4 of MD4s. */
  readonly ed2k: Uint8Array | null;
  /** 20 bytes: FastTrack's UUHash. */
  readonly uu: Uint8Array | null;
  /** 32 bytes: the root of the tree of BitTorrent v2. */
  readonly merkle: Uint8Array | null;
}

export interface MatchOperation {
  /** Not called when the store is closed or fails meanwhile. */
  onMatched(matches: boolean): void;
}

export interface FingerprintOperation {
  onFingerprints(piece: number, fingerprints: readonly string[]): void;
}

export interface LeavesOperation {
  /** 32 bytes a block; the receiver's. */
  onLeaves(piece: number, leaves: Uint8Array): void;
}

export interface MoveOperation {
  /** Null: all is at the new place. Not called when the store is closed or fails meanwhile. */
  onMoved(failure: StoreFailure | null): void;
}

export interface Room {
  /** What others and we may still write; infinite where nobody can tell. */
  readonly freeBytes: number;
  /** Tells the places apart that share one `freeBytes`. */
  readonly volume: number;
  /** What the files occupy already beyond their verified pieces: where files have no holes, that is all that is still to come. */
  readonly aheadBytes: number;
}

export interface RoomOperation {
  onRoom(room: Room): void;
}

export interface ReadOperation {
  /** `body` is null when the store failed or the file has changed under us. */
  onRead(piece: number, offset: number, body: Body | null): void;
}

/** `metainfo`: what says where the content lies is itself unusable. */
export type StoreFailureKind = 'no-space' | 'denied' | 'missing' | 'changed' | 'unsafe-path' | 'in-the-way' | 'metainfo' | 'io';

export interface StoreFailure {
  readonly kind: StoreFailureKind;
  /** What was expected and what came, for people. */
  readonly message: string;
  readonly path: string;
}

// ---- multicast, for local discovery -------------------------------------------------------------------------------------------

/** Everybody who listens in our own network. Not part of Host: only who needs it is given one. */
export interface Multicaster {
  /** The groups that can be spoken to here: none where the network has no multicast. */
  readonly groups: readonly Endpoint[];
  /** Says who gets what is said to the groups, what we say ourselves included, and its format. What the codec rejects is dropped. */
  hear<M>(codec: Codec<M>, handler: GroupHandler<M>): void;
  /** Says it in every network that we are in, unreliably. */
  say<M>(group: Endpoint, codec: Codec<M>, message: M): void;
}

export interface GroupHandler<M> {
  onHeard(from: Endpoint, message: M): void;
}

// ---- HTTP, for trackers and web seeds ---------------------------------------------------------------------------------------

/** A client for small HTTP(S) answers. Not part of Host: only who needs it is given one. */
export interface Fetcher {
  fetch(url: string, limits: FetchLimits, operation: FetchOperation): void;
}

export interface FetchLimits {
  readonly bytesMax: number;
  readonly timeoutMs: number;
}

export interface FetchOperation {
  /** status 0: no answer; `detail` says why. The body is whole and owned by the receiver. */
  onFetched(status: number, body: Uint8Array, detail: string): void;
}
