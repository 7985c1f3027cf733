/** Strangers who send datagrams to the nodes of a ring of processes: garbage, lies, floods. The ring stays, keeps its keys, and says little. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { endpointPort, parseEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { Contact, contactAt, idOfBytes } from '../../src/overlays/chord/index.ts';
import * as messages from '../../src/overlays/chord/messages.ts';
import { fetch, offer, store, stored, VALUE_BYTES_MAX } from '../../src/overlays/values/index.ts';
import { gone, pong } from '../../src/core/who.ts';
import { type ChordMessage, chordCodec } from '../../src/overlays/chord/messages.ts';
import { SEED } from '../codec-laws.ts';
import { type Member, ProcessRing } from '../dht/process-ring.ts';
import { mutate } from '../mutate.ts';
import { until } from '../interop/peers/process-group.ts';
import { PEAK_MB_MAX, peakMegabytes } from './peak-memory.ts';
import { RawDatagrams } from './raw-datagrams.ts';

const NODES = 4;
const GARBAGE = 20_000;
const DATAGRAM_BYTES_MAX = 65_507;
/** What the nodes of `kith dht join` say at most, and hold. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;
const ITEMS_MAX = 32_768;

const ring = new ProcessRing('chord', SEED, '0.3');
const random = new Random(SEED, 11);
const values = new Map<string, Uint8Array>();
let order: readonly Member[] = [];

before(async () => {
  await ring.grow(NODES);
  order = await ring.settled();
  for (let count = 0; count < 20; count++) {
    const key = random.fill(new Uint8Array(20));
    const value = random.fill(new Uint8Array(100));
    await ring.pick().node.put(key, value);
    values.set(hexOf(key), value);
  }
});
after(() => ring.close());

/** All live, in the same order, with every key, in little memory. */
async function assertUnharmed(): Promise<void> {
  for (const { process } of ring.members) assert.ok(!process.exited, `seed ${SEED}: ${process.lastWords}`);
  assert.deepEqual(await ring.settled(), order);
  for (const [key, value] of values) {
    const got = (await ring.pick().node.get(Buffer.from(key, 'hex'))).value;
    assert.ok(got !== null && Buffer.compare(got, value) === 0, `seed ${SEED}: key ${key}`);
  }
  for (const { process } of ring.members) {
    const megabytes = peakMegabytes(process.pid);
    assert.ok(megabytes < PEAK_MB_MAX, `took ${megabytes} MB`);
  }
}

/** A stranger before the first node, for the time of `use`. */
async function withStranger(use: (stranger: RawDatagrams, target: Member) => Promise<void>): Promise<void> {
  const target = order[0] as Member;
  const stranger = await RawDatagrams.to(endpointPort(parseEndpoint(target.address) as Endpoint));
  try {
    await use(stranger, target);
  } finally {
    stranger.close();
  }
}

const encoded = (message: ChordMessage): Uint8Array => encodeToBytes(chordCodec, message);

test('garbage, cut and damaged messages, and datagrams as long as they get, are counted and dropped', async () => {
  const samples = Array.from({ length: 200 }, () => encoded(chordCodec.random(random)));
  await withStranger(async (stranger, target) => {
    const before = (await target.node.status()).datagrams;
    for (const sample of samples) for (let end = 0; end < sample.length; end += 7) await stranger.send(sample.subarray(0, end));
    for (let count = 0; count < GARBAGE; count++) {
      await stranger.send(random.chance(0.2) ? random.fill(new Uint8Array(random.below(2000))) : mutate(samples, random));
    }
    for (const length of [1500, 9000, DATAGRAM_BYTES_MAX]) await stranger.send(random.fill(new Uint8Array(length)));
    await stranger.send(new Uint8Array(DATAGRAM_BYTES_MAX).fill(offer.tag));
    const { received, malformed } = (await target.node.status()).datagrams;
    assert.ok(
      received - before.received > GARBAGE / 2 && malformed - before.malformed > GARBAGE / 4,
      `${received} came, ${malformed} were none`,
    );
    await assertUnharmed();
  });
});

test('answers to nobody’s question, and words in the name of another, change nothing', async () => {
  const points = await Promise.all(order.map(async (member) => [await member.point(), member] as const));
  const contacts = points.map(
    ([{ id }, { address }]) => new Contact(idOfBytes(Buffer.from(id, 'hex')), 0, parseEndpoint(address) as Endpoint),
  );
  await withStranger(async (stranger) => {
    const own = parseEndpoint(`127.0.0.1:${stranger.port}`) as Endpoint;
    const nowhere = contactAt(parseEndpoint('127.0.0.1:9') as Endpoint, 0);
    for (let count = 0; count < 5000; count++) {
      const transaction = random.u32();
      const victim = contacts[count % contacts.length] as Contact;
      const lies: ChordMessage[] = [
        { tag: messages.leaving.tag, unit: 0, sender: victim },
        { tag: messages.leaving.tag, unit: 0, sender: new Contact(victim, 0, own) },
        { tag: messages.notify.tag, unit: 0, sender: new Contact(idOfBytes(random.fill(new Uint8Array(20))), 0, own) },
        { tag: messages.notify.tag, unit: 0, sender: nowhere },
        { tag: messages.news.tag, unit: 0, sender: contactAt(own, 0) },
        { tag: messages.news.tag, unit: 0, sender: victim },
        { tag: messages.state.tag, transaction, predecessor: nowhere, successors: [nowhere] },
        { tag: messages.found.tag, transaction, closer: [nowhere], successors: [nowhere] },
        { tag: gone.tag, transaction },
        { tag: pong.tag, transaction, member: false, self: victim },
        { tag: messages.arrived.tag, lookup: transaction, hops: 1, predecessor: nowhere, successors: [nowhere] },
      ];
      for (const lie of lies) await stranger.send(encoded(lie));
    }
    await assertUnharmed();
  });
});

test('a lookup whose answer is to go where no datagram can go costs an answer, and not the node', async () => {
  await withStranger(async (stranger) => {
    for (const address of ['127.0.0.1:0', '0.0.0.0:0', '255.255.255.255:9', '224.0.0.1:9', '[::1]:9', '[::]:0', '[ff02::1]:9']) {
      const origin = contactAt(parseEndpoint(address) as Endpoint, 0);
      for (let count = 0; count < 20; count++) {
        const target = idOfBytes(random.fill(new Uint8Array(20)));
        await stranger.send(
          encoded({ tag: messages.forward.tag, transaction: count, unit: 0, want: 255, hops: 0, lookup: count, target, origin }),
        );
      }
    }
    await assertUnharmed();
  });
});

test('a flood of questions gets no more than the node says in all, and the ring goes on beside it', async () => {
  await withStranger(async (stranger) => {
    const [key] = [...values.keys()] as [string];
    const questions = [
      encoded({ tag: fetch.tag, transaction: 1, unit: 0, key: idOfBytes(Buffer.from(key, 'hex')) }),
      encoded({
        tag: messages.find.tag,
        transaction: 1,
        unit: 0,
        want: 255,
        width: 255,
        target: idOfBytes(random.fill(new Uint8Array(20))),
      }),
    ];
    const startedAt = performance.now();
    let sent = 0;
    while (performance.now() - startedAt < 2000) {
      for (const question of questions) await stranger.send(question);
      sent += questions.length;
    }
    const seconds = (performance.now() - startedAt) / 1000;
    await assertUnharmed();
    const said = stranger.receivedBytes;
    assert.ok(
      sent > 10_000 && said > 0 && said < ANSWER_BYTES_PER_SECOND * (seconds + 2),
      `${sent} questions got ${said} bytes in ${seconds} s`,
    );
  });
});

test('who fills a node fills it up to its bound: it keeps what it had, and says that it is full', async () => {
  await withStranger(async (stranger, target) => {
    let refused = 0;
    let answered = 0;
    stranger.onDatagram = (bytes) => {
      const message = chordCodec.decode(bytes, 0, bytes.length);
      if (message.tag !== stored.tag) return;
      answered++;
      if (!message.accepted) refused++;
    };
    const value = random.fill(new Uint8Array(VALUE_BYTES_MAX));
    let sent = 0;
    await until('a full node', 60_000, async () => {
      for (let count = 0; count < 4000; count++) {
        const item = { key: idOfBytes(random.fill(new Uint8Array(20))), version: 1, writer: sent++, removed: false, value };
        await stranger.send(encoded({ tag: store.tag, transaction: sent, unit: 0, item }));
      }
      return refused > 0;
    });
    const { keys } = await target.node.status();
    assert.ok(keys <= ITEMS_MAX, `${keys} keys after ${answered} answers`);
    await assertUnharmed();
  });
});
