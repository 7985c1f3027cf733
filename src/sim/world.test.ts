/** The world as a network: rates, shares, queues, partitions, crashes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Body, CloseReason, Host, Peer, Protocol, Store, Stream, StreamHandler } from '../core/host.ts';
import { type Note, noteCodec, notes, type Parcel, parcelCodec } from '../../test/notes-protocol.ts';
import { SimBody } from './sim-body.ts';
import type { SimNode } from './sim-node.ts';
import { World, type WorldOptions } from './world.ts';

const BLOCK_BYTES = 16_384;

/** Sends parcels to whoever connects, counts what it gets. */
class Depot implements Protocol {
  readonly host: Host;
  received = 0;
  datagrams = 0;
  timers = 0;
  readonly connections: DepotConnection[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.listen(notes, { onConnection: () => this.connection() });
    this.host.bind(noteCodec, { onDatagram: () => void this.datagrams++ });
  }

  connection(): DepotConnection {
    const connection = new DepotConnection(this);
    this.connections.push(connection);
    return connection;
  }

  /** Opens a stream and sends so many blocks on it. */
  give(to: Peer, blocks: number): DepotConnection {
    const connection = this.connection();
    connection.blocks = blocks;
    this.host.connect(to, notes, connection);
    return connection;
  }

  onTimer(): void {
    this.timers++;
  }

  stop(): void {
    for (const { stream } of this.connections) stream?.end();
  }

  inspect(): unknown {
    return { received: this.received };
  }
}

class DepotConnection implements StreamHandler<Note, Parcel> {
  readonly depot: Depot;
  stream: Stream | null = null;
  blocks = 0;
  received = 0;
  readonly texts: string[] = [];
  finishedAt = 0;
  closed: CloseReason | null = null;

  constructor(depot: Depot) {
    this.depot = depot;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    this.onDrain();
  }

  onMessage(note: Note): void {
    this.texts.push(note.text);
  }

  onBulk(_head: Parcel, body: Body): void {
    this.received += body.length;
    this.depot.received += body.length;
    this.finishedAt = this.depot.host.now();
  }

  onDrain(): void {
    while (this.blocks > 0) {
      this.blocks--;
      if (!this.stream?.sendBulk(parcelCodec, { tag: 1, length: BLOCK_BYTES }, new SimBody(BLOCK_BYTES, 0))) return;
    }
  }

  onEnd(): void {
    this.stream?.end();
  }

  onClose(reason: CloseReason): void {
    this.closed = reason;
  }
}

const TWO_BLOCKS = {
  location: 'disk',
  files: [],
  totalBytes: 2 * BLOCK_BYTES,
  pieceBytes: BLOCK_BYTES,
  pieceHashes: new Uint8Array(40),
  pieceRoots: null,
  key: 'k',
  writable: true,
  recheck: 'trust',
} as const;
const IGNORE_STORE = { onStoreReady() {}, onStoreProgress() {}, onStoreDrain() {}, onStoreFailed() {}, onStoreClosed() {} };

function depots(
  count: number,
  options: Partial<WorldOptions> = {},
  links: readonly object[] = [],
): { world: World; nodes: SimNode<Depot>[] } {
  const world = new World({ seed: 1, latency: { kind: 'constant', ms: 50 }, ...options });
  const nodes = Array.from({ length: count }, (_, index) => world.addNode((host) => new Depot(host), links[index] ?? {}));
  world.runFor(0);
  return { world, nodes };
}

test('a megabyte over a megabyte a second takes a second and the way there', () => {
  const { world, nodes } = depots(2, {}, [{ upBytesPerSecond: 1 << 20 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  a.protocol.give(b.peer, 64);
  assert.ok(world.runUntil(() => b.protocol.received === 1 << 20, 10_000));
  // A round trip to open, a second and its 64 heads of 9 bytes, half a round trip for the last chunk.
  assert.ok(Math.abs(world.now - 1150.55) < 1, `${world.now} ms`);
});

test('a slow downlink holds the sender back, and the queue before it stays short', () => {
  const { world, nodes } = depots(2, {}, [{}, { downBytesPerSecond: 1 << 17 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  a.protocol.give(b.peer, 64);
  world.runFor(1000);
  assert.ok((a.protocol.connections[0]?.stream?.queuedBytes as number) > 1 << 19);
  assert.ok(world.runUntil(() => b.protocol.received === 1 << 20, 20_000));
  assert.ok(Math.abs(world.now - 8154) < 20, `${world.now} ms`);
});

test('two streams of one uplink get the same share', () => {
  const { world, nodes } = depots(3, {}, [{ upBytesPerSecond: 1 << 20 }]);
  const [a, b, c] = nodes as [SimNode<Depot>, SimNode<Depot>, SimNode<Depot>];
  a.protocol.give(b.peer, 1000);
  a.protocol.give(c.peer, 1000);
  world.runFor(10_000);
  assert.ok(Math.abs(b.protocol.received - c.protocol.received) <= 2 * BLOCK_BYTES, `${b.protocol.received} ${c.protocol.received}`);
  assert.ok(b.protocol.received + c.protocol.received > 0.97 * 10 * (1 << 20));
});

test('ten senders share one downlink evenly', () => {
  const { world, nodes } = depots(11, {}, [{ downBytesPerSecond: 1 << 20 }]);
  const [sink, ...senders] = nodes as [SimNode<Depot>, ...SimNode<Depot>[]];
  for (const sender of senders) sender.protocol.give(sink.peer, 1000);
  // The first to come finds an empty queue and fills it; what counts is what follows.
  world.runFor(2000);
  const before = sink.protocol.connections.map((connection) => connection.received);
  world.runFor(18_000);
  const shares = sink.protocol.connections.map((connection, index) => connection.received - (before[index] as number));
  assert.equal(shares.length, 10);
  assert.ok(Math.max(...shares) - Math.min(...shares) <= 3 * BLOCK_BYTES, shares.join(' '));
  assert.ok(sink.protocol.received > 0.97 * 20 * (1 << 20));
});

test('a short message does not wait behind the blocks of other streams', () => {
  const { world, nodes } = depots(12, {}, [{ upBytesPerSecond: 1 << 17 }]);
  const [a, last] = [nodes[0] as SimNode<Depot>, nodes[11] as SimNode<Depot>];
  for (const node of nodes.slice(1, 11)) a.protocol.give(node.peer, 100);
  const quiet = a.protocol.give(last.peer, 0);
  world.runFor(5000);
  quiet.stream?.send(noteCodec, { text: 'quick' });
  const sentAt = world.now;
  assert.ok(world.runUntil(() => last.protocol.connections[0]?.texts.length === 1, 5000));
  // At most the chunk that is leaving (126 ms) and the way.
  assert.ok(world.now - sentAt < 180, `${world.now - sentAt} ms`);
});

test('datagrams beyond the queue of a slow uplink are dropped at its tail', () => {
  const { world, nodes } = depots(2, {}, [{ upBytesPerSecond: 10_000, datagramQueueBytes: 20_000 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  // 1,000 bytes on the wire each: one leaves, twenty wait.
  for (let count = 0; count < 100; count++) a.host.send(b.peer, noteCodec, { text: 'x'.repeat(969) });
  world.runFor(10_000);
  assert.equal(b.protocol.datagrams, 21);
  assert.equal(world.counters.dropped.queue, 79);
});

test('a partition stops datagrams and stalls streams, which go on when it has healed', () => {
  const { world, nodes } = depots(2, {}, [{ upBytesPerSecond: 1 << 20 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  a.protocol.give(b.peer, 64);
  world.runFor(500);
  const before = b.protocol.received;
  world.partition([a]);
  world.runFor(5000);
  assert.equal(b.protocol.received, before);
  a.host.send(b.peer, noteCodec, { text: 'lost' });
  world.heal();
  assert.ok(world.runUntil(() => b.protocol.received === 1 << 20, 10_000));
});

test('a stream that gets nothing through for a minute is reset', () => {
  const { world, nodes } = depots(2);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  const connection = a.protocol.give(b.peer, 0);
  world.runFor(1000);
  world.partition([a]);
  connection.stream?.send(noteCodec, { text: 'hello?' });
  world.runFor(59_000);
  assert.equal(connection.closed, null);
  world.runFor(5000);
  assert.equal(connection.closed, 'reset');
});

test('dialling a silent machine times out, dialling a dead process is refused', () => {
  const { world, nodes } = depots(3);
  const [a, b, c] = nodes as [SimNode<Depot>, SimNode<Depot>, SimNode<Depot>];
  world.crash(b, 'power');
  world.crash(c);
  const toSilent = a.protocol.give(b.peer, 0);
  const toDead = a.protocol.give(c.peer, 0);
  world.runFor(200);
  assert.deepEqual([toSilent.closed, toDead.closed], [null, 'refused']);
  world.runFor(10_000);
  assert.equal(toSilent.closed, 'timeout');
});

test('a machine without power answers nothing, not even what was under way to it', () => {
  const { world, nodes } = depots(2);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  const connection = a.protocol.give(b.peer, 0);
  world.runFor(1000);
  connection.stream?.send(noteCodec, { text: 'under way' });
  world.runFor(1);
  world.crash(b, 'power');
  world.runFor(50_000);
  assert.equal(connection.closed, null);
});

test('a crash resets streams at the other side, and a restart runs the factory again', () => {
  const { world, nodes } = depots(2);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  const connection = a.protocol.give(b.peer, 4);
  world.runFor(1000);
  const first = b.protocol;
  b.host.setTimer(10, 1, 1);
  world.crash(b);
  world.runFor(1000);
  assert.equal(connection.closed, 'reset');
  assert.equal(first.timers, 0);
  world.restart(b);
  a.protocol.give(b.peer, 4);
  world.runFor(1000);
  assert.notEqual(b.protocol, first);
  assert.equal(b.protocol.received, 4 * BLOCK_BYTES);
});

test('a node that leaves still sends what it had ended', () => {
  const { world, nodes } = depots(2, {}, [{ upBytesPerSecond: 1 << 20 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  a.protocol.give(b.peer, 32);
  world.runFor(200);
  world.leave(a);
  world.runFor(5000);
  assert.equal(b.protocol.received, 32 * BLOCK_BYTES);
  assert.equal(b.protocol.connections[0]?.closed, 'ended');
});

test('verified pieces survive a crash, gathered blocks do not', () => {
  const { world, nodes } = depots(1);
  const [a] = nodes as [SimNode<Depot>];
  const results: boolean[] = [];
  const operation = { onVerified: (_piece: number, ok: boolean) => void results.push(ok) };
  let store: Store = a.host.openStore(TWO_BLOCKS, IGNORE_STORE);
  store.write(0, 0, new SimBody(BLOCK_BYTES, 0));
  store.verify(0, operation);
  store.write(1, 0, new SimBody(BLOCK_BYTES, 0));
  world.runFor(100);
  world.restart(a);
  store = a.host.openStore(TWO_BLOCKS, IGNORE_STORE);
  store.verify(1, operation);
  world.runFor(100);
  assert.deepEqual(results, [true, false]);
  assert.deepEqual([store.have.has(0), store.have.has(1)], [true, false]);
});

test('what a node has sent and received is counted, headers of datagrams included', () => {
  const { world, nodes } = depots(2);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  a.host.send(b.peer, noteCodec, { text: '12345' });
  a.protocol.give(b.peer, 2);
  world.runFor(1000);
  assert.deepEqual([a.bytesUp, a.bytesDown], [8 + 28 + 2 * (BLOCK_BYTES + 9), 0]);
  assert.deepEqual([b.bytesUp, b.bytesDown], [0, a.bytesUp]);
});

test('a disk that is full fails the store and keeps what it has', () => {
  const { world, nodes } = depots(1, {}, [{ spaceBytes: BLOCK_BYTES }]);
  const [a] = nodes as [SimNode<Depot>];
  const failures: string[] = [];
  const results: boolean[] = [];
  const store = a.host.openStore(
    { ...TWO_BLOCKS, key: 'full' },
    { ...IGNORE_STORE, onStoreFailed: (failure) => void failures.push(failure.kind) },
  );
  for (const piece of [0, 1]) {
    store.write(piece, 0, new SimBody(BLOCK_BYTES, 0));
    store.verify(piece, { onVerified: (_piece, ok) => void results.push(ok) });
  }
  world.runFor(100);
  assert.deepEqual([results, failures], [[true, false], ['no-space']]);
  assert.equal(store.have.count, 1);
});

test('a node may have a port of its own, and its other ports are refused', () => {
  const { world, nodes } = depots(2, {}, [{}, { port: 6969 }]);
  const [a, b] = nodes as [SimNode<Depot>, SimNode<Depot>];
  const found: string[] = [];
  world.name('tracker.sim', b);
  for (const port of [6969, 6881]) {
    a.host.resolve('tracker.sim', port, {
      onResolved: (endpoints) => {
        for (const endpoint of endpoints) {
          found.push(formatEndpoint(endpoint));
          a.host.send(a.host.peer(endpoint), noteCodec, { text: 'hello' });
          a.protocol.give(a.host.peer(endpoint), 1);
        }
      },
    });
  }
  world.runFor(1000);
  assert.deepEqual(found, ['10.0.0.2:6969', '10.0.0.2:6881']);
  assert.equal(formatEndpoint(b.endpoint), '10.0.0.2:6969');
  assert.deepEqual([b.protocol.datagrams, b.protocol.received, world.counters.dropped.absent], [1, BLOCK_BYTES, 1]);
  assert.deepEqual(
    a.protocol.connections.map((connection) => connection.closed),
    [null, 'refused'],
  );
});
