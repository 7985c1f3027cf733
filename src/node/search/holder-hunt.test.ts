import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeNetwork, hash, hitOf } from '../../../test/search/fake-network.ts';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { FileAsk, HolderWay } from '../../transfer/files/holder-way.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { HolderHunt, HOLDERS_HUNTED_MAX, pushedWay } from './holder-hunt.ts';

const HASHES = { ...NO_HASHES, sha1: hash(20, 1), tiger: hash(24, 2) };
const WANTED = { bytes: 1000, hashes: HASHES };
const MINUTE_MS = 60_000;

/** Takes ways as a download does. */
class Taker {
  readonly ways: HolderWay[] = [];

  add(way: HolderWay): void {
    this.ways.push(way);
  }
}

function world(t: TestContext, networks: readonly FakeNetwork[], known = [hitOf({ at: 1, hashes: HASHES })]) {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'Date'] });
  const taker = new Taker();
  const hunt = new HolderHunt(WANTED, taker, () => networks, known);
  t.after(() => hunt.stop());
  /** Lets so much time pass, in small steps: what is told in one is acted on before the next. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 250) {
      t.mock.timers.tick(250);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { taker, hunt, pass };
}

test('holders that are known are added at once, and every network is asked for the hash', async (t) => {
  const networks = [new FakeNetwork('gnutella'), new FakeNetwork('gnutella2')];
  const { taker, pass } = world(t, networks);
  assert.equal(taker.ways.length, 1);
  assert.deepEqual(
    networks.map(({ asked }) => asked[0]?.hashes),
    [HASHES, HASHES],
  );
  networks[1]?.finds({ at: 2, hashes: { ...NO_HASHES, tiger: HASHES.tiger }, name: 'renamed.bin' });
  await pass(500);
  assert.equal(taker.ways.length, 2);
});

test('who has another size, or contradicts a hash, is not added, whatever else he says', async (t) => {
  const network = new FakeNetwork();
  const { taker, pass } = world(t, [network]);
  network.finds({ at: 2, hashes: { ...HASHES, tiger: hash(24, 9) } });
  network.finds({ at: 3, hashes: HASHES, bytes: 1001 });
  network.finds({ at: 4, hashes: NO_HASHES });
  await pass(1000);
  assert.equal(taker.ways.length, 1);
});

test('a holder is handed on once, and of a crowd only so many', async (t) => {
  const network = new FakeNetwork();
  const { taker, hunt, pass } = world(t, [network]);
  for (let at = 0; at < HOLDERS_HUNTED_MAX + 20; at++) network.finds({ at, hashes: HASHES });
  await pass(500);
  assert.deepEqual([taker.ways.length, hunt.holders], [HOLDERS_HUNTED_MAX, HOLDERS_HUNTED_MAX]);
});

test('it asks again as long as the download goes on, ever more rarely', async (t) => {
  const network = new FakeNetwork();
  const { hunt, pass } = world(t, [network]);
  for (let minute = 0; minute < 30; minute++) {
    network.ends();
    await pass(MINUTE_MS);
  }
  const { length } = network.asked;
  assert.ok(length >= 4 && length <= 6, `${length} searches in half an hour`);
  hunt.stop();
  await pass(30 * MINUTE_MS);
  assert.equal(network.asked.length, length);
});

test('a way goes through the network that has told of the holder, each time that it is taken', async (t) => {
  const network = new FakeNetwork();
  const { taker } = world(t, [network]);
  const asks: FileAsk[] = [];
  const listener = { onAddress: (_: unknown, ask: FileAsk) => void asks.push(ask), onStream: assert.fail, onUnreachable: assert.fail };
  taker.ways[0]?.reach(listener);
  taker.ways[0]?.reach(listener);
  await Promise.resolve();
  assert.deepEqual([network.reached.length, asks[0]], [2, { speech: 'http', target: '/get/1/walrus', headers: [] }]);
});

test('a file without any hash is fetched from those who are known, and nobody is asked for it', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'setTimeout', 'Date'] });
  const network = new FakeNetwork('gnutella');
  const taker = new Taker();
  const hunt = new HolderHunt({ bytes: 1000, hashes: NO_HASHES }, taker, () => [network], [hitOf({})]);
  assert.deepEqual([taker.ways.length, network.asked.length], [1, 0]);
  hunt.stop();
});

test('of one who has to be pushed another holder has told: Gnutella has him pushed, where we are there and he knows the file', () => {
  const [gnutella, other] = [new FakeNetwork('gnutella'), new FakeNetwork('napster')];
  const guid = hash(16, 7);
  const proxies = [endpointOf('1.2.3.4', 6346) as Endpoint];
  const wanted = { bytes: 1000, hashes: { ...NO_HASHES, sha1: hash(20, 1), tiger: hash(24, 2) } };
  const way = pushedWay([other, gnutella], wanted, { guid, proxies });
  way?.reach({ onAddress() {}, onStream() {}, onUnreachable() {} });
  const [hit] = gnutella.reached;
  assert.deepEqual([hit?.holder.id, hit?.holder.firewalled, hit?.holder.proxies], ['07'.repeat(16), true, proxies]);
  assert.match(hit?.holder.locator ?? '', /^\/uri-res\/N2R\?urn:sha1:[A-Z2-7]{32}$/);
  // Whoever brings bytes is told on to others.
  assert.deepEqual(way?.firewalled, { guid, proxies });
  assert.equal(pushedWay([other], wanted, { guid, proxies }), null);
  assert.equal(pushedWay([gnutella], { bytes: 1000, hashes: NO_HASHES }, { guid, proxies }), null);
});
