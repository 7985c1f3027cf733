/** Strangers and liars: what they say of others changes nothing, and what they send is bounded. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { complaint, idealSpace, join, realities, settle, type Space } from '../../../test/can/spaces.ts';
import { Contact, contactAt } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { Claim } from './claim.ts';
import * as messages from './messages.ts';
import { type CanMessage, canCodec } from './messages.ts';
import { Zone } from './zone.ts';

/** Somebody who says what it is told to say, and hears nothing. */
class Stranger {
  readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(canCodec, this);
  }

  onDatagram(): void {}

  onTimer(): void {}

  stop(): void {}

  inspect(): unknown {
    return null;
  }
}

function stranger({ world }: Space): SimNode<Stranger> {
  const node = world.addNode((host) => new Stranger(host));
  world.runFor(1);
  return node;
}

function sayToAll({ world, nodes }: Space, { protocol }: SimNode<Stranger>, message: CanMessage): void {
  for (const { endpoint } of nodes) protocol.host.send(protocol.host.peer(endpoint), canCodec, message);
  world.runFor(500);
}

const EVERYTHING: Claim = { zone: new Zone(1, 2), takeovers: 0, version: 0xffff_ffff, rank: 48 };

test('nobody takes a zone, gives one, or says goodbye in the name of another', () => {
  const space = idealSpace(20, {}, { seed: 2 });
  const zones = (): number[] => realities(space).map((reality) => reality.zones[0]?.code as number);
  const before = zones();
  const liar = stranger(space);
  const victim = realities(space)[0]?.self as Contact;
  const stolen = new Contact(victim, 0, liar.endpoint);
  for (const sender of [victim, stolen]) {
    sayToAll(space, liar, { tag: messages.update.tag, unit: 0, sender, claims: [EVERYTHING] });
    sayToAll(space, liar, { tag: messages.leaving.tag, unit: 0, sender });
    sayToAll(space, liar, { tag: messages.exchange.tag, transaction: 1, unit: 0, sender, claims: [EVERYTHING] });
    sayToAll(space, liar, { tag: messages.give.tag, transaction: 2, unit: 0, sender, claim: EVERYTHING });
    sayToAll(space, liar, { tag: messages.split.tag, transaction: 3, unit: 0, sender, direct: true, target: [0, 0] });
    sayToAll(space, liar, { tag: messages.divide.tag, unit: 0, sender, from: EVERYTHING, lower: [] });
  }
  space.world.runFor(20_000);
  assert.deepEqual(zones(), before);
  assert.equal(complaint(space), null);
});

test('a stranger that claims everything, and does not answer, gets nothing', () => {
  const space = idealSpace(20, {}, { seed: 3 });
  const liar = stranger(space);
  const sender = contactAt(liar.endpoint, 0);
  // Ids of these nodes follow from their addresses, as this one's does.
  sayToAll(space, liar, { tag: messages.update.tag, unit: 0, sender, claims: [EVERYTHING] });
  sayToAll(space, liar, { tag: messages.give.tag, transaction: 2, unit: 0, sender, claim: EVERYTHING });
  space.world.runFor(20_000);
  assert.equal(complaint(space), null);
});

test('who joins and falls silent costs half a zone for a while, which is taken over', () => {
  const space = idealSpace(20, {}, { seed: 4 });
  const liar = stranger(space);
  const sender = contactAt(liar.endpoint, 0);
  for (let count = 0; count < 20; count++) {
    sayToAll(space, liar, { tag: messages.split.tag, transaction: count, unit: 0, sender, direct: true, target: [1000 * count, 5] });
  }
  settle(space);
});

test('random messages, hints of strangers among them, leave tables bounded and the space in order', () => {
  const space = idealSpace(12, {}, { seed: 5 });
  const liar = stranger(space);
  const random = new Random(9);
  for (let count = 0; count < 3000; count++) {
    const { endpoint } = space.nodes[count % 12] as Space['nodes'][number];
    liar.protocol.host.send(liar.protocol.host.peer(endpoint), canCodec, canCodec.random(random));
    if (count % 50 === 0) space.world.runFor(100);
  }
  for (const { neighbours, lost, met, claims } of realities(space)) {
    assert.ok(neighbours.length <= 512 && lost.length <= 32 && met.length <= 16 && claims.length <= messages.CLAIMS_MAX);
  }
  join(space);
  settle(space);
});

test('a newcomer with another number of dimensions does not get in, and disturbs nobody', () => {
  const space = idealSpace(10, {}, { seed: 6 });
  const other = join(space, { dims: 3 });
  space.world.runFor(30_000);
  assert.equal(other.protocol.isMember, false);
  space.world.crash(other, 'power');
  settle(space);
});
