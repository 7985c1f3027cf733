import { ringLaws } from './ring-laws.ts';

ringLaws({ overlay: 'chord', nodes: 8, keys: 40, killed: 2, killedAtOnce: 2, leaving: 2, round: '0.3', commands: 2, timeoutMs: 100_000 });
ringLaws({ overlay: 'pastry', nodes: 8, keys: 40, killed: 2, killedAtOnce: 2, leaving: 2, round: '0.3', commands: 2, timeoutMs: 100_000 });
ringLaws({ overlay: 'kelips', nodes: 8, keys: 40, killed: 2, killedAtOnce: 2, leaving: 2, round: '0.3', commands: 2, timeoutMs: 100_000 });
ringLaws({
  overlay: 'tapestry',
  nodes: 8,
  keys: 40,
  killed: 2,
  killedAtOnce: 2,
  leaving: 2,
  round: '0.3',
  commands: 2,
  timeoutMs: 100_000,
});
