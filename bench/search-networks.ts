/**
 * A Gnutella network of ultrapeers and leaves in virtual time: what a servent takes of memory, how many events a second it makes and this machine
 * handles, and what searches cost and find. With 100,000 servents: some minutes, and two gigabytes.
 *
 *   node --expose-gc bench/search-networks.ts [--servents 100000] [--leaves 30] [--searches 200] [--seed 1] [--strategy dynamic]
 */

import { parseArgs } from 'node:util';
import type { Endpoint } from '../src/core/host.ts';
import { Random } from '../src/core/random.ts';
import { GNUTELLA_DEFAULTS, type GnutellaOptions } from '../src/overlays/gnutella/gnutella-options.ts';
import { GnutellaServent } from '../src/overlays/gnutella/servent.ts';
import { type SimNode } from '../src/sim/sim-node.ts';
import { World } from '../src/sim/world.ts';
import { ListedFiles } from '../src/wire/listed-files.ts';
import { NO_HASHES, NO_TAGS, type SharedFile } from '../src/wire/shared-file.ts';

/** Different files, each with two words and a number; a servent has a few. One of a thousand servents has a given one. */
const FILES_EACH = 4;
const HOSTS_KNOWN = 8;
const SETTLE_MS = 60_000;
const SEARCH_MS = 90_000;
const WANTED = 20;
const MIB = 1 << 20;

const { values } = parseArgs({
  options: {
    servents: { type: 'string', default: '100000' },
    leaves: { type: 'string', default: '30' },
    searches: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    strategy: { type: 'string', default: 'dynamic' },
  },
});
const servents = Number(values.servents);
const leavesEach = Number(values.leaves);
const searches = Number(values.searches);
const random = new Random(Number(values.seed), 0x77_0000_0000);
const kinds = Math.max(1, Math.round((servents * FILES_EACH) / 1_000));

function shared(index: number): SharedFile {
  const name = `melody${index} verse${index % 97}.mp3`;
  return { id: 1 + index, name, folder: '', bytes: 4_000_000, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes: NO_HASHES };
}

const catalogue = Array.from({ length: kinds }, (_, index) => shared(index));
/** Collections are shared between servents: what is measured is the network, not what is in it. */
const collections = Array.from(
  { length: Math.min(servents, 4 * kinds) },
  () => new ListedFiles(Array.from({ length: FILES_EACH }, () => catalogue[random.below(kinds)] as SharedFile)),
);

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const ultrapeers = Math.ceil(servents / leavesEach);
const base: Partial<GnutellaOptions> = {
  ...GNUTELLA_DEFAULTS,
  isReachable: true,
  leavesMax: 4 * leavesEach,
  hostsMax: 32,
  tableBitsMin: 8,
  tableBitsMax: 12,
  tickMs: 5_000,
  tellsHorizon: false,
  strategy: values.strategy === 'flood' ? 'flood' : 'dynamic',
  degreeMin: values.strategy === 'flood' ? 0 : 16,
  resultsWanted: WANTED,
  leafResultsWanted: WANTED,
};
const before = heapBytes();
const world = new World({ seed: Number(values.seed), latency: { kind: 'plane', baseMs: 10, acrossMs: 120 } });
const begin = performance.now();
const above: Endpoint[] = [];
const nodes: SimNode<GnutellaServent>[] = [];
for (let index = 0; index < servents; index++) {
  const isUltrapeer = index < ultrapeers;
  const hosts = Array.from({ length: Math.min(HOSTS_KNOWN, above.length) }, () => above[random.below(above.length)] as Endpoint);
  const files = collections[random.below(collections.length)] as ListedFiles;
  const node = world.addNode((host) => new GnutellaServent(host, { ...base, mode: isUltrapeer ? 'ultrapeer' : 'leaf', files, hosts }));
  nodes.push(node);
  if (isUltrapeer) above.push(node.endpoint);
  // All that are there already go on meanwhile; so many a second come.
  if (index % 500 === 499) world.runFor(100);
}
world.runFor(SETTLE_MS);
const grownMs = performance.now() - begin;
const links = nodes.map(({ protocol }) => protocol.neighbours.size);
const withoutLinks = links.filter((count) => count === 0).length;
const bytesEach = (heapBytes() - before) / servents;
console.log(
  `${servents.toLocaleString('en')} servents, ${ultrapeers.toLocaleString('en')} of them ultrapeers, ${withoutLinks} without a neighbour`,
);
console.log(
  `grown in ${(grownMs / 1000).toFixed(0)} s, ${world.counters.events.toLocaleString('en')} events, ${Math.round((world.counters.events / grownMs) * 1000).toLocaleString('en')} a second`,
);
console.log(
  `${Math.round(bytesEach).toLocaleString('en')} bytes a servent (${Math.round((bytesEach * servents) / MIB).toLocaleString('en')} MiB), ${(links.reduce((sum, count) => sum + count, 0) / servents).toFixed(1)} links`,
);

const eventsBefore = world.counters.events;
const sentBefore = world.counters.streamBytes;
const searchBegin = performance.now();
let hits = 0;
let found = 0;
for (let count = 0; count < searches; count++) {
  const asker = nodes[ultrapeers + random.below(servents - ultrapeers)] as SimNode<GnutellaServent>;
  let own = 0;
  const words = [`melody${random.below(kinds)}`];
  asker.protocol.search(
    { words, limit: WANTED },
    {
      onHit: () => {
        hits++;
        if (own++ === 0) found++;
      },
      onSearchEnd() {},
    },
  );
}
world.runFor(SEARCH_MS);
const searchMs = performance.now() - searchBegin;
const events = world.counters.events - eventsBefore;
const seen = nodes.reduce((sum, { protocol }) => sum + protocol.router.queriesSeen, 0);
console.log(
  `${searches} searches at once and ${SEARCH_MS / 1000} virtual seconds: ${(searchMs / 1000).toFixed(0)} s, ${events.toLocaleString('en')} events, ${Math.round((events / searchMs) * 1000).toLocaleString('en')} a second`,
);
console.log(
  `${((100 * found) / searches).toFixed(0)}% found something, ${(hits / searches).toFixed(1)} hits each, ${Math.round(seen / searches).toLocaleString('en')} servents asked each`,
);
console.log(
  `${Math.round((world.counters.streamBytes - sentBefore) / servents).toLocaleString('en')} bytes a servent meanwhile, trace ${world.traceHash()}`,
);
