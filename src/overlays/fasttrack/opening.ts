/**
 * The first bytes of a stream (giFT-FastTrack, `PROTOCOL`, Session establishment 1–2), before there are frames: the seeds of both sides and the kind of
 * encryption, or HTTP, which comes to the same port. Owns no state but that of a direction of a stream.
 */

import { latin1, readU32, writeU32 } from '../../core/bytes.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import type { Peer, Stream, StreamHandler } from '../../core/host.ts';
import { primed } from '../../core/primed.ts';
import { RawBytes } from '../../core/raw-bytes.ts';
import { ENCRYPTION_TYPE, KNOWN_MASK, KNOWN_SEED } from './cipher.ts';

const HELLO_BYTES = 12;
const ANSWER_BYTES = 8;
/** What giFT and mldonkey begin with; other numbers made real supernodes hang up. */
const HELLO_MARK = 0xfa00_b62b;
/** The seed of our side when we dial, with the mask that belongs to it: see `KNOWN_SEED`. */
const DIALLER_SEED = 0x0000_1000;
const DIALLER_MASK = 0x0389_4010;
/** How a stream begins that is no session: a request, or the answer to a push. */
const FOREIGN = new Set(['GET ', 'HEAD', 'GIVE', 'POST']);
const METHOD_BYTES = 4;

/** All bytes of a hello or of its answer. */
export interface OpeningBytes {
  readonly type: 'opening';
  readonly bytes: Uint8Array;
}

/** The stream is HTTP: what has been taken of it so far, fewer bytes than its first word has. */
export interface ForeignBytes {
  readonly type: 'foreign';
  readonly bytes: Uint8Array;
}

/** Who takes the streams that begin as HTTP does, as a host's listener would. */
export interface ForeignDoor {
  readonly framing: Framing<unknown, unknown>;
  onConnection(peer: Peer): StreamHandler<unknown, unknown> | null;
}

/** What who is dialled gets first. */
export const helloFrames: Framing<OpeningBytes | ForeignBytes> = {
  name: 'fasttrack hello',
  deframer: () => new OpeningDeframer(HELLO_BYTES, true),
};
/** What who has dialled gets first. */
export const answerFrames: Framing<OpeningBytes | ForeignBytes> = {
  name: 'fasttrack answer',
  deframer: () => new OpeningDeframer(ANSWER_BYTES, false),
};

export interface Seeds {
  readonly fromDialler: number;
  readonly toDialler: number;
}

export function hello(): RawBytes {
  const bytes = new Uint8Array(HELLO_BYTES);
  writeU32(bytes, writeU32(bytes, writeU32(bytes, 0, HELLO_MARK), DIALLER_SEED), ENCRYPTION_TYPE ^ DIALLER_MASK);
  return new RawBytes(bytes);
}

export function answer(): RawBytes {
  const bytes = new Uint8Array(ANSWER_BYTES);
  writeU32(bytes, writeU32(bytes, 0, KNOWN_SEED), ENCRYPTION_TYPE ^ KNOWN_MASK);
  return new RawBytes(bytes);
}

/** The server decides about the encryption, so what the client wishes is not looked at. */
export function seedsOfHello(bytes: Uint8Array): Seeds {
  return { fromDialler: (readU32(bytes, 4) ^ KNOWN_SEED) >>> 0, toDialler: KNOWN_SEED };
}

/** Null: a server whose seed masks its choice in a way that we cannot undo, or a choice that we do not speak. */
export function seedsOfAnswer(bytes: Uint8Array): Seeds | null {
  const seed = readU32(bytes, 0);
  if (seed !== KNOWN_SEED || (readU32(bytes, 4) ^ KNOWN_MASK) !== ENCRYPTION_TYPE) return null;
  return { fromDialler: (DIALLER_SEED ^ seed) >>> 0, toDialler: seed };
}

/** Hands a stream over whose first bytes have been taken; `first` is them, or the whole message in a world of objects. */
export function handOver(stream: Stream, door: ForeignDoor, first: ForeignBytes | { readonly message: unknown }): void {
  const handler = door.onConnection(stream.peer);
  if (handler === null) return stream.reset();
  const isBytes = 'bytes' in first;
  stream.upgrade(isBytes ? primed(door.framing, first.bytes) : door.framing, handler);
  handler.onOpen(stream);
  if (!isBytes) handler.onMessage(first.message);
}

class OpeningDeframer implements Deframer<OpeningBytes | ForeignBytes> {
  private readonly gathered: Uint8Array;
  private readonly mayBeForeign: boolean;
  private length = 0;

  constructor(length: number, mayBeForeign: boolean) {
    this.gathered = new Uint8Array(length);
    this.mayBeForeign = mayBeForeign;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<OpeningBytes | ForeignBytes>): number {
    let at = start;
    while (sink.open && at < end) {
      const had = this.length;
      const taken = Math.min(end - at, this.gathered.length - had);
      this.gathered.set(bytes.subarray(at, at + taken), had);
      this.length += taken;
      if (this.mayBeForeign && had < METHOD_BYTES && FOREIGN.has(latin1(this.gathered, 0, Math.min(this.length, METHOD_BYTES)))) {
        // Of this chunk nothing is taken: what came before is too little to decide anything by, for whoever gets the stream.
        this.length = 0;
        sink.onMessage({ type: 'foreign', bytes: this.gathered.slice(0, had) });
        return at;
      }
      at += taken;
      if (this.length < this.gathered.length) break;
      this.length = 0;
      sink.onMessage({ type: 'opening', bytes: this.gathered.slice() });
    }
    return at;
  }
}
