/** Members of search networks on sockets and disks of this machine, in one process: some share a song, others look for it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Endpoint } from '../../src/core/host.ts';
import { Random } from '../../src/core/random.ts';
import { SocketHost } from '../../src/net/socket-host.ts';
import { Library } from '../../src/node/library/library.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker } from '../../src/node/search/search-network.ts';
import { SHARES_NOTHING } from '../../src/node/search/shares-nothing.ts';
import { Settings } from '../../src/node/settings/settings.ts';
import { INDEX_DEFAULTS, NapsterIndex } from '../../src/overlays/napster/index.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';

const BYTES = 16_000_000;

export interface Town {
  readonly folder: string;
  readonly content: Uint8Array;
  /** Of who shares the file, and of who does not. */
  member(
    maker: SearchNetworkMaker,
    shares: boolean,
    hosts: readonly Endpoint[],
    more?: Partial<Pick<NetworkPlace, 'uploadBudget' | 'uploadSlotsMax'>>,
  ): Promise<SearchNetwork>;
}

/** `bytes`: of the song. */
export async function town(t: TestContext, bytes = BYTES): Promise<Town> {
  const folder = mkdtempSync(join(tmpdir(), 'kith-two-networks-'));
  const content = new Random(23).fill(new Uint8Array(bytes));
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
  const place = { caller, listenHost: '127.0.0.1', port: 0, announceHost: '', proxy: null, uploadSlotsMax: 4, uploadBudget: null };
  return {
    folder,
    content,
    async member(maker, shares, hosts, more = {}) {
      const network = await maker({ ...place, ...more, shared: shares ? library.index : SHARES_NOTHING, passing: !shares });
      open.push(network);
      network.addHosts(hosts);
      return network;
    },
  };
}

export async function indexServer(t: TestContext): Promise<{ index: NapsterIndex; endpoint: Endpoint }> {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: null });
  await host.open();
  t.after(() => host.close());
  return { index: host.run((own) => new NapsterIndex(own, INDEX_DEFAULTS)), endpoint: host.self.stream as Endpoint };
}

/** The first thing found of walruses. */
export function firstHit(network: SearchNetwork): Promise<SearchHit> {
  return new Promise((onHit, reject) => {
    network.search({ words: ['walrus'], limit: 10, hashes: null }, { onHit, onSearchEnd: () => reject(new Error('nothing was found')) });
  });
}
