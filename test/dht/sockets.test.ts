import { ringLaws } from './ring-laws.ts';

const SMALL = { nodes: 8, keys: 40, killed: 2, killedAtOnce: 2, leaving: 2, round: '0.3', commands: 2, timeoutMs: 100_000 };

for (const overlay of ['chord', 'pastry', 'kelips', 'tapestry', 'can']) ringLaws({ overlay, ...SMALL });
