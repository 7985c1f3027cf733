/** Enemies of µTP: forged addresses, guessed numbers, and a peer whose packets say anything at all. Each wastes only what is its own. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Codec } from '../../src/core/codec.ts';
import { endpointOf } from '../../src/core/endpoint.ts';
import type { Endpoint, Host, Peer } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World } from '../../src/sim/world.ts';
import { NO_PAYLOAD, PacketType, type UtpPacket, utpPacket } from '../../src/transfer/utp/packet.ts';
import { Talker } from './conversation.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 100);
const TALK = { bytes: 300_000, messageBytes: 10_000 };
const SILENT_TALK = { bytes: 0, messageBytes: 1 };
const TYPES = Object.values(PacketType);

function packet(fields: Partial<UtpPacket>): UtpPacket {
  const numbers = { connection: 0, timestampUs: 1, delayUs: 0, windowBytes: 1 << 20, sequence: 0, ack: 0 };
  return { type: PacketType.state, ...numbers, selective: null, padding: 0, payload: NO_PAYLOAD, ...fields };
}

/** Puts a packet on the wire in the name of another machine. */
function forge(world: World, by: SimNode, from: Peer, to: SimNode, forged: UtpPacket): void {
  world.datagrams.send(by.host, from, to.index, utpPacket, forged);
}

function anything(random: Random): Partial<UtpPacket> {
  const fields: { -readonly [K in keyof UtpPacket]?: UtpPacket[K] } = {};
  const near = (): number => (random.chance(0.5) ? random.below(20) : random.below(0x10000));
  if (random.chance(0.2)) fields.type = TYPES[random.below(TYPES.length)] as PacketType;
  if (random.chance(0.3)) fields.sequence = near();
  if (random.chance(0.3)) fields.ack = near();
  if (random.chance(0.3)) fields.windowBytes = random.chance(0.5) ? random.below(2000) : random.u32();
  if (random.chance(0.3)) fields.selective = random.fill(new Uint8Array(1 + random.below(250)));
  if (random.chance(0.2)) fields.delayUs = random.u32();
  if (random.chance(0.2)) fields.timestampUs = random.u32();
  if (random.chance(0.2)) fields.payload = new Uint8Array(random.below(random.chance(0.8) ? 2000 : 60_000));
  return fields;
}

test('a flood of SYNs from forged addresses opens no stream and is forgotten', () => {
  const world = new World({ seed: 1 });
  const victim = world.addNode((host) => new Talker(host, SILENT_TALK, null));
  const enemy = world.addNode((host) => new Talker(host, SILENT_TALK, null));
  world.runFor(10);
  for (let count = 0; count < 100_000; count++) {
    const from = world.addresses.peer(endpointOf(`11.${count >> 16}.${(count >> 8) & 0xff}.${count & 0xff}`, 6881) as Endpoint);
    forge(world, enemy, from, victim, packet({ type: PacketType.syn, connection: count & 0xffff, sequence: count & 0xffff }));
    if (count % 1000 === 0) world.runFor(20);
  }
  assert.equal(victim.protocol.stream, null);
  assert.equal(victim.protocol.port.size, 0);
  const friend = world.addNode((host) => new Talker(host, TALK, victim));
  world.runUntil(() => friend.protocol.closed !== null, 60_000);
  assert.equal(victim.protocol.heard, TALK.bytes);
});

test('a hundred thousand forged packets with guessed ids and numbers disturb no stream', () => {
  const world = new World({ seed: 2 });
  const victim = world.addNode((host) => new Talker(host, TALK, null), { downBytesPerSecond: 100_000 });
  const friend = world.addNode((host) => new Talker(host, TALK, victim));
  const enemy = world.addNode((host) => new Talker(host, SILENT_TALK, null));
  const random = new Random(3);
  for (let count = 0; count < 100_000; count++) {
    const type = random.chance(0.5) ? PacketType.reset : PacketType.data;
    const guess = { connection: random.below(0x10000), sequence: random.below(0x10000), ack: random.below(0x10000) };
    forge(world, enemy, friend.peer, victim, packet({ type, ...guess }));
    if (count % 500 === 0) world.runFor(20);
  }
  world.runUntil(() => victim.protocol.closed !== null && friend.protocol.closed !== null, 120_000);
  assert.deepEqual([victim.protocol.heard, friend.protocol.heard], [TALK.bytes, TALK.bytes]);
  assert.deepEqual([victim.protocol.closed, friend.protocol.closed], ['ended', 'ended']);
});

test('a peer whose packets say anything throws nothing, holds no more than a window, and leaves others alone', () => {
  let heard = 0;
  forSeeds(SEEDS, (seed) => {
    const world = new World({ seed, faults: { loss: 0.01 } });
    const victim = world.addNode((host) => new Careless(host, TALK, null));
    const random = new Random(seed, 5);
    const madness = random.unit() * 0.5;
    world.addNode((host) => new Careless(mad(host, random, madness), { ...TALK, bytes: 1_000_000 }, victim));
    const second = world.addNode((host) => new Talker(host, TALK, null));
    world.addNode((host) => new Talker(host, TALK, second));
    for (let step = 0; step < 30; step++) {
      world.runFor(1000);
      for (const { receivedBytes } of victim.protocol.port.inspect() as { receivedBytes: number }[]) {
        assert.ok(receivedBytes <= 1 << 20, `${receivedBytes} bytes kept`);
      }
    }
    heard += victim.protocol.heard;
    assert.equal(second.protocol.heard, TALK.bytes);
  });
  assert.ok(heard > 10_000 * SEEDS, `${heard} bytes heard of the mad: the test goes nowhere near`);
});

/** A host that lets a part of the packets say anything. */
function mad(host: Host, random: Random, madness: number): Host {
  const send = <M>(peer: Peer, codec: Codec<M>, message: M): void => {
    host.send(peer, codec, random.chance(madness) ? { ...message, ...anything(random) } : message);
  };
  // Everything else is the host's own; `bind` keeps what it is given on the object that it is called on.
  return Object.create(host, { send: { value: send }, bind: { value: host.bind.bind(host) } }) as Host;
}

/** Does not care what it hears. */
class Careless extends Talker {
  override onMessage(bytes: Uint8Array): void {
    this.heard += bytes.length;
  }
}
