import { test } from 'node:test';
import { SEED } from '../codec-laws.ts';
import { searchesThroughKills } from './process-network.ts';

test('eight processes find each other and each other’s files, and go on when three are killed', { timeout: 110_000 }, async () => {
  await searchesThroughKills(SEED, 8, 3, 8);
});
