/** What the simulator costs: events of the wheel with few and many pending, datagrams, and blocks of a crowd. `node bench/sim.ts` */

import { readFileSync } from 'node:fs';
import { noteCodec, notes, type Parcel, parcelCodec } from '../test/notes-protocol.ts';
import type { Body, Host, Peer, Protocol, Stream } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { EventWheel } from '../src/sim/event-wheel.ts';
import { genuineBody } from '../src/sim/sim-body.ts';
import { World } from '../src/sim/world.ts';

const SECOND_TICKS = 1_024_000;

/** Each event puts in the next one, up to a second later. */
function wheel(pending: number, events: number): void {
  const random = new Random(1);
  const queue = new EventWheel();
  // Drawn before, so that only the wheel is measured.
  const delays = Float64Array.from({ length: 1 << 16 }, () => random.below(SECOND_TICKS));
  for (let count = 0; count < pending; count++) queue.insert(delays[count & 0xffff] as number, 1, 0, 0, null);
  const begin = performance.now();
  for (let count = 0; count < events; count++) {
    queue.next(Number.MAX_SAFE_INTEGER);
    queue.insert(queue.now + (delays[count & 0xffff] as number), 1, 0, 0, null);
  }
  report(`wheel, ${pending.toLocaleString()} pending`, performance.now() - begin, events, 'event');
}

/** Nodes that answer every datagram. */
class Echo implements Protocol {
  private readonly host: Host;
  private readonly nodes: number;

  constructor(host: Host, nodes: number) {
    this.host = host;
    this.nodes = nodes;
  }

  start(): void {
    this.host.bind(noteCodec, { onDatagram: (from, note) => this.host.send(from, noteCodec, note) });
    this.host.send((1 + this.host.random.below(this.nodes)) as Peer, noteCodec, { text: 'ping' });
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

function datagrams(nodes: number, virtualMs: number): void {
  const world = new World({ seed: 1, latency: { kind: 'uniform', minMs: 10, maxMs: 200 } });
  for (let index = 0; index < nodes; index++) world.addNode((host) => new Echo(host, nodes));
  world.runFor(300);
  const before = world.counters.datagramsDelivered;
  const begin = performance.now();
  world.runFor(virtualMs);
  report(`datagrams, ${nodes.toLocaleString()} nodes`, performance.now() - begin, world.counters.datagramsDelivered - before, 'datagram');
}

const BLOCK_BYTES = 16_384;

/** Sends blocks without end to a few others. */
class Pourer implements Protocol {
  static blocks = 0;
  private readonly host: Host;
  private readonly nodes: number;
  private readonly streams: number;

  constructor(host: Host, nodes: number, streams: number) {
    this.host = host;
    this.nodes = nodes;
    this.streams = streams;
  }

  start(): void {
    this.host.listen(notes, { onConnection: () => new Sink() });
    for (let count = 0; count < this.streams; count++)
      this.host.connect((1 + this.host.random.below(this.nodes)) as Peer, notes, new Pour());
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

class Sink {
  onOpen(): void {}
  onMessage(): void {}
  onBulk(_head: Parcel, _body: Body, _offset: number): void {
    Pourer.blocks++;
  }
  onDrain(): void {}
  onEnd(): void {}
  onClose(): void {}
}

class Pour extends Sink {
  private stream: Stream | null = null;

  override onOpen(stream?: Stream): void {
    this.stream = stream ?? null;
    if (this.stream !== null) this.stream.queueBytesMax = 4 * BLOCK_BYTES;
    this.onDrain();
  }

  override onDrain(): void {
    while (this.stream?.sendBulk(parcelCodec, { tag: 1, length: BLOCK_BYTES }, genuineBody(BLOCK_BYTES)) === true);
  }
}

function crowd(nodes: number, virtualMs: number): void {
  const world = new World({ seed: 1, latency: { kind: 'uniform', minMs: 10, maxMs: 100 } });
  const random = new Random(2);
  for (let index = 0; index < nodes; index++) {
    const rate = 125_000 * (1 + random.below(100));
    world.addNode((host) => new Pourer(host, nodes, 5), { upBytesPerSecond: rate, downBytesPerSecond: rate });
  }
  Pourer.blocks = 0;
  const begin = performance.now();
  world.runFor(virtualMs);
  report(`blocks of 16 KiB, ${nodes.toLocaleString()} nodes, 5 streams each`, performance.now() - begin, Pourer.blocks, 'block');
}

function report(what: string, milliseconds: number, count: number, unit: string): void {
  const each = ((milliseconds * 1e6) / count).toFixed(0);
  process.stdout.write(`${what}: ${each} ns a ${unit} (${count.toLocaleString()} in ${milliseconds.toFixed(0)} ms)\n`);
}

process.stdout.write(`load ${readFileSync('/proc/loadavg', 'utf8').slice(0, 14)}\n`);
for (const pending of [1000, 1000, 100_000, 1_000_000]) wheel(pending, 2_000_000);
for (const nodes of [1000, 100_000, 1_000_000]) datagrams(nodes, nodes > 100_000 ? 300 : 100_000_000 / nodes);
for (const nodes of [100, 1000]) crowd(nodes, 3000);
