/** One file from holders of two networks at once, on sockets and disks of this machine. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { FileExchange } from '../../src/node/files/file-exchange.ts';
import { openGnutellaNetwork } from '../../src/node/gnutella-network.ts';
import { openNapsterNetwork } from '../../src/node/napster-network.ts';
import { wayTo } from '../../src/node/search/holder-hunt.ts';
import type { SearchNetwork } from '../../src/node/search/search-network.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { until } from '../interop/peers/process-group.ts';
import { firstHit, indexServer, town } from './town.ts';

const MAX_MS = 120_000;
const WAIT_MS_MAX = 60_000;

test('a file comes from a holder of Gnutella and from one of Napster at once, each part checked by the tree that the first has told', {
  timeout: MAX_MS,
}, async (t) => {
  const { folder, content, member } = await town(t);
  const { index, endpoint } = await indexServer(t);
  const ultrapeer = await member(openGnutellaNetwork, true, []);
  await until('an ultrapeer', WAIT_MS_MAX, () => ultrapeer.status().role === 'ultrapeer');
  const user = await member(openNapsterNetwork, true, [endpoint]);
  const seekers = [
    await member(openGnutellaNetwork, false, [parseEndpoint(ultrapeer.status().address ?? '') as Endpoint]),
    await member(openNapsterNetwork, false, [endpoint]),
  ] as const;
  await until(
    'members',
    WAIT_MS_MAX,
    () => [user, ...seekers].every((each) => each.status().state === 'member') && index.files.count === 1,
  );
  const hits = await Promise.all(seekers.map(firstHit));
  const [{ bytes, hashes, name }] = hits as [SearchHit, SearchHit];

  const exchange = await FileExchange.open({ stateFolder: join(folder, 'state') });
  t.after(() => exchange.close());
  const ways = hits.map((hit, at) => wayTo(seekers[at] as SearchNetwork, hit));
  const fetch = exchange.fetch({ wanted: { bytes, hashes }, name, folder: join(folder, 'got'), ways });
  const brought = new Map<string, number>();
  fetch.onProgress(({ holders }) => {
    for (const holder of holders) brought.set(holder.name, holder.bytes);
  });
  const { path, verification } = await fetch.done;
  assert.equal(verification, 'parts');
  assert.equal(Buffer.compare(readFileSync(path), content), 0);
  assert.deepEqual(
    ways.map((way) => (brought.get(way.name) ?? 0) > 0),
    [true, true],
    JSON.stringify([...brought]),
  );
});
