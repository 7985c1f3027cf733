import assert from 'node:assert/strict';
import { test } from 'node:test';
import { experiment, type ExperimentDeclaration } from './experiment.ts';
import { planOf } from './plan.ts';
import { raceOf } from './race.ts';
import { type Sweep, sweepOf } from './sweep.ts';

function failures(more: Partial<ExperimentDeclaration> = {}) {
  return experiment({
    title: 'Failures',
    question: 'How many lookups fail?',
    source: { paper: 'Chord', where: 'figure 12' },
    base: { system: 'chord', nodes: 100, workload: { kind: 'lookups', count: 50, perSecond: 0, warmUpMs: 0, style: 'iterative' } },
    vary: { label: 'failed nodes', values: [0.1, 0.2], set: (spec, share) => ({ ...spec, failure: { share, repairMs: 30_000 } }) },
    seeds: 2,
    quick: { values: [0.1], shrink: (spec) => ({ ...spec, nodes: 10 }) },
    y: { label: 'failed' },
    curves: [{ name: 'failed', of: 'failed', statistic: 'rate' }],
    expect: [{ curve: 'failed', points: [[0.1, 0.1]], tolerance: { absolute: 0.01 } }],
    claims: [{ text: 'It grows.', holds: () => true }],
    ...more,
  });
}

function sweeps(...words: readonly string[]): Sweep[] {
  return words.map((word) => {
    const [key = '', values = ''] = word.split('=');
    return { key, values: values.split(',') };
  });
}

function pointsOf(swept: ReturnType<typeof sweepOf>, effort: 'full' | 'quick' = 'full') {
  return planOf(swept, { name: 'x', effort, seeds: null, overrides: {}, ownScenario: false }).points;
}

test('the first key with several numbers is the axis, the second makes the lines', () => {
  const points = pointsOf(sweepOf(failures(), sweeps('nodes=16,64', 'options.successors=2,8')));
  assert.deepEqual(
    points.map(({ line, x, spec }) => [line, x, spec.nodes, spec.options]),
    [
      ['successors 2', 16, 16, { successors: 2 }],
      ['successors 2', 64, 64, { successors: 2 }],
      ['successors 8', 16, 16, { successors: 8 }],
      ['successors 8', 64, 64, { successors: 8 }],
    ],
  );
});

test('under another axis, what the own axis sets stays as it is at its first value', () => {
  const [first, second] = pointsOf(sweepOf(failures(), sweeps('failure=0.3,0.5')));
  assert.deepEqual(
    [first?.spec.failure, second?.spec.failure],
    [0.3, 0.5].map((share) => ({ share, repairMs: 30_000 })),
  );
  assert.deepEqual(pointsOf(sweepOf(failures(), sweeps('nodes=8,16')))[1]?.spec.failure, { share: 0.1, repairMs: 30_000 });
});

test('words make lines even when they come first, and the own axis stays where there is no other', () => {
  const points = pointsOf(sweepOf(failures(), sweeps('network=plane,king')));
  assert.deepEqual(
    points.map(({ line, x, spec }) => [line, x, spec.failure?.share, spec.network.kind]),
    [
      ['network plane', 0.1, 0.1, 'plane'],
      ['network plane', 0.2, 0.2, 'plane'],
      ['network king', 0.1, 0.1, 'king'],
      ['network king', 0.2, 0.2, 'king'],
    ],
  );
});

test('what has one value holds everywhere, against the axis, the lines and the quick form of the experiment', () => {
  const lines = [{ name: 'lossy', set: (spec: ReturnType<typeof failures>['base']) => ({ ...spec, loss: 0.5 }) }];
  const swept = sweepOf(failures({ lines, expect: [] }), sweeps('loss=0.1', 'failure.repairMs=7', 'nodes=33'));
  for (const effort of ['full', 'quick'] as const) {
    const [first] = pointsOf(swept, effort);
    assert.deepEqual([first?.spec.loss, first?.spec.failure, first?.spec.nodes], [0.1, { share: 0.1, repairMs: 7 }, 33]);
  }
});

test('one share of NATs leaves the others as they are', () => {
  const [first] = pointsOf(sweepOf(failures({ expect: [] }), sweeps('nat.symmetric=0.25', 'nodes=33')));
  assert.deepEqual(first?.spec.nat, { 'full-cone': 0, restricted: 0, 'port-restricted': 0, symmetric: 0.25, mapped: 0 });
});

test('one value for what the own axis varies makes the axis that one point', () => {
  const sizes = {
    label: 'nodes',
    values: [4, 8, 16],
    set: (spec: ReturnType<typeof failures>['base'], nodes: number) => ({ ...spec, nodes }),
  };
  const swept = sweepOf(failures({ vary: sizes, quick: {}, expect: [] }), sweeps('nodes=64', 'loss=0.1'));
  assert.deepEqual(
    pointsOf(swept).map(({ x, spec }) => [x, spec.nodes, spec.loss]),
    [[64, 64, 0.1]],
  );
});

test('each line of the experiment is kept, once for each value', () => {
  const lines = ['a', 'b'].map((name) => ({ name, set: (spec: ReturnType<typeof failures>['base']) => ({ ...spec, system: name }) }));
  const swept = sweepOf(failures({ lines, expect: [] }), sweeps('loss=0,0.1', 'churn=none,60m'));
  assert.deepEqual(
    swept.lines.map(({ name }) => name),
    ['a, churn none', 'a, churn 60m', 'b, churn none', 'b, churn 60m'],
  );
  assert.equal(new Set(pointsOf(swept).map(({ spec }) => `${spec.system} ${spec.churn.kind}`)).size, 4);
});

test('a figure of a distribution keeps its axis: sizes are lines, or one for all', () => {
  const hops = { label: 'hops', values: [0, 1, 2], set: (spec: ReturnType<typeof failures>['base']) => spec };
  const distribution = failures({ vary: hops, quick: {}, expect: [] });
  const lines = pointsOf(sweepOf(distribution, sweeps('nodes=64,256')));
  assert.deepEqual(
    lines.map(({ line, x, spec }) => [line, x, spec.nodes]),
    [64, 256].flatMap((nodes) => [0, 1, 2].map((x) => [`nodes ${nodes}`, x, nodes])),
  );
  assert.deepEqual(
    pointsOf(sweepOf(distribution, sweeps('nodes=64'))).map(({ x, spec }) => [x, spec.nodes]),
    [0, 1, 2].map((x) => [x, 64]),
  );
});

test('nothing published is held against a sweep', () => {
  const { expect, claims } = sweepOf(failures(), sweeps('nodes=16'));
  assert.deepEqual([expect, claims], [[], []]);
});

test('an axis over more than a decade is logarithmic', () => {
  assert.equal(sweepOf(failures(), sweeps('nodes=16,64,256')).figure.x.scale, 'log');
  assert.equal(sweepOf(failures(), sweeps('loss=0,0.1,0.2')).figure.x.scale, 'linear');
});

const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a third key with several values', ['nodes=1,2', 'loss=0,0.1', 'churn=none,60m'], /one axis and one set of lines/],
  ['a key that no run has', ['nodse=1,2'], /no nodse; did you mean nodes\?/],
  ['a key that this workload has not', ['workload.keys=1,2'], /no workload\.keys/],
  ['a word for a number', ['nodes=many'], /nodes takes a number such as 100, got "many"/],
  ['a part as a whole', ['workload=3'], /workload has parts: workload\.kind, workload\.count/],
  ['a kind alone', ['network.kind=plane'], /network is set as a whole/],
  ['a network that nobody knows', ['network=kign'], /did you mean king/],
  ['churn that is no time', ['churn=often'], /like 60m/],
  ['more than all that fail', ['failure=1.5'], /0 to 1/],
  ['an empty key', ['=3'], /a key like nodes/],
  ['a key out of the language', ['__proto__.x=3'], /a key like nodes/],
];

for (const [what, words, complaint] of MISTAKES) {
  test(`${what} is refused with words`, () => {
    assert.throws(() => sweepOf(failures(), sweeps(...words)), complaint);
  });
}

test('a race gives every system the same but for its name', () => {
  const points = pointsOf(raceOf(['chord', 'kademlia'], sweeps('failure=0.3', 'churn=60m')));
  const of = (line: string) => points.filter((point) => point.line === line).map(({ x, spec }) => ({ x, ...spec, system: '' }));
  assert.deepEqual(of('chord'), of('kademlia'));
  assert.deepEqual([points.length, points[0]?.spec.failure?.share, points[0]?.spec.churn.kind], [6, 0.3, 'sessions']);
});

test('a race asks which system is better, in words that people use', () => {
  const { title, question } = raceOf(['chord', 'kademlia'], []);
  assert.equal(title, 'Chord and Kademlia side by side');
  assert.equal(question, 'Which of Chord and Kademlia finds keys in fewer hops, in less time, with less traffic?');
  const swept = raceOf(['chord', 'kademlia'], sweeps('nodes=32,128,512', 'workload.count=300'));
  assert.deepEqual([swept.title, swept.question], [`${title} with 32, 128 or 512 nodes; 300 lookups`, question]);
});

test('a race of one system asks what that one takes', () => {
  const { title, question } = raceOf(['kademlia'], []);
  assert.equal(title, 'Kademlia by itself');
  assert.equal(question, 'How many hops, how much time and how much traffic does Kademlia take to find keys?');
});

test('a race of a system that is none is refused', () => {
  assert.throws(() => raceOf(['chrod'], []), /did you mean chord\?/);
});

const QUESTIONS: readonly (readonly [string, readonly string[]])[] = [
  ['How does "Failures" change with 16 or 64 nodes?', ['nodes=16,64']],
  ['How does "Failures" change with 16 or 64 nodes and with successors 2, 4 or 8?', ['nodes=16,64', 'options.successors=2,4,8']],
  [
    'How does "Failures" change with no churn or lives of 60m, given 33 nodes and 7% of the datagrams lost?',
    ['churn=none,60m', 'nodes=33', 'loss=0.07'],
  ],
  ['How does "Failures" change with 0%, 12.5% or 30% of the nodes failing, given a king network?', ['failure=0,0.125,0.3', 'network=king']],
  ['What comes of "Failures" with 64 nodes and roundMs 500?', ['nodes=64', 'options.roundMs=500']],
];

for (const [question, words] of QUESTIONS) {
  test(`a sweep over ${words.join(' ')} asks what it is about`, () =>
    assert.equal(sweepOf(failures(), sweeps(...words)).question, question));
}
