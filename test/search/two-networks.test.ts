/** One file from holders of two networks at once, on sockets and disks of this machine. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { FileExchange } from '../../src/node/files/file-exchange.ts';
import { openGnutellaNetwork } from '../../src/node/gnutella-network.ts';
import { Library } from '../../src/node/library/library.ts';
import { openNapsterNetwork } from '../../src/node/napster-network.ts';
import { wayTo } from '../../src/node/search/holder-hunt.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker } from '../../src/node/search/search-network.ts';
import { SHARES_NOTHING } from '../../src/node/search/shares-nothing.ts';
import { Settings } from '../../src/node/settings/settings.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../../src/overlays/napster/index.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { until } from '../interop/peers/process-group.ts';

const MAX_MS = 120_000;
const WAIT_MS_MAX = 60_000;
const BYTES = 16_000_000;

interface Town {
  readonly folder: string;
  readonly content: Uint8Array;
  /** Of who shares the file, and of who does not. */
  member(maker: SearchNetworkMaker, shares: boolean, hosts: readonly Endpoint[]): Promise<SearchNetwork>;
}

async function town(t: TestContext): Promise<Town> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-two-networks-'));
  const content = new Random(23).fill(new Uint8Array(BYTES));
  mkdirSync(join(folder, 'music'));
  writeFileSync(join(folder, 'music/walrus polka.mp3'), content);
  const library = new Library({ database: ':memory:' });
  await library.share(join(folder, 'music'));
  const open: SearchNetwork[] = [];
  t.after(async () => {
    for (const network of open) await network.close();
    await library.close();
    rmSync(folder, { recursive: true });
  });
  const settings = Settings.load({ HOME: folder }, folder);
  const caller = { settings, console: {} } as unknown as NetworkPlace['caller'];
  const place = { caller, listenHost: '127.0.0.1', port: 0, announceHost: '', proxy: null, uploadSlotsMax: 4 };
  return {
    folder,
    content,
    async member(maker, shares, hosts) {
      const network = await maker({ ...place, shared: shares ? library.index : SHARES_NOTHING, passing: !shares });
      open.push(network);
      network.addHosts(hosts);
      return network;
    },
  };
}

async function indexServer(t: TestContext): Promise<{ index: NapsterIndex; endpoint: Endpoint }> {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null });
  await host.open();
  t.after(() => host.close());
  return { index: host.run((own) => new NapsterIndex(own, INDEX_DEFAULTS)), endpoint: host.self.stream as Endpoint };
}

function firstHit(network: SearchNetwork): Promise<SearchHit> {
  return new Promise((onHit, reject) => {
    network.search({ words: ['walrus'], limit: 10, hashes: null }, { onHit, onSearchEnd: () => reject(new Error('nothing was found')) });
  });
}

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
