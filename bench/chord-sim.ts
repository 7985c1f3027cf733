/** prototype */
import { Random } from '../src/core/random.ts';
import { CHORD_DEFAULTS, Chord, linkIdealRing, type FindResult } from '../src/overlays/chord/index.ts';
import { World } from '../src/sim/world.ts';

const nodes = Number(process.argv[2] ?? 100_000);
const lookups = Number(process.argv[3] ?? nodes);
const batch = Number(process.argv[4] ?? 10_000);
const t0 = performance.now();
const cpu0 = process.cpuUsage();
const world = new World({ seed: 1, latency: { kind: 'uniform', minMs: 10, maxMs: 100 } });
const options = { ...CHORD_DEFAULTS, roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 };
const made = [];
for (let i = 0; i < nodes; i++) made.push(world.addNode((host) => new Chord(host, options)));
const t1 = performance.now();
linkIdealRing(made.map((n) => n.protocol));
world.runFor(1);
const t2 = performance.now();
const random = new Random(1, 99);
let hops = 0;
let done = 0;
let failed = 0;
const handler = {
  onFind: (result: FindResult): void => {
    done++;
    hops += result.hops;
    if (result.owners.length === 0) failed++;
  },
};
const events0 = world.counters.events;
for (let begun = 0; begun < lookups; begun += batch) {
  for (let i = 0; i < batch; i++) made[random.below(nodes)]!.protocol.lookup(random.fill(new Uint8Array(20)), handler);
  world.runUntil(() => done >= begun + batch, 60_000);
}
const t3 = performance.now();
const cpu = process.cpuUsage(cpu0);
const m = process.memoryUsage();
console.log({
  nodes,
  make: t1 - t0,
  link: t2 - t1,
  lookups,
  look: t3 - t2,
  usPer: ((t3 - t2) * 1000) / lookups,
  hops: hops / done,
  failed,
  events: world.counters.events - events0,
  cpuS: (cpu.user + cpu.system) / 1e6,
  rss: m.rss / 1e6,
  heap: m.heapUsed / 1e6,
  bytesPerNode: m.heapUsed / nodes,
  max: process.resourceUsage().maxRSS / 1e3,
});
