/**
 * Tells what comes in at a port by its first bytes: a request for a file, or somebody who was asked to dial. A servent whose port also takes
 * its network's own connections looks at them first and hands over the rest. Owns no state; each newcomer costs a line of bytes, and a while.
 */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import type { CloseReason, Peer, Stream, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { type CallBack, CALL_BACK_BYTES_MAX, callBack, callBackEnd } from './call-back.ts';
import { primed } from '../../core/primed.ts';

/** The first bytes of a request; the rest of it has not been taken. */
export interface RequestBegin {
  readonly first: Uint8Array;
}

/** Where the host passes messages on, a request comes whole. */
export type DoorMessage = RequestBegin | CallBack | HttpRequest;

/** Who gets what comes in. */
export interface DoorOwner {
  onRequest(stream: Stream, first: Uint8Array | HttpRequest): void;
  /** He says which file he brings; what follows is the owner's. */
  onCallBack(stream: Stream, message: CallBack): void;
  /** So many say nothing yet: one more is let in, or not. */
  admits(visitor: DoorVisitor): boolean;
  onLeft(visitor: DoorVisitor): void;
}

const REQUESTS = ['GET ', 'HEAD '];
const CALLS = ['GIV ', 'GIVE ', 'PUSH ', 'QUEUE '];
const WORD_BYTES_MAX = 6;

export const doorFraming: Framing<DoorMessage> = {
  name: 'file door',
  deframer: () => new DoorDeframer(),
};

class DoorDeframer implements Deframer<DoorMessage> {
  private kept = new Uint8Array(0);

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<DoorMessage>): number {
    if (start === end) return start;
    const have = this.kept.length;
    const joined = new Uint8Array(have + Math.min(end - start, CALL_BACK_BYTES_MAX + 1 - have));
    joined.set(this.kept);
    joined.set(bytes.subarray(start, start + joined.length - have), have);
    const word = latin1(joined, 0, Math.min(joined.length, WORD_BYTES_MAX));
    if (REQUESTS.some((each) => word.startsWith(each))) {
      // Of this chunk nothing is taken: the one who is handed the stream begins with it.
      sink.onMessage({ first: this.kept });
      return start;
    }
    if (CALLS.some((each) => word.startsWith(each))) {
      const after = callBackEnd(joined, 0, joined.length);
      if (after > 0) {
        sink.onMessage(callBack.decode(joined, 0, after));
        return start + after - have;
      }
      if (joined.length > CALL_BACK_BYTES_MAX) throw new MalformedMessage(`a call back has at most ${CALL_BACK_BYTES_MAX} bytes`);
    } else if (![...REQUESTS, ...CALLS].some((each) => each.startsWith(word))) {
      throw new MalformedMessage(`a request or a call back is expected, got ${word}`);
    }
    this.kept = joined;
    return end;
  }
}

export class FileDoor implements StreamAcceptor<DoorMessage> {
  private readonly owner: DoorOwner;

  constructor(owner: DoorOwner) {
    this.owner = owner;
  }

  onConnection(_peer: Peer): StreamHandler<DoorMessage> | null {
    const visitor = new DoorVisitor(this.owner);
    return this.owner.admits(visitor) ? visitor : null;
  }

  /** For a servent that has read `first` and found that it is not for its network. Null: he is not let in, and the stream is the servent's to reset. */
  accept(stream: Stream, first: Uint8Array): StreamHandler<DoorMessage> | null {
    const visitor = new DoorVisitor(this.owner);
    if (!this.owner.admits(visitor)) return null;
    visitor.onOpen(stream);
    stream.upgrade(primed(doorFraming, first), visitor);
    return visitor;
  }
}

/** One who has come in and not yet said what for. */
export class DoorVisitor implements StreamHandler<DoorMessage> {
  sinceMs = 0;
  private readonly owner: DoorOwner;
  private stream: Stream | null = null;

  constructor(owner: DoorOwner) {
    this.owner = owner;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
  }

  onMessage(message: DoorMessage): void {
    const { stream } = this;
    if (stream === null) return;
    this.owner.onLeft(this);
    if ('kind' in message) this.owner.onCallBack(stream, message);
    else this.owner.onRequest(stream, 'first' in message ? message.first : message);
  }

  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.drop();
  }

  onClose(_reason: CloseReason): void {
    this.owner.onLeft(this);
  }

  drop(): void {
    this.owner.onLeft(this);
    this.stream?.reset();
  }
}
