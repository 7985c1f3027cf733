/** Flows for the simulator: one that always has something to send over µTP, one that behaves as TCP does, and a sink for both. */

import { readU32, writeU32 } from '../../src/core/bytes.ts';
import { type Codec, MalformedMessage } from '../../src/core/codec.ts';
import type { Framing, FrameSink } from '../../src/core/framing.ts';
import type { Host, Peer, Protocol, Stream, StreamHandler } from '../../src/core/host.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { UtpPort } from '../../src/transfer/utp/index.ts';

const UTP_TIMER = 99;
const CHUNK_BYTES = 16_384;

/** Bytes as they come. */
export const rawBytes: Codec<Uint8Array> = {
  name: 'raw bytes',
  size: (bytes) => bytes.length,
  encode(bytes, into, offset) {
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode: (bytes, start, end) => bytes.slice(start, end),
};

export const rawFraming: Framing<Uint8Array> = {
  name: 'raw bytes',
  deframer: () => ({
    push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Uint8Array>): number {
      if (!sink.open) return start;
      sink.onMessage(bytes.slice(start, end));
      return end;
    },
  }),
};

/** Takes what comes by either kind of flow and counts it by sender. */
export class Sink implements Protocol {
  readonly received = new Map<Peer, number>();
  readonly port: UtpPort;
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
    this.port = new UtpPort(host, UTP_TIMER);
  }

  start(): void {
    this.port.start();
    this.port.listen(rawFraming, { onConnection: (peer) => new Counter(this, peer) });
    this.host.bind(segment, {
      onDatagram: (from, { number }) => {
        this.count(from, SEGMENT_BYTES);
        this.host.send(from, segmentAck, { number });
      },
    });
  }

  count(from: Peer, bytes: number): void {
    this.received.set(from, (this.received.get(from) ?? 0) + bytes);
  }

  onTimer(_kind: number, arg: number): void {
    this.port.onTimer(arg);
  }
  stop(): void {
    this.port.close();
  }
  inspect(): unknown {
    return [...this.received];
  }
}

class Counter implements StreamHandler<Uint8Array> {
  private readonly sink: Sink;
  private readonly peer: Peer;

  constructor(sink: Sink, peer: Peer) {
    this.sink = sink;
    this.peer = peer;
  }

  onMessage(bytes: Uint8Array): void {
    this.sink.count(this.peer, bytes.length);
  }
  onOpen(): void {}
  onBulk(): void {}
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

/** Sends zeros over µTP from a moment on, for as long as it runs. */
export class UtpFlow implements Protocol, StreamHandler<Uint8Array> {
  readonly port: UtpPort;
  readonly closed: string[] = [];
  private readonly host: Host;
  private readonly to: SimNode;
  private readonly startMs: number;
  private stream: Stream | null = null;

  constructor(host: Host, to: SimNode, startMs = 0) {
    this.host = host;
    this.to = to;
    this.startMs = startMs;
    this.port = new UtpPort(host, UTP_TIMER);
  }

  start(): void {
    this.port.start();
    this.host.setTimer(this.startMs, 0, 0);
  }

  onTimer(kind: number, arg: number): void {
    if (kind === UTP_TIMER) return this.port.onTimer(arg);
    this.stream = this.port.connect(this.to.peer, rawFraming, this);
    this.fill();
  }

  private fill(): void {
    while (this.stream?.send(rawBytes, new Uint8Array(CHUNK_BYTES)) === true);
  }

  onDrain(): void {
    this.fill();
  }
  onClose(reason: string, detail: string): void {
    this.closed.push(`${reason}: ${detail}`);
  }
  onOpen(): void {}
  onMessage(): void {}
  onBulk(): void {}
  onEnd(): void {}
  stop(): void {
    this.port.close();
  }
  inspect(): unknown {
    return this.port.inspect();
  }
}

// ---- as TCP does -----------------------------------------------------------------------------------------------------------

const SEGMENT_BYTES = 1452;
const SEGMENT_MARK = 0x7c;
const ACK_MARK = 0x7d;
const LATER_ARRIVALS = 3;
const TIMEOUT_MS = 1000;

interface Segment {
  readonly number: number;
}

function marked(name: string, mark: number, bytes: number): Codec<Segment> {
  return {
    name,
    size: () => bytes,
    encode(message, into, offset) {
      into[offset] = mark;
      writeU32(into, offset + 1, message.number);
      into.fill(0, offset + 5, offset + bytes);
      return offset + bytes;
    },
    decode(from, start, end) {
      if (end - start !== bytes || from[start] !== mark) throw new MalformedMessage(`a ${name} expected`);
      return { number: readU32(from, start + 1) };
    },
    recognizes: (from, start, end) => end - start === bytes && from[start] === mark,
  };
}

const segment = marked('segment', SEGMENT_MARK, SEGMENT_BYTES);
const segmentAck = marked('segment ack', ACK_MARK, 20);

/**
 * Reno (RFC 5681) with every segment acknowledged by itself: slow start, one more segment a round trip, half the window when one is lost.
 * It never sends anything again, since it has nothing to say.
 */
export class RenoFlow implements Protocol {
  private readonly host: Host;
  private readonly to: SimNode;
  private readonly startMs: number;
  private readonly untilMs: number;
  private readonly under = new Map<number, number>();
  private windowSegments = 4;
  private slowStartMax = Number.POSITIVE_INFINITY;
  private next = 1;
  private recoversAt = 0;

  constructor(host: Host, to: SimNode, startMs: number, untilMs: number) {
    this.host = host;
    this.to = to;
    this.startMs = startMs;
    this.untilMs = untilMs;
  }

  start(): void {
    this.host.bind(segmentAck, { onDatagram: (_from, { number }) => this.onAck(number) });
    this.host.setTimer(this.startMs, 0, 0);
  }

  onTimer(): void {
    const now = this.host.now();
    // Segments are in the order in which they were sent: the first is the oldest.
    const [oldest] = this.under.values();
    if (oldest !== undefined && now - oldest > TIMEOUT_MS) {
      this.under.clear();
      this.slowStartMax = Math.max(2, this.windowSegments / 2);
      this.windowSegments = 1;
    }
    this.fill();
    if (now < this.untilMs) this.host.setTimer(100, 0, 0);
  }

  private onAck(number: number): void {
    if (!this.under.delete(number)) return;
    if (this.windowSegments < this.slowStartMax) this.windowSegments++;
    else this.windowSegments += 1 / this.windowSegments;
    for (const older of this.under.keys()) {
      if (older > number - LATER_ARRIVALS) break;
      this.under.delete(older);
      if (older < this.recoversAt) continue;
      this.windowSegments = Math.max(2, this.windowSegments / 2);
      this.slowStartMax = this.windowSegments;
      this.recoversAt = this.next;
    }
    this.fill();
  }

  private fill(): void {
    const now = this.host.now();
    while (now < this.untilMs && this.under.size < Math.floor(this.windowSegments)) {
      this.under.set(this.next, now);
      this.host.send(this.to.peer, segment, { number: this.next++ });
    }
  }

  stop(): void {}
  inspect(): unknown {
    return { windowSegments: this.windowSegments };
  }
}
