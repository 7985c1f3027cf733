/** The promises of `test/dht` at a size at which lookups take several hops and neighbours die together; too heavy for every `npm test`. */

import { ringLaws } from '../dht/ring-laws.ts';

const LARGE = { nodes: 64, keys: 200, killed: 10, killedAtOnce: 10, leaving: 10, round: '1', commands: 5, timeoutMs: 300_000 };

for (const overlay of ['chord', 'pastry', 'kelips']) ringLaws({ overlay, ...LARGE });

// Replicas are anywhere: two that die together may be two of the same key, but no more, since between the waves others take their place.
ringLaws({ overlay: 'tapestry', ...LARGE, killedAtOnce: 2 });
