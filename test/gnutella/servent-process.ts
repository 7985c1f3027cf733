/**
 * One servent as a process, for tests: what it is comes as JSON in its argument, and what it is to do line by line. Its first line is its address; after that each
 * line answers one of ours: `search words` with the names found, `status` with what it is. It ends when its standard input does.
 */

import { createInterface } from 'node:readline';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { SocketHost } from '../../src/net/index.ts';
import { GnutellaServent } from '../../src/overlays/gnutella/index.ts';
import { sharing } from './networks.ts';

export interface ServentOrders {
  readonly hosts: readonly string[];
  readonly files: readonly string[];
  readonly mode: 'auto' | 'ultrapeer' | 'leaf';
}

const orders = JSON.parse(process.argv[2] ?? '{}') as ServentOrders;
const host = new SocketHost({ address: '127.0.0.1' });
await host.open();
const servent = host.run(
  (each) =>
    new GnutellaServent(each, {
      mode: orders.mode,
      files: sharing(...orders.files),
      hosts: orders.hosts.map((text) => parseEndpoint(text) as Endpoint),
      compression: zlibCompression,
      isReachable: true,
      tickMs: 200,
      lonelyMs: 1_500,
      redialMs: 6_000,
      leavesMax: 20,
      linksWanted: 16,
      aliveMs: 3_000,
      aliveLeafMs: 3_000,
      queryHopMs: 500,
    }),
);
console.log(formatEndpoint(host.self.stream as Endpoint));

createInterface({ input: process.stdin }).on('line', (line) => {
  const [order, ...words] = line.split(' ');
  if (order === 'status') console.log(JSON.stringify(servent.inspect()));
  if (order !== 'search') return;
  const names: string[] = [];
  let answered = false;
  const answer = (): void => {
    if (!answered) console.log(JSON.stringify(names));
    answered = true;
  };
  const search = servent.search({ words, limit: 1 }, { onHit: ({ name }) => void names.push(name), onSearchEnd: answer });
  setTimeout(() => {
    search.stop();
    answer();
  }, 15_000).unref();
});
process.stdin.on('end', () => void host.close().then(() => process.exit()));
