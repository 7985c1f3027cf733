/** A run is a pure function of its seed: the same trace twice, in both modes, and node by node. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Body, Host, Peer, Protocol, Store, Stream, StreamHandler } from '../src/core/host.ts';
import { NO_TIMER, type Timer } from '../src/core/host.ts';
import { FaultPlan } from '../src/sim/fault-plan.ts';
import { forSeeds } from '../src/sim/seeds.ts';
import type { SimNode } from '../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../src/sim/world.ts';
import { type Note, noteCodec, notes, type Parcel, parcelCodec } from './notes-protocol.ts';

const PIECES = 8;
const PIECE_BYTES = 40_000;
const SPEC = {
  location: 'gossip',
  files: [],
  totalBytes: PIECES * PIECE_BYTES,
  pieceBytes: PIECE_BYTES,
  pieceHashes: new Uint8Array(PIECES * 20),
  pieceRoots: null,
  key: 'gossip',
  writable: true,
  recheck: 'trust',
} as const;
const GOSSIP = 1;

/** Does a bit of everything, driven by its random stream: gossips by datagram, fetches pieces from others by stream. */
class Gossip implements Protocol {
  readonly host: Host;
  readonly nodes: number;
  store: Store | null = null;
  readonly heard: string[] = [];
  private timer: Timer = NO_TIMER;

  constructor(host: Host, nodes: number) {
    this.host = host;
    this.nodes = nodes;
  }

  start(): void {
    this.host.bind(noteCodec, { onDatagram: (from, note) => this.onGossip(from, note) });
    this.host.listen(notes, { onConnection: () => new Fetch(this) });
    this.store = this.host.openStore(SPEC, {
      onStoreReady() {},
      onStoreProgress() {},
      onStoreDrain() {},
      onStoreFailed() {},
      onStoreClosed() {},
    });
    this.timer = this.host.setTimer(this.host.random.unit() * 100, GOSSIP, 0);
  }

  onTimer(): void {
    const { random } = this.host;
    const to = (1 + random.below(this.nodes)) as Peer;
    if (random.chance(0.7)) this.host.send(to, noteCodec, { text: `${random.below(1000)} from ${this.host.now()}` });
    else this.host.connect(to, notes, new Fetch(this)).send(noteCodec, { text: `${random.below(PIECES)}` });
    this.timer = this.host.setTimer(random.unit() * 400, GOSSIP, 0);
  }

  onGossip(from: Peer, note: Note): void {
    this.heard.push(note.text);
    if (this.host.random.chance(0.3)) this.host.send(from, noteCodec, note);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    this.store?.close();
  }

  inspect(): unknown {
    return { heard: this.heard.length, pieces: this.store?.have.count };
  }
}

class Fetch implements StreamHandler<Note, Parcel> {
  private readonly gossip: Gossip;
  private stream: Stream | null = null;

  constructor(gossip: Gossip) {
    this.gossip = gossip;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
  }

  onMessage(note: Note): void {
    const piece = Number(note.text);
    const { store } = this.gossip;
    if (store === null || !store.have.has(piece)) {
      this.stream?.end();
      return;
    }
    store.read(piece, 0, PIECE_BYTES, {
      onRead: (_piece, _offset, body) => {
        if (body !== null) this.stream?.sendBulk(parcelCodec, { tag: piece, length: body.length }, body);
        this.stream?.end();
      },
    });
  }

  onBulk(parcel: Parcel, body: Body, offset: number): void {
    const { store } = this.gossip;
    store?.write(parcel.tag, offset, body);
    if (offset + body.length === PIECE_BYTES) store?.verify(parcel.tag, { onVerified: () => this.stream?.reset() });
  }

  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
  }

  onClose(): void {}
}

interface Run {
  readonly hash: string;
  readonly inspected: string;
  readonly firstHeard: readonly string[];
}

function run(seed: number, nodes: number, options: Partial<WorldOptions> = {}, faults = true, known = nodes): Run {
  const world = new World({
    seed,
    latency: { kind: 'plane', baseMs: 2, acrossMs: 80 },
    faults: { loss: 0.02, duplication: 0.01, reordering: 0.05, reorderingMs: 50, jitterMs: 5 },
    clockDriftPpm: 200,
    ...options,
  });
  for (let index = 0; index < nodes; index++) {
    const stores = index === 0 ? { stores: { gossip: 'full' as const } } : {};
    const corruptReads = index === 1 ? 0.5 : 0;
    const upBytesPerSecond = 20_000 + 30_000 * (index % 5);
    world.addNode((host) => new Gossip(host, known), { ...stores, corruptReads, upBytesPerSecond, downBytesPerSecond: 200_000 });
  }
  if (faults) FaultPlan.random({ seed, nodes, fromMs: 1000, untilMs: 15_000, count: 12 }).apply(world);
  world.runFor(20_000);
  const inspected = JSON.stringify(world.nodes.map((node) => node.protocol.inspect()));
  const [first] = world.nodes as [SimNode<Gossip>];
  return { hash: world.traceHash(), inspected, firstHeard: first.protocol.heard };
}

test('the same seed gives the same trace and the same end, another seed another', () => {
  forSeeds(10, (seed) => {
    const first = run(seed, 12);
    assert.deepEqual(run(seed, 12), first);
    assert.notEqual(run(seed + 1000, 12).hash, first.hash);
  });
});

test('bytes mode gives the same trace as reference mode', () => {
  forSeeds(20, (seed) => {
    assert.deepEqual(run(seed, 12, { mode: 'bytes' }), run(seed, 12, { mode: 'reference' }));
  });
});

test('bytes mode gives the same trace when chunks cut through messages', () => {
  forSeeds(20, (seed) => {
    const options = { chunkBytes: 701, windowBytes: 9000 };
    assert.deepEqual(run(seed, 8, { ...options, mode: 'bytes' }), run(seed, 8, { ...options, mode: 'reference' }));
  });
});

test('a trace is the one that was written down, on every machine', () => {
  assert.equal(run(42, 12).hash, '6df9299285903dfd');
});

test('a node more, to which nobody talks, changes nothing for the others', () => {
  forSeeds(3, (seed) => {
    const quiet = (host: Host): Protocol => ({ start: () => void host.random.u32(), onTimer() {}, stop() {}, inspect: () => ({}) });
    const inspect = (more: boolean): string => {
      const world = new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 90 }, faults: { loss: 0.05, jitterMs: 10 } });
      const nodes = Array.from({ length: 6 }, () => world.addNode((host) => new Gossip(host, 6)));
      if (more) world.addNode(quiet);
      world.runFor(5000);
      return JSON.stringify(nodes.map((node) => node.protocol.heard));
    };
    assert.equal(inspect(true), inspect(false));
  });
});

test('a fault plan is the same for the same seed, and says what it does', () => {
  const options = { seed: 7, nodes: 20, fromMs: 0, untilMs: 60_000, count: 30, spared: [0] };
  const text = FaultPlan.random(options).describe();
  assert.equal(FaultPlan.random(options).describe(), text);
  assert.match(text, /^fault plan of seed 7, healed at 60000 ms:/);
  assert.doesNotMatch(text, /node 0 crashes/);
  for (const word of ['loss', 'crashes', 'apart', 'nothing passes']) assert.ok(text.includes(word), word);
});
