/** What a simulated network of Gnutella2 costs: events a second and bytes a node, while it grows, at rest, and while it searches. `node --expose-gc bench/gnutella2.ts [nodes]` */

import { Gnutella2Node } from '../src/overlays/gnutella2/index.ts';
import { Random } from '../src/core/random.ts';
import { zlibCompression } from '../src/net/compression.ts';
import { World } from '../src/sim/world.ts';
import { ListedFiles } from '../src/wire/listed-files.ts';
import { ownFile } from '../test/gnutella2/networks.ts';

const NODES = Number(process.argv[2] ?? 20_000);
const JOINED_PER_S = 500;
const FILES = 5;
/** Each leaf has two hubs of 300 places: these are not full, and none has to be elected. */
const HUBS = Math.ceil(NODES / 120);
const SETTLE_MS = 40_000;
const REST_MS = 10_000;
const SEARCHES = 100;

const random = new Random(1);
const world = new World({ seed: 1, latency: { kind: 'uniform', minMs: 5, maxMs: 90 } });
const nodes: { readonly protocol: Gnutella2Node; readonly endpoint: Uint8Array }[] = [];

function memory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function report(what: string, run: () => void): void {
  // Of the processor, so that others who use the machine count less.
  const [events, ms, before] = [world.counters.events, world.now, process.cpuUsage()];
  run();
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const count = world.counters.events - events;
  const rate = Math.round(count / seconds).toLocaleString();
  console.log(
    `${what}: ${Math.round((world.now - ms) / 1_000)} s in ${seconds.toFixed(1)} CPU seconds, ${count.toLocaleString()} events, ${rate} a second`,
  );
}

const empty = memory();
report(`${NODES.toLocaleString()} nodes come`, () => {
  for (let index = 0; index < NODES; index++) {
    const others = Math.min(index, HUBS);
    const bootstrap = Array.from({ length: Math.min(4, others) }, () => (nodes[random.below(others)] as { endpoint: Uint8Array }).endpoint);
    const role = index < HUBS ? 'hub' : 'auto';
    const files = new ListedFiles(Array.from({ length: FILES }, (_, each) => ({ ...ownFile(FILES * index + each), id: each + 1 })));
    nodes.push(
      world.addNode(
        (host) =>
          new Gnutella2Node(host, {
            files,
            compression: zlibCompression,
            bootstrap,
            role,
            tableBits: 16,
            compresses: false,
            knownHubsMax: 64,
          }),
      ),
    );
    world.runFor(1_000 / JOINED_PER_S);
  }
});
report('all find their places', () => world.runFor(SETTLE_MS));
const hubs = nodes.filter(({ protocol }) => protocol.role.isHub).length;
const alone = nodes.filter(({ protocol }) => !protocol.role.isHub && protocol.links.hubs.length === 0).length;
console.log(`${hubs} hubs, ${alone} leaves without one, ${Math.round((memory() - empty) / NODES).toLocaleString()} bytes a node`);
report('rest', () => world.runFor(REST_MS));

let found = 0;
let over = 0;
const packets = (): number =>
  nodes.reduce((sum, { protocol: { sent } }) => sum + sent.of('Q2') + sent.of('QA') + sent.of('QKR') + sent.of('QKA'), 0);
const before = packets();
report(`${SEARCHES} searches, ten a second`, () => {
  for (let count = 0; count < SEARCHES; count++) {
    const from = nodes[random.below(NODES)] as { protocol: Gnutella2Node };
    const listener = { onHit: () => void found++, onSearchEnd: () => void over++ };
    from.protocol.search({ words: [`song${random.below(FILES * NODES)}`], limit: 1 }, listener);
    world.runFor(100);
  }
  world.runUntil(() => over === SEARCHES, 300_000);
});
console.log(`${found} found, ${Math.round((packets() - before) / SEARCHES)} packets each but hits`);
