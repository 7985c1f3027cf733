/** NATs: mapping, filtering, ports, time-outs, hairpins, boxes behind boxes, for datagrams and streams; in the terms of RFC 4787 and 5382. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Caller, NatWorld, textOf } from '../../test/fixtures/nat-world.ts';
import { NAT_KINDS, type NatKind, type NatSpec } from './nat-spec.ts';
import type { SimNode } from './sim-node.ts';
import { World } from './world.ts';

const KINDS = Object.keys(NAT_KINDS) as NatKind[];
const SECOND = 1000;

function portOf(endpoint: string): number {
  return Number(endpoint.split(':')[1]);
}

/** A node behind a NAT and two in the open. */
function household(nat: NatSpec): { net: NatWorld; inside: SimNode<Caller>; servers: [SimNode<Caller>, SimNode<Caller>] } {
  const net = new NatWorld();
  return { net, inside: net.caller({ nat }), servers: [net.caller(), net.caller()] };
}

for (const kind of KINDS) {
  const { mapping, filtering } = NAT_KINDS[kind];

  test(`RFC 4787, 4.1: what a ${kind} NAT maps an inner endpoint to`, () => {
    const { net, inside, servers } = household({ kind, ports: 'sequential' });
    const [first, again, elsewhere] = [servers[0], servers[0], servers[1]].map((server) => net.seenFrom(inside, server));
    assert.deepEqual([first, first === again, first === elsewhere], ['12.0.0.1:1024', true, mapping === 'endpoint-independent']);
  });

  test(`RFC 4787, 5: whom a ${kind} NAT lets in`, () => {
    const { net, inside, servers } = household({ kind });
    const [server, stranger] = servers;
    assert.equal(net.reaches(server, '12.0.0.1:6881', inside), false, 'there is no mapping yet');
    // Two endpoints of one address, of which the node speaks to one.
    const shared = { kind: 'full-cone', site: 'shared' } as const;
    const [spokenTo, beside] = [net.caller({ nat: shared }), net.caller({ nat: shared })];
    net.say(inside, net.seenFrom(spokenTo, server));
    const address = spokenTo.protocol.heard.at(-1)?.from as string;
    assert.deepEqual(
      [spokenTo, beside, stranger].map((each) => net.reaches(each, address, inside)),
      [true, filtering !== 'address-and-port-dependent', filtering === 'endpoint-independent'],
    );
  });
}

test('a preserving NAT keeps the port for the first and gives the next one another', () => {
  const net = new NatWorld();
  const server = net.caller();
  const home = { kind: 'port-restricted', site: 'home' } as const;
  const ports = [net.caller({ nat: home }), net.caller({ nat: home }), net.caller({ nat: home, port: 5000 })].map((node) =>
    portOf(net.seenFrom(node, server)),
  );
  assert.deepEqual(ports, [6881, 1024, 5000]);
});

test('random ports are those of the seed', () => {
  const drawn = (seed: number): number => {
    const net = new NatWorld({ seed });
    const server = net.caller();
    return portOf(net.seenFrom(net.caller({ nat: { kind: 'port-restricted', ports: 'random' } }), server));
  };
  assert.equal(drawn(1), drawn(1));
  assert.notEqual(drawn(1), drawn(2));
});

test('a mapping that nothing came back through is gone after 30 s, one with traffic both ways after 120 s', () => {
  const { net, inside, servers } = household({ kind: 'full-cone' });
  const address = net.seenFrom(inside, servers[0]);
  net.world.runFor(29 * SECOND);
  assert.ok(net.reaches(servers[0], address, inside), 'after 29 s');
  net.world.runFor(119 * SECOND);
  assert.ok(net.reaches(servers[0], address, inside), 'after 119 s more');
  net.world.runFor(121 * SECOND);
  assert.equal(net.reaches(servers[0], address, inside), false);
});

test('two behind one NAT reach each other by private addresses, and from outside nobody does', () => {
  const net = new NatWorld();
  const home = { kind: 'port-restricted', site: 'home' } as const;
  const [a, b] = [net.caller({ nat: home }), net.caller({ nat: home })];
  const far = net.caller({ nat: { kind: 'full-cone' } });
  assert.match(textOf(b), /^10\./);
  assert.ok(net.reaches(a, textOf(b), b));
  assert.deepEqual([net.reaches(net.caller(), textOf(b), b), net.reaches(far, textOf(b), b)], [false, false]);
});

for (const hairpin of [true, false]) {
  test(`RFC 4787 REQ-9: two behind one NAT ${hairpin ? 'reach each other by its outer address' : 'do not reach each other without hairpinning'}`, () => {
    const net = new NatWorld();
    const server = net.caller();
    const home = { kind: 'full-cone', site: 'home', hairpin } as const;
    const [a, b] = [net.caller({ nat: home }), net.caller({ nat: home })];
    const at = net.seenFrom(b, server);
    assert.equal(net.reaches(a, at, b), hairpin);
    if (hairpin) assert.equal(b.protocol.heard.at(-1)?.from, net.seenFrom(a, server), 'it comes from the outer address');
  });
}

test('a NAT behind a NAT: both translate, both let in what answers', () => {
  const provider = { kind: 'port-restricted', site: 'provider', ports: 'random', hairpin: true } as const;
  const net = new NatWorld();
  const server = net.caller();
  const [a, b] = [0, 1].map(() => net.caller({ nat: { kind: 'port-restricted', behind: provider } })) as [SimNode<Caller>, SimNode<Caller>];
  const [atA, atB] = [net.seenFrom(a, server), net.seenFrom(b, server)];
  assert.equal(atA.split(':')[0], atB.split(':')[0]);
  assert.ok(net.reaches(server, atA, a), 'an answer');
  assert.equal(net.reaches(net.caller(), atA, a), false, 'a stranger');
  assert.equal(net.reaches(a, atB, b), false, 'the first of the other household only opens the way');
  assert.ok(net.reaches(b, atA, a), 'the answer comes by the hairpin of the provider');
});

test('a stream goes out and not in', () => {
  const { net, inside, servers } = household({ kind: 'full-cone' });
  const out = inside.protocol.dial(textOf(servers[0]));
  net.world.runFor(SECOND);
  out.say('hello');
  const inward = servers[1].protocol.dial(servers[0].protocol.visitors[0] as string);
  const toPort = servers[1].protocol.dial('12.0.0.1:6881');
  net.world.runFor(20 * SECOND);
  assert.deepEqual([servers[0].protocol.told, servers[0].protocol.visitors.length], [['hello'], 1]);
  // To the port of the stream itself it is let in by a full cone, and nobody listens there.
  assert.deepEqual([inward.closed, toPort.closed], ['refused', 'timeout']);
});

test('a mapped port takes streams and datagrams of anybody, and is what others see', () => {
  const net = new NatWorld();
  const inside = net.caller({ nat: { kind: 'symmetric' }, mapped: true });
  const [server, stranger] = [net.caller(), net.caller()];
  const call = stranger.protocol.dial('12.0.0.1:6881');
  net.world.runFor(SECOND);
  assert.ok(call.opened);
  assert.ok(net.reaches(stranger, '12.0.0.1:6881', inside));
  assert.deepEqual([net.seenFrom(inside, server), net.seenFrom(inside, stranger)], ['12.0.0.1:6881', '12.0.0.1:6881']);
});

test('two that share a NAT and have both their port opened get one each, the same for datagrams and streams', () => {
  const net = new NatWorld();
  const home = { kind: 'symmetric', site: 'home' } as const;
  const server = net.caller();
  // What the others have sent before leaves the two sequences of ports at different places.
  net.seenFrom(net.caller({ nat: home }), server);
  const mapped = [0, 1].map(() => net.caller({ nat: home, mapped: true }));
  const addresses = mapped.map((node) => net.seenFrom(node, server));
  const calls = addresses.map((address) => net.caller().protocol.dial(address));
  net.world.runFor(SECOND);
  assert.deepEqual(addresses, ['12.0.0.1:6882', '12.0.0.1:6883']);
  assert.deepEqual(
    [calls.map(({ opened }) => opened), mapped.map(({ protocol }) => protocol.visitors.length)],
    [
      [true, true],
      [1, 1],
    ],
  );
});

test('a port that is mapped at home says nothing to the NAT of the provider', () => {
  const net = new NatWorld();
  const provider = { kind: 'port-restricted', site: 'provider' } as const;
  const inside = net.caller({ nat: { kind: 'port-restricted', behind: provider }, mapped: true });
  const call = net.caller().protocol.dial('12.0.0.1:6881');
  net.world.runFor(20 * SECOND);
  assert.deepEqual([call.closed, inside.protocol.visitors], ['timeout', []]);
});

test('RFC 5382 REQ-5: a stream that is idle for longer than the NAT remembers is dead', () => {
  const { net, inside, servers } = household({ kind: 'port-restricted', tcpMs: 60 * SECOND });
  const call = inside.protocol.dial(textOf(servers[0]));
  net.world.runFor(SECOND);
  for (let minute = 0; minute < 3; minute++) {
    net.world.runFor(50 * SECOND);
    call.say('still here');
  }
  net.world.runFor(SECOND);
  assert.equal(servers[0].protocol.told.length, 3);
  net.world.runFor(70 * SECOND);
  call.say('too late');
  net.world.runFor(2 * 60 * SECOND);
  assert.deepEqual([servers[0].protocol.told.length, call.closed], [3, 'reset']);
});

test('the port of a stream is given back four minutes after its end', () => {
  // By the port of a full cone a stranger is let in, and refused since nobody listens there, as long as there is a mapping.
  const strangerAfter = (minutes: number): string | null => {
    const { net, inside, servers } = household({ kind: 'full-cone' });
    const call = inside.protocol.dial(textOf(servers[0]));
    net.world.runFor(SECOND);
    call.stream?.end();
    net.world.runFor(minutes * 60 * SECOND);
    assert.equal(call.closed, 'ended');
    const stranger = servers[1].protocol.dial(servers[0].protocol.visitors[0] as string);
    net.world.runFor(20 * SECOND);
    return stranger.closed;
  };
  assert.deepEqual([strangerAfter(3), strangerAfter(5)], ['refused', 'timeout']);
});

test('what is no NAT is refused with what was expected', () => {
  const place = (nat: object) => () => new NatWorld().caller({ nat: nat as NatSpec });
  assert.throws(place({ kind: 'cone' }), /one of full-cone, restricted, port-restricted, symmetric expected, got cone/);
  assert.throws(place({ kind: 'symmetric', ports: 'odd' }), /ports of preserving, sequential, random expected, got odd/);
  assert.throws(place({ kind: 'symmetric', udpMs: 0 }), /udpMs above 0 expected, got 0/);
  const endless: { kind: string; behind?: object } = { kind: 'symmetric' };
  endless.behind = endless;
  assert.throws(place(endless), /at most 8 NATs behind each other expected/);
});

test('a world without public addresses says that it has no NATs', () => {
  const world = new World({ seed: 1 });
  assert.throws(
    () => world.addNode(() => ({ start() {}, onTimer() {}, stop() {}, inspect: () => ({}) }), { nat: { kind: 'symmetric' } }),
    /publicAddresses/,
  );
});
