/** Two hosts that talk over µTP until each has heard all that the other had to say: every byte is known by its place. */

import assert from 'node:assert/strict';
import type { CloseReason, Host, Peer, Protocol, Stream, StreamHandler } from '../../src/core/host.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { UtpPort } from '../../src/transfer/utp/index.ts';
import { rawBytes, rawFraming } from './flows.ts';

const UTP_TIMER = 99;
const DIAL = 1;
const RESUME = 2;

export interface Talk {
  /** Bytes to say. */
  readonly bytes: number;
  /** Most bytes of one message. */
  readonly messageBytes: number;
  /** Stops listening after so many bytes, for so long. */
  readonly pauseAtBytes?: number;
  readonly pauseMs?: number;
}

/** Byte number `at` of what is said, by whom. */
function byteAt(at: number, side: number): number {
  return (Math.imul(at + side * 7919, 2654435761) >>> 13) & 0xff;
}

/** Dials when it is told whom; says its bytes, ends, hears the other out. */
export class Talker implements Protocol, StreamHandler<Uint8Array> {
  readonly port: UtpPort;
  heard = 0;
  ended = false;
  closed: CloseReason | null = null;
  stream: Stream | null = null;
  private said = 0;
  private paused = false;
  private readonly host: Host;
  private readonly talk: Talk;
  private readonly to: SimNode | null;

  constructor(host: Host, talk: Talk, to: SimNode | null) {
    this.host = host;
    this.talk = talk;
    this.to = to;
    this.port = new UtpPort(host, UTP_TIMER);
  }

  start(): void {
    this.port.start();
    this.port.listen(rawFraming, { onConnection: (_peer: Peer) => this });
    if (this.to !== null) this.host.setTimer(0, DIAL, 0);
  }

  onTimer(kind: number, arg: number): void {
    if (kind === UTP_TIMER) return this.port.onTimer(arg);
    if (kind === RESUME) {
      this.paused = false;
      this.stream?.resume();
      return;
    }
    this.stream = this.port.connect((this.to as SimNode).peer, rawFraming, this);
    this.say();
  }

  private say(): void {
    const stream = this.stream as Stream;
    const side = stream.incoming ? 1 : 0;
    while (this.said < this.talk.bytes) {
      const length = Math.min(this.talk.bytes - this.said, 1 + this.host.random.below(this.talk.messageBytes));
      const from = this.said;
      this.said += length;
      if (
        !stream.send(
          rawBytes,
          new Uint8Array(length).map((_, at) => byteAt(from + at, side)),
        )
      )
        return;
    }
    stream.end();
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (stream.incoming) this.say();
  }

  onMessage(bytes: Uint8Array): void {
    assert.ok(!this.paused && !this.ended && this.closed === null, 'heard out of turn');
    const side = this.stream?.incoming ? 0 : 1;
    for (let at = 0; at < bytes.length; at++) assert.equal(bytes[at], byteAt(this.heard + at, side), `byte ${this.heard + at}`);
    this.heard += bytes.length;
    const { pauseAtBytes, pauseMs } = this.talk;
    if (pauseAtBytes === undefined || this.heard < pauseAtBytes || this.heard - bytes.length >= pauseAtBytes) return;
    this.paused = true;
    this.stream?.pause();
    this.host.setTimer(pauseMs ?? 1000, RESUME, 0);
  }

  onBulk(): void {}
  onDrain(): void {
    this.say();
  }
  onEnd(): void {
    this.ended = true;
  }
  onClose(reason: CloseReason): void {
    this.closed = reason;
  }
  stop(): void {
    this.port.close();
  }
  inspect(): unknown {
    return { heard: this.heard, said: this.said, ended: this.ended, closed: this.closed, streams: this.port.inspect() };
  }
}
