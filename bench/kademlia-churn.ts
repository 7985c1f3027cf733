/**
 * A Kademlia network under churn, in virtual time: what lookups find, what they ask, what the upkeep costs, and what it takes of this
 * machine. With 100,000 nodes and an hour: four gigabytes, and the better part of an hour.
 *
 *   node bench/kademlia-churn.ts [--nodes 10000] [--minutes 60] [--median 60] [--lookups 100] [--seed 1]
 */

import { parseArgs } from 'node:util';
import { runChurn } from '../test/kademlia/churn.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '10000' },
    minutes: { type: 'string', default: '60' },
    median: { type: 'string', default: '60' },
    lookups: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});

const started = process.cpuUsage();
const result = runChurn({
  nodes: Number(values.nodes),
  minutes: Number(values.minutes),
  medianSessionMinutes: Number(values.median),
  lookupsPerMinute: Number(values.lookups),
  seed: Number(values.seed),
});
const { user, system } = process.cpuUsage(started);
console.log(`${values.nodes} nodes, ${values.minutes} virtual minutes, median session ${values.median} minutes, seed ${values.seed}`);
for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)} ${Number.isInteger(value) ? value : value.toFixed(3)}`);
console.log(`${'CPU seconds'.padEnd(24)} ${((user + system) / 1e6).toFixed(1)}`);
console.log(`${'largest memory, MB'.padEnd(24)} ${(process.resourceUsage().maxRSS / 1024).toFixed(0)}`);
