/**
 * How even zones are (SIGCOMM 2001, section 3.7, figure 9): with 65,536 nodes in three dimensions, the part of them whose zone is 1/n of the space. The paper:
 * some 40% where the zone that was hit is split, and no zone larger than eight times that; over 90%, and twice, where the largest zone around it is.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'Even zones',
  question: 'How large are the zones of a CAN, split where a newcomer hits or at the largest zone around?',
  source: { paper: 'CAN, SIGCOMM 2001', where: 'figure 9', trust: 'rounded, from a summary of the paper' },
  base: { system: 'can', nodes: 65_536, options: { roundMs: 0, dims: 3 }, workload: { kind: 'keys', keys: 1 } },
  vary: { label: 'zone, in parts of 1/n', scale: 'log', values: [0.25, 0.5, 1, 2, 4, 8], set: (spec) => spec },
  lines: [
    { name: 'where it hits', set: (spec) => ({ ...spec, options: { ...spec.options, uniform: false } }) },
    { name: 'the largest around', set: (spec) => ({ ...spec, options: { ...spec.options, uniform: true } }) },
  ],
  seeds: 2,
  quick: { values: [0.25, 0.5, 1, 2, 4, 8], seeds: 2, shrink: (spec) => ({ ...spec, nodes: 8192 }) },
  y: { label: 'part of the nodes' },
  curves: [
    { name: 'nodes', of: 'part', statistic: 'share' },
    { name: 'largest', of: 'part', statistic: 'max', y: { label: 'largest zone, in parts of 1/n' } },
  ],
  // The paper says "almost 40%" and "over 90%"; what is left over moves with the moment at which it is looked at.
  expect: [
    { line: 'where it hits', curve: 'nodes', points: [[1, 0.4]], tolerance: { absolute: 0.05 } },
    { line: 'the largest around', curve: 'nodes', points: [[1, 0.9]], tolerance: { absolute: 0.05 } },
    { line: 'where it hits', curve: 'largest', points: [[1, 8]], tolerance: { absolute: 0.5 } },
    { line: 'the largest around', curve: 'largest', points: [[1, 2]], tolerance: { absolute: 0.5 } },
  ],
  deviations: ['Zones are split without messages, one newcomer after the other, so that no news is old when the largest is chosen.'],
});
