/**
 * Introductions (BEP 55) in the simulator: who may ask for what, and what comes of it. Over TCP a node that turns away every newcomer stands
 * for one that cannot be reached, and the connection comes about because the introduced side dials as well. Over µTP, `nat-pairs.sim.test.ts`.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { BitTorrentEvent } from '../../src/core/events.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { MBIT, type Member, SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { HolepunchError, type HolepunchMessage, holepunchMessage, HolepunchType } from '../../src/transfer/bittorrent/holepunch-message.ts';
import { PeerMessageId } from '../../src/transfer/bittorrent/peer-messages.ts';
import { addFake, type FakeConnection, type FakePeer } from './fake-peer.ts';

const MINUTE = 60_000;
const OURS = 4;
const THEIRS = 9;
const SLOW = { upBytesPerSecond: MBIT / 50, downBytesPerSecond: MBIT };

function swarmOf(isPrivate = false): SwarmWorld {
  return new SwarmWorld(torrentOf(64, 65_536, isPrivate), { seed: 1, latency: { kind: 'plane', baseMs: 2, acrossMs: 60 } });
}

/** Nobody gets in: a firewall. */
function seal({ node: { protocol } }: Pick<Member, 'node'>): void {
  protocol.onNewcomer = () => null;
}

function areConnected(a: Member, b: Member): boolean {
  return a.torrent.peers().some(({ endpoint }) => endpoint.startsWith(`10.0.0.${b.node.index + 1}:`));
}

test('two that know each other from a third meet though one cannot be dialled', () => {
  const swarm = swarmOf();
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  const sealed = swarm.leecher(SLOW, {}, { trackers: [], peers: [relay.node.endpoint] });
  seal(sealed);
  swarm.world.runFor(10_000);
  const newcomer = swarm.leecher(SLOW, {}, { trackers: [], peers: [relay.node.endpoint] });
  // Only the newcomer hears of the other: the one that cannot be dialled has to be told to dial.
  sealed.torrent.extensions.exchange.receive = () => undefined;
  assert.ok(
    swarm.world.runUntil(() => areConnected(newcomer, sealed), 3 * MINUTE),
    'they have not met',
  );
  swarm.world.runFor(500);
  const [flags] = sealed.torrent.peers().filter(({ sources }) => sources.includes('holepunch'));
  assert.match(flags?.flags ?? '', /h/);
});

test('without somebody to introduce them they do not meet', () => {
  const swarm = swarmOf();
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  relay.torrent.extensions.holePunching.receive = () => undefined;
  const sealed = swarm.leecher(SLOW, {}, { trackers: [], peers: [relay.node.endpoint] });
  seal(sealed);
  swarm.world.runFor(10_000);
  const newcomer = swarm.leecher(SLOW, {}, { trackers: [], peers: [relay.node.endpoint] });
  sealed.torrent.extensions.exchange.receive = () => undefined;
  swarm.world.runFor(3 * MINUTE);
  assert.equal(areConnected(newcomer, sealed), false);
});

test('BEP 55: the relay tells both where the other is, or the one why not', () => {
  const swarm = swarmOf();
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  const initiator = talker(swarm, relay.node);
  const target = talker(swarm, relay.node);
  const deaf = addFake(swarm, {}, [relay.node]);
  swarm.world.runFor(500);
  const portsOf = [initiator, target, deaf].map((node) => addressAt(relay, node));
  const [here, there, unable] = portsOf as [Endpoint, Endpoint, Endpoint];
  for (const endpoint of [there, unable, at('10.0.0.77:6881'), relay.node.endpoint, at('1.2.3.4:0'), here]) {
    say(initiator.protocol.connection, { type: HolepunchType.rendezvous, endpoint, error: 0 });
  }
  swarm.world.runFor(500);
  const { noSupport, notConnected, noSelf, noSuchPeer } = HolepunchError;
  assert.deepEqual(
    heard(initiator).map(({ type, error }) => [type, error]),
    [
      [HolepunchType.connect, 0],
      [HolepunchType.error, noSupport],
      [HolepunchType.error, notConnected],
      [HolepunchType.error, noSelf],
      [HolepunchType.error, noSuchPeer],
      [HolepunchType.error, notConnected],
    ],
  );
  assert.deepEqual(
    heard(target).map(({ type, endpoint }) => [type, endpoint]),
    [[HolepunchType.connect, here]],
  );
});

test('BEP 55: who does not offer the extension is not listened to', () => {
  const swarm = swarmOf();
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  const target = talker(swarm, relay.node);
  const mute = addFake(swarm, {}, [relay.node]);
  swarm.world.runFor(500);
  say(mute.protocol.connection, { type: HolepunchType.rendezvous, endpoint: addressAt(relay, target), error: 0 });
  swarm.world.runFor(500);
  assert.deepEqual([heard(mute), heard(target)], [[], []]);
});

test('BEP 27: a private torrent introduces nobody', () => {
  const swarm = swarmOf(true);
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  const [initiator, target] = [talker(swarm, relay.node), talker(swarm, relay.node)];
  swarm.world.runFor(500);
  say(initiator.protocol.connection, { type: HolepunchType.rendezvous, endpoint: addressAt(relay, target), error: 0 });
  swarm.world.runFor(500);
  assert.deepEqual([heard(initiator), heard(target)], [[], []]);
});

test('a hundred requests in a minute are answered ten times, and the next minute again', () => {
  const swarm = swarmOf();
  const relay = swarm.seed(SLOW, {}, { trackers: [] });
  const [initiator, target] = [talker(swarm, relay.node), talker(swarm, relay.node)];
  swarm.world.runFor(500);
  const ask = (): void => {
    const endpoint = addressAt(relay, target);
    for (let count = 0; count < 100; count++) say(initiator.protocol.connection, { type: HolepunchType.rendezvous, endpoint, error: 0 });
    swarm.world.runFor(500);
  };
  ask();
  assert.deepEqual([heard(initiator).length, heard(target).length], [10, 10]);
  swarm.world.runFor(MINUTE);
  ask();
  assert.deepEqual([heard(initiator).length, heard(target).length], [20, 20]);
});

test('a peer that sends us to a hundred strangers makes us dial ten a minute, and none of our own machine', () => {
  const swarm = swarmOf();
  const victim = swarm.leecher(SLOW, {}, { trackers: [] });
  const liar = talker(swarm, victim.node);
  swarm.world.runFor(500);
  const followed: number[] = [];
  swarm.world.onTap = (_node, event, _slot, step) => {
    if (event === BitTorrentEvent.introduction) followed.push(step);
  };
  for (const text of ['127.0.0.1:80', '1.2.3.4:0'])
    say(liar.protocol.connection, { type: HolepunchType.connect, endpoint: at(text), error: 0 });
  swarm.world.runFor(100);
  assert.deepEqual(followed, []);
  for (let index = 0; index < 100; index++) {
    say(liar.protocol.connection, { type: HolepunchType.connect, endpoint: at(`10.200.0.${index}:6881`), error: 0 });
  }
  swarm.world.runFor(20_000);
  assert.ok(followed.length > 0 && followed.length <= 10, `${followed.length} followed`);
});

/** A peer that offers ut_holepunch and does nothing else. */
function talker(swarm: SwarmWorld, to: SimNode): SimNode<FakePeer> {
  return addFake(
    swarm,
    {
      onOpen(connection) {
        connection.sayHandshake();
        connection.sayExtensions({ extensions: new Map([['ut_holepunch', THEIRS]]) });
      },
    },
    [to],
  );
}

/** The address that a fake peer, which does not say where it listens, has for a member. */
function addressAt(member: Member, fake: SimNode): Endpoint {
  for (const { endpoint } of member.torrent.connections) if (endpoint[3] === fake.index + 1) return endpoint;
  throw new Error('a connection to the fake peer expected');
}

function say(connection: FakeConnection, message: HolepunchMessage): void {
  connection.say({ id: PeerMessageId.extended, extension: OURS, payload: encodeToBytes(holepunchMessage, message) });
}

function heard({ protocol }: SimNode<FakePeer>): HolepunchMessage[] {
  const messages = protocol.connection.heard(PeerMessageId.extended).filter(({ extension }) => extension === THEIRS);
  return messages.map(({ payload }) => holepunchMessage.decode(payload, 0, payload.length));
}

function at(text: string): Endpoint {
  return parseEndpoint(text) as Endpoint;
}
