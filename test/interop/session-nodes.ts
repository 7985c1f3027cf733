/** Nodes for a long look at the pages: one with many small torrents, a DHT and a search network, another that fetches some of them again and again. */

import { randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RemoteNode } from '../../src/node/control/remote-node.ts';
import type { NodeOperations } from '../../src/node/node-operations.ts';
import { NodeHeap } from './peers/node-heap.ts';
import { type PagedNode, startPagedNode } from './peers/node-pages.ts';
import { freePort, ProcessGroup, until } from './peers/process-group.ts';
import type { Workbench } from './workbench.ts';

type Bench = Pick<Workbench, 'folder' | 'keep'>;

/** Of sound, so that each can be played. */
export const ITEM_BYTES = 192 * 1024;
/** These find what the other node has in the search network; in turn, so that one search can be told from the one before. */
export const WORDS = ['walrus polka', 'polka walrus'];
/** How many the other node fetches at once, and how fast each: slow enough to be seen while it comes. */
const FETCHED_AT_ONCE = 6;
const FETCH_RATE = 32 * 1024;
const LOOK_MS = 250;
const START_MS_MAX = 60_000;

export interface SessionNodes {
  readonly shown: PagedNode;
  readonly heap: NodeHeap;
  /** Names of what is being fetched from it all the while. */
  readonly fetched: readonly string[];
  /** Rejects when the other node fetches no more. */
  readonly failed: Promise<never>;
}

export function itemName(index: number): string {
  return `item ${String(index).padStart(3, '0')}.wav`;
}

export async function startSessionNodes(bench: Bench, items: number): Promise<SessionNodes> {
  const index = await startIndex(bench);
  const other = join(bench.folder, 'other');
  place(join(other, 'library'), 'Blue Walrus - Polka.mp3', new Uint8Array(40_000));
  settle(other, { 'networks.use': 'napster', 'napster.hosts': index, 'library.folders': join(other, 'library'), 'dht.use': 'on' });
  const taker = await startPagedNode(bench, 'other');
  const home = join(bench.folder, 'shown');
  for (let item = 0; item < items; item++) place(join(home, 'share'), itemName(item), soundOf(ITEM_BYTES));
  settle(home, { 'networks.use': 'napster', 'napster.hosts': index, 'dht.use': 'on', 'dht.nodes': `127.0.0.1:${taker.ports.peers}` });
  const inspectPort = await freePort();
  const shown = await startPagedNode(bench, 'shown', [], { nodeOptions: `--inspect-port=127.0.0.1:${inspectPort}` });
  const heap = bench.keep(await NodeHeap.of(shown.kith.pid, inspectPort));
  const source = await remoteOf(shown);
  await until(`${items} items`, START_MS_MAX, async () => (await source.list()).length >= items);
  const fetched = Array.from({ length: FETCHED_AT_ONCE }, (_, item) => itemName(item));
  const work = new AbortController();
  bench.keep({ stop: async () => work.abort() });
  const failed = fetchForEver(source, await remoteOf(taker), shown.ports.peers, join(other, 'fetched'), fetched, work.signal);
  // It is raced when the session runs, and may end before.
  failed.catch(() => undefined);
  return { shown, heap, fetched, failed };
}

async function startIndex(bench: Bench): Promise<string> {
  let address = '';
  const kith = new URL('../../kith', import.meta.url).pathname;
  const group = bench.keep(
    new ProcessGroup(kith, ['index', '--open', '--port', '0'], { onLine: (line) => (address ||= /:(\d+)$/.exec(line)?.[1] ?? '') }),
  );
  await until(
    'the index server',
    START_MS_MAX,
    () => address !== '',
    () => group.lastWords,
  );
  return `127.0.0.1:${address}`;
}

/** All of them complete, away with them, and again. */
async function fetchForEver(
  source: NodeOperations,
  taker: NodeOperations,
  port: number,
  folder: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<never> {
  const links = (await source.list()).filter(({ name }) => names.includes(name)).map(({ link }) => link);
  const peers = [`127.0.0.1:${port}`];
  for (;;) {
    const hashes: string[] = [];
    for (const link of links) {
      const { transfer } = await taker.add({ link }, { folder, peers, downloadRateMax: FETCH_RATE });
      hashes.push(transfer.infoHash);
    }
    for (const infoHash of hashes) {
      while ((await taker.info(infoHash)).haveBytes < ITEM_BYTES) await pause(LOOK_MS, undefined, { signal });
      await taker.remove(infoHash, true);
    }
  }
}

/** Each node has its own rooms below its home, its socket too. */
async function remoteOf({ home }: PagedNode): Promise<NodeOperations> {
  const node = await RemoteNode.find(join(home, 'state', 'kith', 'run'), new AbortController().signal);
  if (node === null) throw new Error(`the node in ${home} does not answer`);
  return node;
}

/** Noise of that many bytes as a WAV file: 8 kHz, 16 bit, one channel. */
function soundOf(bytes: number): Uint8Array {
  const HEADER_BYTES = 44;
  const [RATE, SAMPLE_BYTES] = [8_000, 2];
  const sound = randomFillSync(Buffer.alloc(bytes));
  sound.write('RIFF', 0);
  sound.writeUInt32LE(bytes - 8, 4);
  sound.write('WAVEfmt ', 8);
  sound.writeUInt32LE(16, 16);
  sound.writeUInt16LE(1, 20);
  sound.writeUInt16LE(1, 22);
  sound.writeUInt32LE(RATE, 24);
  sound.writeUInt32LE(RATE * SAMPLE_BYTES, 28);
  sound.writeUInt16LE(SAMPLE_BYTES, 32);
  sound.writeUInt16LE(8 * SAMPLE_BYTES, 34);
  sound.write('data', 36);
  sound.writeUInt32LE(bytes - HEADER_BYTES, 40);
  return sound;
}

function place(folder: string, name: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
}

/** The user's own settings, below that home. */
function settle(home: string, settings: Readonly<Record<string, string>>): void {
  const lines = Object.entries({ ...settings, 'napster.port': '0' }).map(([key, value]) => `"${key}" = ${JSON.stringify(value)}`);
  place(join(home, 'config', 'kith'), 'kith.toml', Buffer.from(`${lines.join('\n')}\n`));
}
