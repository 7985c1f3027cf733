import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { chordPathLength } from '../../../test/fixtures/sample-results.ts';
import { runAgain } from './commands.ts';

const { plan } = chordPathLength();

test('a plan is run again by its name, its form and its seeds', () => {
  assert.equal(runAgain(plan), 'kith lab run chord-path-length --seeds 10');
  assert.equal(runAgain({ ...plan, effort: 'quick', seeds: [1] }), 'kith lab run chord-path-length --quick --seeds 1');
});

test('what was laid over the experiment is laid over it again', () => {
  const overrides = { 'options.successors': '4', nodes: '64,256' };
  assert.equal(
    runAgain({ ...plan, overrides }),
    'kith lab sweep chord-path-length --seeds 10 --set options.successors=4 --set nodes=64,256',
  );
});

test('a race is run again as a race', () => {
  const overrides = { system: 'chord,pastry', churn: 'none,60m' };
  assert.equal(runAgain({ ...plan, experiment: 'race', overrides }), 'kith lab race chord pastry --seeds 10 --set churn=none,60m');
});

test('an experiment that carries out its own runs is named by its file', () => {
  assert.equal(runAgain({ ...plan, ownScenario: true }), 'kith lab run ./chord-path-length.experiment.ts --seeds 10');
});

test('a shell takes every word for what it is', { skip: process.platform === 'win32' ? 'there is no POSIX shell' : false }, () => {
  const nasty = `it's $(touch x) \`y\` "z" \\ ; | & > \n*`;
  const command = runAgain({ ...plan, overrides: { key: nasty } }).replace(/^kith/, "printf '%s\\n'");
  assert.equal(
    execFileSync('sh', ['-c', command], { encoding: 'utf8' }),
    `lab\nsweep\nchord-path-length\n--seeds\n10\n--set\nkey=${nasty}\n`,
  );
});
