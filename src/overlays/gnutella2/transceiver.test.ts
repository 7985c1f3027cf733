import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { SEED } from '../../../test/codec-laws.ts';
import { zlibCompression } from '../../net/compression.ts';
import type { Host, Peer, Protocol } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { type PacketPart, partCodec } from './datagram.ts';
import { Packet } from './packet.ts';
import { PacketCounts } from './packet-counts.ts';
import { Transceiver } from './transceiver.ts';

class Talker implements Protocol {
  readonly transceiver: Transceiver;
  readonly got: Packet[] = [];
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
    this.transceiver = new Transceiver(host, {
      compression: zlibCompression,
      sent: new PacketCounts(),
      onPacket: (_from, packet) => void this.got.push(packet),
    });
  }

  start(): void {
    this.transceiver.start();
    this.host.setTimer(1_000, 0, 0);
  }

  onTimer(): void {
    this.transceiver.tick();
    this.host.setTimer(1_000, 0, 0);
  }

  stop(): void {}

  inspect(): unknown {
    return this.transceiver.kept;
  }
}

/** Sends whatever parts it is told to, and counts what comes back. */
class Stranger implements Protocol {
  readonly got: PacketPart[] = [];
  readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(partCodec, { onDatagram: (_from, part) => void this.got.push(part) });
  }

  send(to: Peer, part: Partial<PacketPart>): void {
    this.host.send(to, partCodec, { flags: 0, sequence: 1, part: 1, count: 1, data: Uint8Array.of(0x20), ...part });
  }

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return null;
  }
}

function pair(seed = 1, faults = {}): { world: World; from: SimNode<Talker>; to: SimNode<Talker> } {
  const world = new World({ seed, faults });
  return { world, from: world.addNode((host) => new Talker(host)), to: world.addNode((host) => new Talker(host)) };
}

function attacked(): { world: World; victim: SimNode<Talker>; stranger: SimNode<Stranger> } {
  const world = new World({ seed: 1 });
  const victim = world.addNode((host) => new Talker(host));
  const stranger = world.addNode((host) => new Stranger(host));
  world.runFor(10);
  return { world, victim, stranger };
}

function noise(bytes: number): Uint8Array {
  return new Random(SEED, bytes).fill(new Uint8Array(bytes));
}

test('GND: what is to arrive arrives once, whole and in whatever order, with a fifth of all datagrams lost', () => {
  forSeeds(20, (seed) => {
    const { world, from, to } = pair(seed, { loss: 0.2, duplication: 0.1, reordering: 0.2, reorderingMs: 200 });
    const sizes = [0, 5, 300, 2_000, 20_000];
    for (const size of sizes) from.protocol.transceiver.send(to.peer, new Packet('T', noise(size)), true);
    world.runFor(60_000);
    const got = to.protocol.got.map(({ payload }) => payload.length).sort((a, b) => a - b);
    // Twenty thousand bytes are 43 parts, all of which have to come within 26 s.
    assert.deepEqual(
      got.filter((size) => size < 20_000),
      sizes.slice(0, 4),
    );
    assert.deepEqual(from.protocol.transceiver.kept, { bytes: 0, sending: 0 });
    assert.deepEqual(to.protocol.transceiver.kept, { bytes: 0, sending: 0 });
  });
});

test('GND: one who is gone is sent to for 26 s and forgotten', () => {
  const { world, from, to } = pair();
  world.runFor(10);
  world.crash(to, 'power');
  from.protocol.transceiver.send(to.peer, new Packet('T', noise(100)), true);
  world.runFor(25_000);
  assert.equal(from.protocol.transceiver.kept.sending, 1);
  const sent = from.bytesUp;
  world.runFor(60_000);
  assert.deepEqual([from.protocol.transceiver.kept.sending, from.bytesUp - sent], [0, 0]);
});

test('GND: only who was sent to can acknowledge', () => {
  const { world, victim, stranger } = attacked();
  const other = world.addNode((host) => new Stranger(host));
  world.runFor(1);
  victim.protocol.transceiver.send(other.peer, new Packet('T', noise(10)), true);
  world.runFor(100);
  const [part] = other.protocol.got;
  stranger.protocol.send(victim.peer, { sequence: part?.sequence ?? 0, count: 0, data: new Uint8Array(0) });
  world.runFor(100);
  assert.equal(victim.protocol.transceiver.kept.sending, 1);
  other.protocol.send(victim.peer, { sequence: part?.sequence ?? 0, count: 0, data: new Uint8Array(0) });
  world.runFor(100);
  assert.equal(victim.protocol.transceiver.kept.sending, 0);
});

test('GND: parts without end of packets that are never whole are held four at a time, and for 30 s', () => {
  const { world, victim, stranger } = attacked();
  for (let sequence = 0; sequence < 2_000; sequence++) stranger.protocol.send(victim.peer, { sequence, count: 255, data: noise(476) });
  world.runFor(1_000);
  assert.equal(victim.protocol.transceiver.kept.bytes, 4 * 476);
  world.runFor(40_000);
  assert.equal(victim.protocol.transceiver.kept.bytes, 0);
});

test('GND: many strangers together make it hold no more than its bound', () => {
  const { world, victim } = attacked();
  for (let count = 0; count < 60; count++) {
    const stranger = world.addNode((host) => new Stranger(host));
    world.runFor(1);
    for (let sequence = 0; sequence < 5; sequence++) {
      for (let part = 1; part <= 60; part++) stranger.protocol.send(victim.peer, { sequence, part, count: 200, data: noise(1_400) });
    }
    world.runFor(50);
    assert.ok(victim.protocol.transceiver.kept.bytes <= 4 << 20, `${victim.protocol.transceiver.kept.bytes} bytes`);
  }
});

test('GND: acknowledgements are short and few, however many are asked for', () => {
  const { world, victim, stranger } = attacked();
  const before = victim.bytesUp;
  for (let sequence = 0; sequence < 50_000; sequence++) {
    stranger.protocol.send(victim.peer, { flags: 2, sequence });
    if (sequence % 1_000 === 0) world.runFor(20);
  }
  world.runFor(2_000);
  // 16,000 bytes a second and their headers, for three seconds.
  const said = victim.bytesUp - before;
  assert.ok(said <= (4 * 16_000 * 36) / 8, `${said} bytes`);
  assert.ok(stranger.protocol.got.length > 100);
});

test('GND: a deflated bomb, a packet that is none and one with bytes behind it are dropped', () => {
  const { world, victim, stranger } = attacked();
  const bomb = new Uint8Array(deflateSync(new Uint8Array(1 << 20)));
  stranger.protocol.send(victim.peer, { flags: 1, sequence: 1, data: bomb.subarray(0, 1_400) });
  stranger.protocol.send(victim.peer, { flags: 1, sequence: 2, data: noise(40) });
  stranger.protocol.send(victim.peer, { sequence: 3, data: Uint8Array.of(0) });
  stranger.protocol.send(victim.peer, { sequence: 4, data: Uint8Array.of(0x04, 0x41, 0x04, 0x42) });
  stranger.protocol.send(victim.peer, { sequence: 5, data: Uint8Array.of(0x04, 0x41) });
  world.runFor(100);
  assert.deepEqual(
    victim.protocol.got.map(({ name }) => name),
    ['A'],
  );
});
