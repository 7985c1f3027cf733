/**
 * How graphs hold when nodes go, at random or the best connected first (Albert, Jeong, Barabási, Nature 2000): the largest component that is left, and how
 * far apart nodes are in it. The paper's numbers beside ours were computed by a reference program on graphs of its two kinds.
 */

import { experiment, type RunSpec } from 'kith/lab';

const NODES = 10_000;

function withGraph(graph: string, best: boolean): (spec: RunSpec) => RunSpec {
  return (spec) => ({ ...spec, options: { ...spec.options, graph }, failure: { share: spec.failure?.share ?? 0, repairMs: 0, best } });
}

export default experiment({
  title: 'Errors and attacks',
  question: 'What is left of a network when nodes fail at random, and when the best connected are removed?',
  source: { paper: 'Albert, Jeong, Barabási, Nature 2000', where: 'figures 1 and 2', trust: 'computed by a reference program' },
  base: {
    system: 'unstructured',
    nodes: NODES,
    // Nobody looks at its links meanwhile: what is measured is the graph, not its repair.
    options: { links: 4, pingMs: 3_600_000 },
    workload: {
      kind: 'searches',
      content: { titles: 10, zipf: 0, filesPerUser: 0, spread: 'even' },
      count: 1,
      perSecond: 0,
      warmUpMs: 0,
      waitMs: 1,
    },
  },
  vary: {
    label: 'part of the nodes removed',
    values: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4],
    set: (spec, share) => ({ ...spec, failure: { share, repairMs: 0 } }),
  },
  lines: [
    { name: 'random graph, random nodes', set: withGraph('random', false) },
    { name: 'random graph, best connected', set: withGraph('random', true) },
    { name: 'scale-free, random nodes', set: withGraph('scale-free', false) },
    { name: 'scale-free, best connected', set: withGraph('scale-free', true) },
  ],
  seeds: 5,
  quick: { values: [0, 0.05, 0.15, 0.3], seeds: 1, shrink: (spec) => spec },
  y: { label: 'part of the living nodes in the largest component' },
  curves: [
    { name: 'component', of: 'component', statistic: 'mean' },
    { name: 'distance', of: 'distance', statistic: 'mean', y: { label: 'links between two nodes of it' } },
  ],
  expect: [
    { curve: 'distance', line: 'random graph, random nodes', points: [[0, 6.77]], tolerance: { relative: 0.03 } },
    {
      curve: 'distance',
      line: 'scale-free, random nodes',
      points: [
        [0, 5.05],
        [0.3, 6.5],
      ],
      tolerance: { relative: 0.05 },
    },
    { curve: 'distance', line: 'scale-free, best connected', points: [[0.05, 11.7]], tolerance: { relative: 0.1 } },
    { curve: 'component', line: 'scale-free, random nodes', points: [[0.3, 0.915]], tolerance: { relative: 0.05 } },
  ],
  claims: [
    {
      text: 'A graph without scale breaks when 15% of its best connected nodes are gone, and holds when 30% go at random.',
      holds: ({ at }) =>
        at('component', 0.15, 'scale-free, best connected') < 0.05 && at('component', 0.3, 'scale-free, random nodes') > 0.8,
    },
    {
      text: 'A random graph breaks when 30% of its best connected nodes are gone, and holds at 20%.',
      holds: ({ at, xs }) =>
        at('component', 0.3, 'random graph, best connected') < 0.05 &&
        (!xs.includes(0.2) || at('component', 0.2, 'random graph, best connected') > 0.3),
    },
  ],
  deviations: [
    'Distances are measured from a hundred nodes of the largest component, not between all pairs.',
    'The reference gives S as a part of all nodes of the beginning (0.64 with 30% gone at random); here it is a part of those that are left (0.64 / 0.7).',
    'No measured map of the Internet or the web is at hand; the two kinds of graphs are drawn.',
  ],
});
