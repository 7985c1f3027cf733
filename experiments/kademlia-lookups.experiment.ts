/**
 * How lookups grow with a Kademlia network in which nobody comes or goes (IPTPS 2002). The paper measures nothing of it; what it says is that a
 * lookup takes about log2 N steps at most, and finds the nodes nearest to the key whoever asks. Buckets of 8 as in the Mainline DHT, 3 questions at once.
 */

import { experiment } from 'kith/lab';

const LOOKUPS = 2000;

export default experiment({
  title: 'Lookups of Kademlia',
  question: 'How many nodes does a Kademlia lookup pass, and how many does it ask, as the network grows?',
  source: { paper: 'Kademlia, IPTPS 2002', where: 'sections 2.3 and 3', trust: 'proved there, not measured' },
  base: {
    system: 'kademlia',
    nodes: 16,
    // Nothing changes, so that nothing has to be kept fresh; and all ask at once, which 16 nodes would take for a flood (50 a second from one address).
    options: { refreshMs: 0, queriesPerSecond: 0 },
    workload: { kind: 'lookups', count: LOOKUPS, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: [16, 64, 256, 1024, 4096, 16_384], set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 5,
  quick: { values: [16, 256, 4096], seeds: 2, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 500 } }) },
  y: { label: 'hops' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: 'longest', of: 'hops', statistic: 'max' },
    { name: 'asked', of: 'questions', statistic: 'mean', y: { label: 'nodes asked' } },
    { name: 'missed', of: 'failed', statistic: 'rate', y: { label: 'part of lookups that end elsewhere' } },
  ],
  claims: [
    { text: 'Every lookup ends at the node nearest to the key.', holds: ({ at, xs }) => xs.every((nodes) => at('missed', nodes) === 0) },
    {
      text: 'No lookup takes more than log2 N hops.',
      holds: ({ at, xs }) => xs.every((nodes) => at('longest', nodes) <= Math.log2(nodes)),
    },
    {
      text: 'Twice the nodes cost less than half a hop more, which is what one contact a bucket costs (xor-path-length): of 8 the nearest is taken.',
      holds: ({ at, xs }) =>
        xs.every((nodes, index) => {
          const before = xs[index - 1];
          return before === undefined || at('mean', nodes) - at('mean', before) < Math.log2(nodes / before) / 2;
        }),
    },
  ],
  deviations: [
    'The paper takes k = 20 and we k = 8, as the Mainline DHT does: fewer contacts, longer paths.',
    'Hops are questions to the nearest node one after the other; the lookup goes on until 8 have answered, which counts among the nodes asked.',
  ],
});
