/** Strangers who send datagrams to the nodes of each overlay, all of them processes: garbage, lies, floods. The overlay stays, keeps its keys, and says little. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { encodeToBytes } from '../../src/core/codec.ts';
import { Contact, contactAt } from '../../src/core/contact.ts';
import { endpointPort, parseEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { id160, readId } from '../../src/core/id160.ts';
import { Random } from '../../src/core/random.ts';
import { store, stored, VALUE_BYTES_MAX } from '../../src/overlays/values/index.ts';
import { SEED } from '../codec-laws.ts';
import { type Member, ProcessRing } from '../dht/process-ring.ts';
import { until } from '../interop/peers/process-group.ts';
import { mutate } from '../mutate.ts';
import { LANGUAGES, type Language, type Scene } from './overlay-lies.ts';
import { PEAK_MB_MAX, peakMegabytes } from './peak-memory.ts';
import { RawDatagrams } from './raw-datagrams.ts';

const NODES = 4;
const KEYS = 20;
const GARBAGE = 10_000;
const LIARS_ROUNDS = 2_000;
const DATAGRAM_BYTES_MAX = 65_507;
const FLOOD_MS = 1_000;
/** What the nodes of `kith dht join` say at most, and hold. */
const ANSWER_BYTES_PER_SECOND = 1 << 20;
const ITEMS_MAX = 32_768;
/** So often others are named to a node, under so many of their points, and it asks for them for so long. */
const NAMINGS = 300;
const THIRDS = 32;
const NAMED_MS = 2_000;

for (const [overlay, language] of Object.entries(LANGUAGES)) hostileLaws(overlay, language);

function hostileLaws(overlay: string, language: Language): void {
  describe(`strangers at the door of ${overlay}, seed ${SEED}`, { timeout: 100_000 }, () => {
    const ring = new ProcessRing(overlay, SEED, '0.3');
    const random = new Random(SEED, 11);
    const values = new Map<string, Uint8Array>();
    let order: readonly Member[] = [];

    before(async () => {
      await ring.grow(NODES);
      order = await ring.settled();
      for (let count = 0; count < KEYS; count++) {
        const key = random.fill(new Uint8Array(20));
        const value = random.fill(new Uint8Array(100));
        await ring.pick().node.put(key, value);
        values.set(hexOf(key), value);
      }
    });
    after(() => ring.close());

    /** All live, in the same order, with every key, in little memory. */
    async function assertUnharmed(): Promise<void> {
      for (const { process } of ring.members) assert.ok(!process.exited, process.lastWords);
      assert.deepEqual(await ring.settled(), order);
      for (const [key, value] of values) {
        const got = (await ring.pick().node.get(Buffer.from(key, 'hex'))).value;
        assert.ok(got !== null && Buffer.compare(got, value) === 0, `key ${key}`);
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

    async function contactOf(member: Member): Promise<Contact> {
      const { id } = await member.point();
      return new Contact(readId(Buffer.from(id, 'hex')), 0, parseEndpoint(member.address) as Endpoint);
    }

    function sceneOf(stranger: RawDatagrams, victim: Contact): Scene {
      return { random, own: parseEndpoint(`127.0.0.1:${stranger.port}`) as Endpoint, victim };
    }

    test('garbage, cut and damaged messages, and datagrams as long as they get, are counted and dropped', async () => {
      const samples = Array.from({ length: 200 }, () => language.sample(random));
      await withStranger(async (stranger, target) => {
        const before = (await target.node.status()).datagrams;
        for (const sample of samples) for (let end = 0; end < sample.length; end += 7) await stranger.send(sample.subarray(0, end));
        for (let count = 0; count < GARBAGE; count++) {
          await stranger.send(random.chance(0.2) ? random.fill(new Uint8Array(random.below(2000))) : mutate(samples, random));
        }
        for (const length of [1500, 9000, DATAGRAM_BYTES_MAX]) await stranger.send(random.fill(new Uint8Array(length)));
        for (const sample of samples.slice(0, 20)) await stranger.send(new Uint8Array(DATAGRAM_BYTES_MAX).fill(sample[0] as number));
        const { received, malformed } = (await target.node.status()).datagrams;
        assert.ok(
          received - before.received > GARBAGE / 2 && malformed - before.malformed > GARBAGE / 4,
          `${received} came, ${malformed} were none`,
        );
        await assertUnharmed();
      });
    });

    test('answers to nobody’s question, and words in the name of another, change nothing', async () => {
      const contacts = await Promise.all(order.map(contactOf));
      await withStranger(async (stranger) => {
        for (let round = 0; round < LIARS_ROUNDS; round++) {
          const scene = sceneOf(stranger, contacts[round % contacts.length] as Contact);
          for (const lie of language.lies(scene)) await stranger.send(lie);
        }
        await assertUnharmed();
      });
    });

    test('who is named by strangers, in all ways that there are, hears little more than they have said', async () => {
      const third = await RawDatagrams.to(9);
      const endpoint = parseEndpoint(`127.0.0.1:${third.port}`) as Endpoint;
      // As many points as an address gives to its places: each might be taken for somebody else.
      const thirds = Array.from({ length: THIRDS }, (_, unit) => contactAt(endpoint, unit));
      const victim = await contactOf(order[0] as Member);
      await withStranger(async (stranger) => {
        let saidBytes = 0;
        const untilMs = performance.now() + NAMED_MS;
        for (let count = 0; count < NAMINGS; count++) {
          for (const naming of language.naming(sceneOf(stranger, victim), thirds)) {
            saidBytes += naming.length;
            await stranger.send(naming);
          }
        }
        await until('the last question to the third', 2 * NAMED_MS, () => performance.now() > untilMs);
        third.close();
        assert.ok(third.receivedBytes <= language.echo * saidBytes, `${third.receivedBytes} bytes for ${saidBytes}`);
        await assertUnharmed();
      });
    });

    test('an answer that is to go where no datagram can go costs an answer, and not the node', async () => {
      const victim = await contactOf(order[0] as Member);
      await withStranger(async (stranger) => {
        for (const address of ['127.0.0.1:0', '0.0.0.0:0', '255.255.255.255:9', '224.0.0.1:9', '[::1]:9', '[::]:0', '[ff02::1]:9']) {
          const nowhere = contactAt(parseEndpoint(address) as Endpoint, 0);
          for (let count = 0; count < 20; count++) {
            for (const naming of language.naming(sceneOf(stranger, victim), [nowhere])) await stranger.send(naming);
          }
        }
        await assertUnharmed();
      });
    });

    test('a flood of questions gets no more than the node says in all, and the overlay goes on beside it', async () => {
      await withStranger(async (stranger) => {
        const [key] = [...values.keys()] as [string];
        const questions = language.questions(random, readId(Buffer.from(key, 'hex')));
        const startedAt = performance.now();
        let sent = 0;
        while (performance.now() - startedAt < FLOOD_MS) {
          for (const question of questions) await stranger.send(question);
          sent += questions.length;
        }
        const seconds = (performance.now() - startedAt) / 1000;
        await assertUnharmed();
        const said = stranger.receivedBytes;
        assert.ok(
          sent > 5_000 && said > 0 && said < ANSWER_BYTES_PER_SECOND * (seconds + 2),
          `${sent} questions got ${said} bytes in ${seconds} s`,
        );
      });
    });

    test('who fills a node fills it up to its bound: it keeps what it had, and says that it is full', async () => {
      await withStranger(async (stranger, target) => {
        let refused = 0;
        stranger.onDatagram = (bytes) => {
          const message = language.decode(bytes);
          if (message.tag === stored.tag && !(message as { readonly accepted?: boolean }).accepted) refused++;
        };
        const value = random.fill(new Uint8Array(VALUE_BYTES_MAX));
        let sent = 0;
        await until('a full node', 60_000, async () => {
          for (let count = 0; count < 4000; count++) {
            const item = { key: id160.random(random), version: 1, writer: sent++, removed: false, value };
            await stranger.send(encodeToBytes(store, { tag: store.tag, transaction: sent, unit: 0, item }));
          }
          return refused > 0;
        });
        const { keys } = await target.node.status();
        assert.ok(keys <= ITEMS_MAX, `${keys} keys`);
        await assertUnharmed();
      });
    });
  });
}
