/**
 * One node of Gnutella2 as a process of its own: `node node-process.ts INDEX [BOOTSTRAP…]`. Prints its endpoint, then answers each line of words on its standard input with one
 * line of JSON; ends with that input. Owns its host.
 */

import { createInterface } from 'node:readline';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/index.ts';
import { Gnutella2Node } from '../../src/overlays/gnutella2/index.ts';
import { keywordsOf } from '../../src/wire/keywords.ts';
import { ListedFiles } from '../../src/wire/listed-files.ts';
import type { SearchHit } from '../../src/wire/search-hit.ts';
import { ownFile } from './networks.ts';
import { ON_LOOPBACK } from './socket-nodes.ts';

/** What is printed for a line of words; for no words, of the node itself. */
export interface NodeAnswer {
  readonly words: string;
  readonly names: readonly string[];
  readonly isHub: boolean;
  readonly hubs: number;
  readonly leaves: number;
}

const [index = '0', ...bootstrap] = process.argv.slice(2);
const host = new SocketHost({ address: '127.0.0.1' });
await host.open();
const node = host.run(
  (own) =>
    new Gnutella2Node(own, {
      compression: zlibCompression,
      ...ON_LOOPBACK,
      leavesMax: 12,
      files: new ListedFiles([ownFile(Number(index))]),
      bootstrap: bootstrap.flatMap((text) => parseEndpoint(text) ?? []),
    }),
);
console.log(formatEndpoint(host.self.stream as Endpoint));

function answer(words: string, hits: readonly SearchHit[]): void {
  const { role, links } = node;
  const names = hits.map((hit) => hit.name);
  const told: NodeAnswer = { words, names, isHub: role.isHub, hubs: links.hubs.length, leaves: links.leaves.length };
  console.log(JSON.stringify(told));
}

const input = createInterface({ input: process.stdin });
input.on('line', (line) => {
  const words = keywordsOf(line);
  const hits: SearchHit[] = [];
  if (words.length === 0) answer(line, hits);
  else node.search({ words, limit: 1 }, { onHit: (hit) => void hits.push(hit), onSearchEnd: () => answer(line, hits) });
});
input.on('close', () => void host.close().then(() => process.exit()));
