/** The promises of `test/gnutella` among fifty processes: too heavy for every `npm test`. */

import { test } from 'node:test';
import { SEED } from '../codec-laws.ts';
import { searchesThroughKills } from '../gnutella/process-network.ts';

test('fifty processes search in one another, and go on when a third is killed', { timeout: 300_000 }, async () => {
  await searchesThroughKills(SEED, 50, 17, 40);
});
