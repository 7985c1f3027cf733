/** How fast, and to how many at once, networks send what is shared: what the settings say, whatever the network, and for all of them together. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { FileExchange } from '../../src/node/files/file-exchange.ts';
import { openGnutellaNetwork } from '../../src/node/gnutella-network.ts';
import { openGnutella2Network } from '../../src/node/gnutella2-network.ts';
import { openNapsterNetwork } from '../../src/node/napster-network.ts';
import { wayTo } from '../../src/node/search/holder-hunt.ts';
import type { SearchNetwork, SearchNetworkMaker } from '../../src/node/search/search-network.ts';
import { RateLimiter } from '../../src/transfer/bittorrent/rate-limiter.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { until } from '../interop/peers/process-group.ts';
import { firstHit, indexServer, type Town, town } from './town.ts';

const MAX_MS = 90_000;
const WAIT_MS_MAX = 60_000;
const BYTES = 1_500_000;
const BYTES_PER_SECOND = 500_000;
/** What was saved up may go at once. */
const MS_MIN = ((BYTES - BYTES_PER_SECOND / 5) / BYTES_PER_SECOND) * 1000;

type Seeker = readonly [network: SearchNetwork, hit: SearchHit];

/** Somebody who shares the song under that budget, and somebody else who has found it with him. */
async function found(maker: SearchNetworkMaker, { member }: Town, budget: RateLimiter, servers: readonly Endpoint[]): Promise<Seeker> {
  const sharer = await member(maker, true, servers, { uploadBudget: budget });
  const ready = (): boolean => (servers.length > 0 ? sharer.status().state === 'member' : /ultrapeer|hub/.test(sharer.status().role));
  await until('a sharer', WAIT_MS_MAX, ready);
  const hosts = servers.length > 0 ? servers : [parseEndpoint(sharer.status().address ?? '') as Endpoint];
  const seeker = await member(maker, false, hosts);
  await until('a seeker', WAIT_MS_MAX, () => seeker.status().state === 'member');
  return [seeker, await until('a hit', WAIT_MS_MAX, () => firstHit(seeker).catch(() => null))];
}

/** How long the song takes from all of those. */
async function fetchMs(t: TestContext, { folder }: Town, seekers: readonly Seeker[]): Promise<number> {
  const exchange = await FileExchange.open({ stateFolder: join(folder, 'state') });
  t.after(() => exchange.close());
  const [[, { bytes, hashes, name }]] = seekers as [Seeker];
  const beganMs = performance.now();
  await exchange.fetch({
    wanted: { bytes, hashes },
    name,
    folder: join(folder, 'got'),
    ways: seekers.map(([network, hit]) => wayTo(network, hit)),
  }).done;
  return performance.now() - beganMs;
}

for (const [name, maker] of [
  ['Napster', openNapsterNetwork],
  ['Gnutella', openGnutellaNetwork],
  ['Gnutella2', openGnutella2Network],
] as const) {
  test(`${name} sends what is shared no faster than the limit says`, { timeout: MAX_MS }, async (t) => {
    const place = await town(t, BYTES);
    const servers = maker === openNapsterNetwork ? [(await indexServer(t)).endpoint] : [];
    const seeker = await found(maker, place, new RateLimiter(BYTES_PER_SECOND, null), servers);
    const tookMs = await fetchMs(t, place, [seeker]);
    assert.ok(tookMs >= MS_MIN, `${tookMs} ms, ${MS_MIN} at least`);
  });
}

test('two networks of one node have one limit together', { timeout: MAX_MS }, async (t) => {
  const place = await town(t, BYTES);
  const budget = new RateLimiter(BYTES_PER_SECOND, null);
  const { endpoint } = await indexServer(t);
  const seekers = [await found(openNapsterNetwork, place, budget, [endpoint]), await found(openGnutellaNetwork, place, budget, [])];
  const tookMs = await fetchMs(t, place, seekers);
  assert.ok(tookMs >= MS_MIN, `${tookMs} ms, ${MS_MIN} at least`);
});

test('a user of Napster sends to so many at once as library.slots says, and the next is told that all places are taken', {
  timeout: MAX_MS,
}, async (t) => {
  const { member } = await town(t, BYTES);
  const { index, endpoint } = await indexServer(t);
  await member(openNapsterNetwork, true, [endpoint], { uploadSlotsMax: 1 });
  const seekers = [await member(openNapsterNetwork, false, [endpoint]), await member(openNapsterNetwork, false, [endpoint])];
  await until('users', WAIT_MS_MAX, () => index.files.count === 1 && seekers.every((each) => each.status().state === 'member'));
  const answers: string[] = [];
  for (const seeker of seekers) {
    const hit = await firstHit(seeker);
    answers.push(
      await new Promise((resolve) => {
        seeker.reach(hit, { onAddress: () => resolve('come'), onStream: () => resolve('stream'), onUnreachable: resolve });
      }),
    );
  }
  assert.deepEqual(answers, ['come', 'all places are taken']);
});
