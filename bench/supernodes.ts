/**
 * What a large network of FastTrack costs in the simulator: bytes a node, events a second, and whether searches find. A supernode for a hundred nodes, all coming
 * within a minute, then a time in which searches are made. `node --max-old-space-size=16000 bench/supernodes.ts 100000`;
 * KITH_WALL_MS bounds it
 */

import { loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { utf8Bytes } from '../src/core/utf8.ts';
import type { Endpoint } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { sha1 } from '../src/core/sha1.ts';
import { FASTTRACK_DEFAULTS, FastTrackNode, type FastTrackOptions } from '../src/overlays/fasttrack/index.ts';
import type { SimNode } from '../src/sim/sim-node.ts';
import { World } from '../src/sim/world.ts';
import { ListedFiles } from '../src/wire/listed-files.ts';
import type { SearchHit, SearchListener } from '../src/wire/search-hit.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../src/wire/shared-file.ts';

const SEED = 1;
const NODES_DEFAULT = 10_000;
/** KaZaA had about 30,000 supernodes for 3 million users. */
const NODES_PER_SUPERNODE = 100;
/** Saroiu, Gummadi, Gribble (MMCN 2002): a quarter share nothing. The others share 1 to 5 here. */
const SHARING = 0.75;
const FILES_MAX = 5;
const COLLECTIONS = 2_000;
const TITLES = 5_000;
const ARRIVAL_MS = 60_000;
const SEARCHES = 300;
const SEARCH_EVERY_MS = 100;
const SETTLE_MS = 30_000;
const BEAT_MS = 60_000;
/** Known at the start, of lists that many have in common. */
const NODES_KNOWN = 8;
const LISTS = 1_000;
const LISTED_MAX = 20;
const WALL_MS_MAX = Number(process.env.KITH_WALL_MS ?? 600_000);

class Counter implements SearchListener {
  hits = 0;
  ended = 0;

  onHit(_hit: SearchHit): void {
    this.hits++;
  }

  onSearchEnd(): void {
    this.ended++;
  }
}

const count = Number(process.argv[2] ?? NODES_DEFAULT);
const supernodes = Math.max(1, Math.ceil(count / NODES_PER_SUPERNODE));
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const random = new Random(SEED);
const began = performance.now();
const cpuBegan = process.cpuUsage();

function title(index: number): string {
  return `artist${index % 700} song${index}.mp3`;
}

function file(index: number, id: number): SharedFile {
  const name = title(index);
  return {
    id,
    name,
    folder: '',
    bytes: 4_000_000,
    modifiedMs: 0,
    kind: 'audio',
    tags: NO_TAGS,
    hashes: { ...NO_HASHES, uu: sha1(utf8Bytes(name)) },
  };
}

/** Popular titles are in many collections: the draw is that of the smaller of two. */
const collections = Array.from({ length: COLLECTIONS }, (_, index) => {
  const files = index < SHARING * COLLECTIONS ? 1 + random.below(FILES_MAX) : 0;
  return {
    files: new ListedFiles(
      Array.from({ length: files }, (_each, at) => file(Math.min(random.below(TITLES), random.below(TITLES)), at + 1)),
    ),
  };
});

const heapBefore = heap();
const world = new World({ seed: SEED, latency: { kind: 'uniform', minMs: 10, maxMs: 150 } });
const options: FastTrackOptions = { ...FASTTRACK_DEFAULTS, beatMs: BEAT_MS, nodesMax: LISTED_MAX, linksMin: 20, linksMax: 40 };
const first: Endpoint[] = [];
for (let index = 0; index < supernodes; index++) {
  const own = { ...options, role: 'supernode', nodes: random.shuffle(first.slice(-LISTS)).slice(0, NODES_KNOWN), nodesMax: 200 } as const;
  first.push(world.addNode((host) => new FastTrackNode(host, collections[0] as { files: ListedFiles }, own)).endpoint);
}
const known = Array.from({ length: LISTS }, () => {
  const nodes = Array.from({ length: NODES_KNOWN }, () => first[random.below(first.length)] as Endpoint);
  return { ...options, role: 'ordinary', nodes } as const;
});
const ordinary: SimNode<FastTrackNode>[] = [];
const stepMs = 1_000;
for (let at = 0; at < ARRIVAL_MS && isInTime(); at += stepMs) {
  const until = Math.floor(((count - supernodes) * (at + stepMs)) / ARRIVAL_MS);
  while (ordinary.length < until) {
    const ports = collections[random.below(COLLECTIONS)] as { files: ListedFiles };
    const own = known[random.below(LISTS)] as FastTrackOptions;
    ordinary.push(world.addNode((host) => new FastTrackNode(host, ports, own)));
  }
  world.runFor(stepMs);
}
report(isInTime() ? 'they have come' : 'time is over; so many have come');
world.runFor(isInTime() ? SETTLE_MS : 0);
report('half a minute later');
const attached = ordinary.reduce((sum, { protocol }) => sum + (protocol.parent.isAttached ? 1 : 0), 0);
const bytes = heap() - heapBefore;
console.log(
  `${attached.toLocaleString()} of ${ordinary.length.toLocaleString()} have a supernode; ${Math.round(bytes / world.nodes.length).toLocaleString()} bytes of heap a node`,
);

const counters: Counter[] = [];
const eventsBefore = world.counters.events;
const searchBegan = cpuSeconds();
for (let search = 0; search < SEARCHES && isInTime(); search++) {
  const counter = new Counter();
  counters.push(counter);
  const words = title(Math.min(random.below(TITLES), random.below(TITLES)))
    .replace('.mp3', '')
    .split(' ');
  (ordinary[random.below(ordinary.length)] as SimNode<FastTrackNode>).protocol.search({ words, limit: 50 }, counter);
  world.runFor(SEARCH_EVERY_MS);
}
world.runFor(isInTime() ? 10_000 : 0);
report('after the searches', world.counters.events - eventsBefore, cpuSeconds() - searchBegan);
const hits = counters.reduce((sum, { hits: each }) => sum + each, 0);
const answered = counters.filter(({ hits: each }) => each > 0).length;
const passed = world.nodes.reduce((sum, { protocol }) => sum + ((protocol as FastTrackNode).supernode?.flood.passed ?? 0), 0);
if (counters.length > 0) {
  console.log(
    `${counters.length} searches: ${answered} found something, ${(hits / counters.length).toFixed(1)} hits and ${(passed / counters.length).toFixed(0)} messages among supernodes each`,
  );
}
const [load = 0] = loadavg();
console.log(`node ${process.version}, seed ${SEED}, trace ${world.traceHash()}; load average of the machine ${load.toFixed(1)}`);

/** Events are held against the time of our own process: others may run beside it. */
function report(what: string, events = world.counters.events, seconds = cpuSeconds()): void {
  const { rss } = process.memoryUsage();
  console.log(
    `${what}: ${world.nodes.length.toLocaleString()} nodes, ${Math.round(world.now / 1000)} s of virtual time in ${((performance.now() - began) / 1000).toFixed(1)} s ` +
      `(${cpuSeconds().toFixed(1)} s of CPU), ${events.toLocaleString()} events, ${Math.round(events / seconds).toLocaleString()} a CPU second, ` +
      `${(rss / 2 ** 30).toFixed(2)} GiB resident`,
  );
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage(cpuBegan);
  return (user + system) / 1e6;
}

function heap(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function isInTime(): boolean {
  return performance.now() - began < WALL_MS_MAX;
}
