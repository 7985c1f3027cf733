/**
 * What it costs to insert a node (JSAC 2004, section V-C): until it is a member, and in bytes of all that anybody sends for it. The paper measured
 * on PlanetLab with 10 to 450 nodes: 200 to 800 ms, and about 50 KB.
 */

import { experiment } from 'kith/lab';

const SIZES = [10, 50, 100, 200, 450] as const;
const KB = 1000;

export default experiment({
  title: 'Inserting a node into Tapestry',
  question: 'How long does a newcomer take to become a member of a Tapestry network, and what does everybody send for it?',
  source: { paper: 'Tapestry, JSAC 2004', where: 'section V-C', trust: 'a range and one number from the text' },
  base: {
    system: 'tapestry',
    nodes: 10,
    // Nobody does anything but for the newcomers.
    options: { roundMs: 100_000_000 },
    network: { kind: 'uniform', minMs: 5, maxMs: 75 },
    workload: { kind: 'joins', joins: 20, keys: 0 },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 5,
  quick: { values: [10, 100, 450], seeds: 2 },
  y: { label: 'until it is a member (ms)' },
  curves: [
    { name: 'mean', of: 'joinMs', statistic: 'mean' },
    { name: '90%', of: 'joinMs', statistic: 'p90' },
    { name: 'bytes', of: 'bytesPerJoin', statistic: 'mean', y: { label: 'bytes a join' } },
    { name: 'messages', of: 'messagesPerJoin', statistic: 'mean', y: { label: 'messages a join' } },
    { name: 'never', of: 'joinFailed', statistic: 'rate', y: { label: 'part of newcomers' } },
  ],
  claims: [
    { text: 'Every newcomer gets in.', holds: ({ at, xs }) => xs.every((nodes) => at('never', nodes) === 0) },
    {
      text: 'On average it takes the 200 to 800 ms that PlanetLab took.',
      holds: ({ at, xs }) => xs.every((nodes) => at('mean', nodes) >= 200 && at('mean', nodes) <= 800),
    },
    {
      text: 'At 450 nodes it costs about 50 KB: between half and twice as much.',
      holds: ({ at, xs }) => !xs.includes(450) || (at('bytes', 450) >= 25 * KB && at('bytes', 450) <= 100 * KB),
    },
    {
      text: 'Time hardly grows with the network: 45 times the nodes take no more than twice as long.',
      holds: ({ at, xs }) => !xs.includes(450) || at('mean', 450) <= 2 * at('mean', 10),
    },
  ],
  deviations: [
    'PlanetLab is not at hand: round trips are drawn from 10 to 150 ms, 80 ms on average, for each pair. What that says of the time is its order.',
    'The paper spoke TCP, with sizes of Java objects; these are datagrams, with their headers.',
    'A newcomer is a member when the multicast is over; the search for near neighbours comes after that, and its bytes are counted.',
  ],
});
