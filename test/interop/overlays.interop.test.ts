/** The promises of `test/dht` at a size at which lookups take several hops and neighbours die together; too heavy for every `npm test`. */

import { ringLaws } from '../dht/ring-laws.ts';

ringLaws({
  overlay: 'chord',
  nodes: 64,
  keys: 200,
  killed: 10,
  killedAtOnce: 10,
  leaving: 10,
  round: '1',
  commands: 5,
  timeoutMs: 300_000,
});
// Its replicas lie by points, not by neighbours: of three, two may be lost at once.
ringLaws({ overlay: 'can', nodes: 64, keys: 200, killed: 10, killedAtOnce: 2, leaving: 10, round: '1', commands: 5, timeoutMs: 400_000 });
