import assert from 'node:assert/strict';
import test from 'node:test';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { Contact } from './contact.ts';
import { compareXor, NodeId, prefixBits, randomId, randomSharing } from './node-id.ts';
import { QUESTIONABLE_S, RoutingTable } from './routing-table.ts';
import { conforms, secureId } from './secure-id.ts';

const K = 8;
const SELF = new NodeId(0, 0, 0, 0, 0);

/** A contact in the half of the space that is not ours, at an address of our own site. */
function far(number: number, ip = `10.0.${number >> 8}.${number & 255}`): Contact {
  return new Contact(new NodeId(0x8000_0000 | number, 0, 0, 0, number), endpoint(ip));
}

function endpoint(ip: string, port = 6881): Endpoint {
  return endpointOf(ip, port) as Endpoint;
}

function tableOf(...contacts: readonly Contact[]): RoutingTable {
  const table = new RoutingTable(SELF, K, 0);
  for (const contact of contacts) table.answered(contact, 50, 0);
  return table;
}

/** Our half has some nodes too, so that the far half is a bucket of its own. */
function fullFarBucket(): RoutingTable {
  const near = Array.from({ length: K }, (_, index) => new Contact(new NodeId(index + 1, 0, 0, 0, 0), endpoint(`10.1.0.${index}`)));
  return tableOf(...Array.from({ length: K }, (_, index) => far(index)), ...near);
}

test('whatever answers, fails or asks: buckets partition the space, hold at most k, in order, and never our own id', () => {
  forSeeds(50, (seed) => {
    const random = new Random(seed);
    const self = randomId(random);
    const table = new RoutingTable(self, K, 0);
    const known: Contact[] = [];
    for (let now = 0; now < 600; now++) {
      const near = randomSharing(self, random.below(12), random);
      const contact =
        random.chance(0.4) && known.length > 0
          ? (known[random.below(known.length)] as Contact)
          : new Contact(near, endpoint(`10.${random.below(256)}.0.1`));
      known.push(contact);
      const draw = random.below(4);
      if (draw < 2) table.answered(contact, random.below(500), now);
      else if (draw === 2) table.failed(contact);
      else table.heardOf(contact, now);
      if (random.chance(0.02)) table.answered(new Contact(self, endpoint('10.9.9.9')), 1, now);
      const wrong = table.complaint();
      assert.equal(wrong, null, `after ${now} steps`);
    }
    assert.equal(table.size, [...table.all(true)].length);
  });
});

test('BEP 5: a bucket that is full splits only when our own id belongs to it', () => {
  const table = tableOf(...Array.from({ length: 20 }, (_, index) => far(index)));
  assert.deepEqual(table.inspect().buckets, [8, 0]);
  assert.equal(table.answered(new Contact(new NodeId(1, 0, 0, 0, 0), endpoint('10.1.0.1')), 10, 0), 'placed');
  assert.deepEqual(table.inspect().buckets, [8, 1]);
});

test('BEP 5: a newcomer does not take the place of a good node, and takes that of a bad one', () => {
  const table = fullFarBucket();
  assert.equal(table.answered(far(100), 5, 1), 'waiting');
  assert.equal(table.find(far(100)), null);
  table.failed(far(3));
  assert.notEqual(table.find(far(3)), null, 'one word may be lost');
  table.failed(far(3));
  assert.equal(table.find(far(3)), null);
  assert.notEqual(table.find(far(100)), null, 'the one that waited has its place');
});

test('of those that wait the one with the shortest round trip comes first', () => {
  const table = fullFarBucket();
  for (const [number, rttMs] of [
    [100, 90],
    [101, 12],
    [102, 40],
  ] as const)
    table.answered(far(number), rttMs, 1);
  table.failed(far(0));
  table.failed(far(0));
  assert.notEqual(table.find(far(101)), null);
  assert.equal(table.find(far(100)), null);
});

test('BEP 5: after a quarter of an hour without a word a node is questionable, and a query of it is a word', () => {
  const table = fullFarBucket();
  for (let index = 0; index < K; index++) if (index !== 4) table.heardOf(far(index), 100);
  assert.equal(table.questionable(far(200), QUESTIONABLE_S), null);
  assert.equal(table.questionable(far(200), QUESTIONABLE_S + 1)?.hex, far(4).hex);
  table.heardOf(far(4), QUESTIONABLE_S);
  assert.equal(table.questionable(far(200), QUESTIONABLE_S + 1), null);
});

test('who claims the id of a node that answers is not believed, and one that has another id loses its old one', () => {
  const table = tableOf(far(1));
  assert.equal(table.answered(new Contact(far(1), endpoint('10.7.7.7')), 1, 1), 'refused');
  assert.equal(table.find(far(1))?.endpoint.join('.'), far(1).endpoint.join('.'));
  table.answered(new Contact(far(2), far(1).endpoint), 1, 1);
  assert.equal(table.find(far(1)), null);
  assert.notEqual(table.find(far(2)), null);
});

test('one address has one place in a bucket, and one /24 two, unless they are of our own site', () => {
  const random = new Random(1);
  const at = (ip: string): Contact => new Contact(secureId(endpoint(ip), random), endpoint(ip, 1024 + random.below(60_000)));
  const table = new RoutingTable(SELF, K, 0);
  assert.equal(table.answered(at('203.0.113.5'), 1, 0), 'placed');
  assert.equal(table.answered(at('203.0.113.5'), 1, 0), 'refused');
  assert.equal(table.answered(at('203.0.113.6'), 1, 0), 'placed');
  assert.equal(table.answered(at('203.0.113.7'), 1, 0), 'refused');
  assert.equal(table.answered(at('203.0.114.7'), 1, 0), 'placed');
});

test('BEP 42: an id that fits its address takes the place of one that does not', () => {
  const table = new RoutingTable(SELF, K, 0);
  for (let index = 0; index < K; index++) table.answered(new Contact(far(index), endpoint(`203.0.${index}.1`)), 1, 0);
  table.answered(new Contact(new NodeId(1, 0, 0, 0, 0), endpoint('10.1.0.1')), 1, 0);
  const random = new Random(2);
  let honest = secureId(endpoint('198.51.100.9'), random);
  for (let round = 0; round < 64 && prefixBits(honest, SELF) > 0; round++) honest = secureId(endpoint('198.51.100.9'), random);
  assert.ok(conforms(honest, endpoint('198.51.100.9')) && prefixBits(honest, SELF) === 0);
  assert.equal(table.answered(new Contact(honest, endpoint('198.51.100.9')), 1, 0), 'placed');
  assert.equal(table.answered(new Contact(far(77), endpoint('198.51.101.9')), 1, 0), 'waiting');
});

test('the nearest are the nearest of all that are not bad, without the one who asks', () => {
  forSeeds(50, (seed) => {
    const random = new Random(seed);
    const self = randomId(random);
    const table = new RoutingTable(self, K, 0);
    for (let index = 0; index < 300; index++) {
      table.answered(new Contact(randomSharing(self, random.below(9), random), endpoint(`10.0.${index >> 8}.${index & 255}`)), 1, 0);
    }
    const everyone = [...table.all()];
    for (let round = 0; round < 30; round++) {
      const target = random.chance(0.5) ? randomId(random) : randomSharing(self, random.below(12), random);
      const asker = everyone[random.below(everyone.length)] as Contact;
      const truth = everyone
        .filter((contact) => contact !== asker)
        .sort((a, b) => compareXor(target, a, b))
        .slice(0, K);
      const got = table.nearest(target, K, asker).sort((a, b) => compareXor(target, a, b));
      assert.deepEqual(
        got.map(({ hex }) => hex),
        truth.map(({ hex }) => hex),
        `round ${round}`,
      );
    }
  });
});
