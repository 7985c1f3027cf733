import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { events, type KithProcess, Room, SCRIPT } from './kith-process.ts';

const DICE = readFileSync(resolve(import.meta.dirname, '../fixtures/lab/dice.experiment.ts'), 'utf8');
const FILES = ['figure.png', 'figure.svg', 'points.csv', 'report.html', 'result.json', 'runs.ndjson', 'spec.json'];
/** Both cores are shared with other tests. */
const ONE = ['--jobs', '1'];

const room = new Room();
after(() => room.close());

/** An experiment of somebody else, in a folder of theirs, with a part of it said otherwise. */
function foreign(name: string, ...changes: readonly (readonly [string, string])[]): string {
  let text = DICE;
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  const file = join(room.here, `${name}.experiment.ts`);
  writeFileSync(file, text);
  return file;
}

/** The events of one kind that a command has written with --json. */
function of(kind: string, stdout: string): Record<string, unknown>[] {
  return events(stdout).filter(({ event }) => event === kind);
}

function folderIn(stdout: string): string {
  return String(of('plan', stdout)[0]?.['folder']);
}

interface Result {
  readonly commit: string;
  readonly verdict: { readonly agreement: string };
  readonly curves: readonly { readonly curve: string; readonly line: string; readonly points: readonly { x: number; mean: number }[] }[];
}

function resultIn(stdout: string): Result {
  return of('result', stdout)[0]?.['result'] as Result;
}

/** Somebody may work on the sources while tests run: what was measured is compared, not of which sources it comes. */
function measuredIn(stdout: string): Omit<Result, 'commit'> {
  const { commit: _commit, ...measured } = resultIn(stdout);
  return measured;
}

test('run prints the path of a report, shows every point beside the published one, and ends with 0 when all agree', async () => {
  const { code, stdout, stderr } = await room.run(['lab', 'run', foreign('fair'), ...ONE]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\S+\/data\/kith\/lab\/fair-[0-9a-f]{10}\/report\.html\n$/);
  assert.match(stderr, /^ +dice +sum +95% band +published +±\n +1 +3\.\d+ .*█.* 3\.5 +0\.3500 +✓\n/m);
  assert.match(stderr, /✓ More dice have more\.\n\n✓ agrees with lecture, slide 1, at 3 of 3 points and in 1 of 1 claims\n/);
  assert.deepEqual(readdirSync(resolve(stdout, '..')).sort(), FILES);
});

test('what disagrees with its paper ends with 10', async () => {
  const { code, stdout, stderr } = await room.run(['lab', 'run', foreign('loaded', ['[1, 3.5]', '[1, 5]']), ...ONE]);
  assert.deepEqual([code, stdout.endsWith('report.html\n')], [10, true], stderr);
  assert.match(stderr, /✗ disagrees with lecture, slide 1: agrees only at 2 of 3 points/);
});

test('what can neither be confirmed nor refuted ends with 11', async () => {
  const { code, stderr } = await room.run(['lab', 'run', foreign('dim', ['xs.every((x', "at('mean', 9) > 0 && xs.every((x"]), ...ONE]);
  assert.equal(code, 11, stderr);
  assert.match(stderr, /\? More dice have more\. \(not told by these points\)\n\n\? inconclusive beside lecture, slide 1/);
});

test('what has nothing published beside it is measured, and ends with 0', async () => {
  const file = foreign('bare', ['expect: [', 'expect: [].slice(0, 0) && ['], ['claims: [', 'claims: [].slice(0, 0) && [']);
  const text = readFileSync(file, 'utf8').replace(/ {2}expect: [\s\S]*?^}\);/m, '});');
  writeFileSync(file, text);
  const { code, stderr } = await room.run(['lab', 'run', file, ...ONE]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /· measured; nothing is published/);
});

test('of several experiments the worst verdict is the exit code', async () => {
  const files = [foreign('good'), foreign('bad', ['[2, 7]', '[2, 70]'])];
  const { code, stdout } = await room.run(['lab', 'run', ...files, '--quick', ...ONE]);
  assert.deepEqual([code, stdout.split('\n').length], [0, 3], 'the quick form throws one dice alone');
  assert.equal((await room.run(['lab', 'run', ...files, ...ONE])).code, 10);
});

test('--json is a line for the plan, for each run, and for the result, which is result.json', async () => {
  const { code, stdout } = await room.run(['lab', 'run', foreign('json'), '--json', ...ONE]);
  const [plan] = of('plan', stdout);
  const [last] = of('result', stdout);
  assert.equal(code, 0);
  assert.deepEqual([plan?.['runs'], plan?.['done'], plan?.['effort'], plan?.['v']], [12, 0, 'full', 1]);
  const runs = of('run', stdout);
  assert.deepEqual([runs.length, typeof runs[0]?.['tookMs'], /^[0-9a-f]{16}$/.test(String(runs[0]?.['trace']))], [12, 'number', true]);
  assert.deepEqual(last?.['result'], JSON.parse(readFileSync(join(folderIn(stdout), 'result.json'), 'utf8')));
  assert.equal(events(stdout).length, 14);
});

test('one thread and two come to the same result and the same figure', async () => {
  const file = foreign('threads');
  const [one, two] = ['one', 'two'].map((name) => join(room.here, name)) as [string, string];
  const first = await room.run(['lab', 'run', file, '--out', one, '--jobs', '1', '--json']);
  const second = await room.run(['lab', 'run', file, '--out', two, '--jobs', '2', '--json']);
  assert.deepEqual(measuredIn(first.stdout), measuredIn(second.stdout));
  const figure = (folder: string, { stdout }: typeof first): string =>
    readFileSync(join(folder, 'figure.svg'), 'utf8').replaceAll(resultIn(stdout).commit, 'COMMIT');
  assert.equal(figure(one, first), figure(two, second));
});

/** Starts the dice with one thread and waits until the runs of three dice are done; the first of two dice never ends. */
async function hanging(file: string, more: readonly string[] = []): Promise<KithProcess> {
  const kith = room.start(['lab', 'run', file, '--json', ...ONE, ...more], { DICE_FAULT: 'hang' });
  await kith.saying(/(?:"event":"run"[\s\S]*){4}\n/);
  return kith;
}

test('killed, it goes on with the runs that are missing, and comes to the same', async () => {
  const file = foreign('killed');
  const kith = await hanging(file);
  kith.kill('SIGKILL');
  await kith.ended;
  const { code, stdout } = await room.run(['lab', 'run', file, '--keep', '--json', ...ONE]);
  assert.deepEqual([code, of('plan', stdout)[0]?.['done'], of('run', stdout).length], [0, 4, 8]);
  const whole = await room.run(['lab', 'run', file, '--json', '--fresh', ...ONE]);
  assert.deepEqual([of('plan', whole.stdout)[0]?.['done'], of('run', whole.stdout).length], [0, 12]);
  assert.deepEqual(measuredIn(whole.stdout), measuredIn(stdout));
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends runs that would not end, keeps what is done, and says how to go on`, async () => {
    const file = foreign(`stopped-${signal.toLowerCase()}`);
    const kith = room.start(['lab', 'run', file, '--fresh', ...ONE], { DICE_FAULT: 'hang' });
    await kith.saying(/4 of 12 runs/, 'stderr');
    kith.kill(signal);
    const { code, stdout, stderr } = await kith.ended;
    assert.deepEqual([code, stdout], [130, ''], stderr);
    const [, again] = /Stopped after 4 of 12 runs; they are kept\. To go on: \S+ (lab run .*)\n/.exec(stderr) ?? [];
    assert.ok(again !== undefined && !again.includes('--fresh'), stderr);
    const rest = await room.run([...again.split(' '), '--keep', '--json']);
    assert.deepEqual([rest.code, of('run', rest.stdout).length], [0, 8]);
  });
}

test('two at once in one folder are one too many', async () => {
  const file = foreign('twice');
  const first = await hanging(file);
  const { code, stderr } = await room.run(['lab', 'run', file, ...ONE]);
  first.kill('SIGINT');
  assert.deepEqual([code, /is running already, as process \d+/.test(stderr)], [1, true], stderr);
  assert.equal((await first.ended).code, 130);
});

test('runs of other sources are done again and it says so, unless they are to be kept', async () => {
  const file = foreign('changed');
  await room.run(['lab', 'run', file, ...ONE]);
  foreign('changed', ['Throws dice', 'Casts dice']);
  const kept = await room.run(['lab', 'run', file, '--keep', '--json', ...ONE]);
  assert.deepEqual([of('plan', kept.stdout)[0]?.['done'], of('run', kept.stdout).length], [12, 0]);
  const said = await room.run(['lab', 'run', file, ...ONE]);
  assert.match(said.stderr, /12 runs of other sources are there and are done again; --keep/);
  const [once, again] = [await room.run(['lab', 'run', file, '--json', ...ONE]), await room.run(['lab', 'run', file, '--json', ...ONE])];
  const same = resultIn(once.stdout).commit === resultIn(again.stdout).commit;
  assert.equal(of('plan', again.stdout)[0]?.['done'], same ? 12 : 0);
});

test('a folder with other results is not overwritten', async () => {
  const out = join(room.here, 'mine');
  assert.equal((await room.run(['lab', 'run', foreign('first'), '--out', out, ...ONE])).code, 0);
  const before = readFileSync(join(out, 'result.json'));
  const { code, stderr } = await room.run(['lab', 'run', foreign('second'), '--out', out, ...ONE]);
  assert.equal(code, 2);
  assert.match(stderr, /holds other results\.\n {2}Here it holds the full form of first\.\n {2}→ .*--out.*--fresh/);
  assert.deepEqual(readFileSync(join(out, 'result.json')), before);
  assert.equal((await room.run(['lab', 'run', foreign('second'), '--out', out, '--fresh', ...ONE])).code, 0);
});

test('a run that fails is exit code 1, with its seed and its spec', async () => {
  const { code, stdout, stderr } = await room.run(['lab', 'run', foreign('broken'), ...ONE], { DICE_FAULT: 'throw' });
  assert.deepEqual([code, stdout], [1, '']);
  assert.match(stderr, /error: broken: the run at 2 with seed 1 failed\.\n {2}Error: the dice of seed 1 fell off/);
  assert.match(stderr, /Its spec: \{.*"nodes":2.*\}\n {2}→ It fails the same way each time/);
});

test('rerun of a figure, of a report and of a folder is identical', async () => {
  const file = foreign('again');
  const { stdout } = await room.run(['lab', 'run', file, '--json', ...ONE]);
  const folder = folderIn(stdout);
  for (const path of ['figure.svg', 'report.html', '']) {
    const { code, stdout: said, stderr } = await room.run(['lab', 'rerun', join(folder, path), '--experiment', file, ...ONE]);
    assert.deepEqual([code, said], [0, 'identical: 12 of 12 runs of again\n'], stderr);
  }
});

test('rerun says which runs differ, and ends with 10', async () => {
  const file = foreign('lying');
  const { stdout } = await room.run(['lab', 'run', file, '--json', ...ONE]);
  const figure = join(room.here, 'lying.svg');
  const run = of('run', stdout)[0] as { x: number; seed: number; trace: string };
  writeFileSync(figure, readFileSync(join(folderIn(stdout), 'figure.svg'), 'utf8').replace(run.trace, '0123456789abcdef'));
  const { code, stdout: said } = await room.run(['lab', 'rerun', figure, '--experiment', file, ...ONE]);
  const words = `at ${run.x} with seed ${run.seed}: trace ${run.trace}, was 0123456789abcdef\ndifferent: 1 of 12 runs of lying\n`;
  assert.deepEqual([code, said], [10, words]);
  const json = await room.run(['lab', 'rerun', figure, '--experiment', file, '--json', ...ONE]);
  const [end] = of('rerun', json.stdout);
  const difference = { x: run.x, line: '', seed: run.seed, what: 'trace', was: '0123456789abcdef', is: run.trace };
  assert.deepEqual([end?.['identical'], end?.['runs'], end?.['differences']], [false, 12, [difference]]);
});

test('report draws a folder again', async () => {
  const { stdout } = await room.run(['lab', 'run', foreign('redrawn'), '--json', ...ONE]);
  const folder = folderIn(stdout);
  const drawn = FILES.filter((name) => /report|figure|points/.test(name));
  const before = drawn.map((name) => readFileSync(join(folder, name)));
  for (const name of drawn) rmSync(join(folder, name));
  const { code, stdout: path } = await room.run(['lab', 'report', folder]);
  assert.deepEqual([code, path], [0, `${join(folder, 'report.html')}\n`]);
  assert.deepEqual(
    drawn.map((name) => readFileSync(join(folder, name))),
    before,
  );
});

test('experiments in ./experiments are listed by paper and run by name', async () => {
  const own = new Room();
  try {
    mkdirSync(join(own.here, 'experiments'));
    cpSync(resolve(import.meta.dirname, '../fixtures/lab'), join(own.here, 'experiments'), { recursive: true });
    writeFileSync(join(own.here, 'experiments/torn.experiment.ts'), 'export default {');
    const listed = await own.run(['lab', 'ls']);
    assert.equal(listed.code, 0);
    assert.match(
      listed.stdout,
      /^lecture\n(?: .*\n)* {2}dice +What is the mean of some dice\?\n +slide 1; about 1 s, quick 1 s; experiments\/dice\.experiment\.ts\n/m,
    );
    assert.match(listed.stderr, /warning: .*torn\.experiment\.ts cannot be loaded/);
    assert.equal((await own.run(['lab', 'run', 'dice', ...ONE])).code, 0);
    const json = JSON.parse((await own.run(['lab', 'ls', '--json'])).stdout) as { experiments: Record<string, unknown>[] };
    const dice = json.experiments.find(({ name }) => name === 'dice');
    assert.deepEqual([dice?.['paper'], dice?.['runs'], dice?.['last']], ['lecture', 12, 'agrees']);
    const mistyped = await own.run(['lab', 'run', 'dise']);
    assert.deepEqual([mistyped.code, /Did you mean dice\?/.test(mistyped.stderr)], [3, true]);
    const verified = await own.run(['lab', 'verify', 'dice', ...ONE]);
    assert.deepEqual(
      [verified.code, verified.stdout],
      [0, '✓ dice  agrees with lecture, slide 1, at 3 of 3 points and in 1 of 1 claims\n'],
    );
  } finally {
    await own.close();
  }
});

test('verify runs all that have something published, and the worst is the exit code', async () => {
  const files = [
    foreign('v-good'),
    foreign('v-bad', ['[1, 3.5]', '[1, 5]']),
    foreign('v-dim', ['xs.every((x', "at('mean', 9) > 0 && xs.every((x"]),
  ];
  const { code, stdout } = await room.run(['lab', 'verify', ...files, ...ONE]);
  assert.equal(code, 10);
  assert.match(stdout, /^✓ v-good +agrees .*\n✗ v-bad +disagrees .*\n\? v-dim +inconclusive .*\n$/);
  assert.equal((await room.run(['lab', 'verify', files[0] as string, files[2] as string, ...ONE])).code, 11);
  const json = await room.run(['lab', 'verify', ...files, '--json', ...ONE]);
  const [end] = of('verified', json.stdout) as { experiments?: { agreement: string }[] }[];
  assert.deepEqual(
    end?.experiments?.map(({ agreement }) => agreement),
    ['agrees', 'disagrees', 'inconclusive'],
  );
});

test('verify goes on after one that fails, and ends with 1', async () => {
  const files = [foreign('w-torn', ["fault: ''", "fault: 'throw'"]), foreign('w-good')];
  const { code, stdout } = await room.run(['lab', 'verify', ...files, ...ONE]);
  assert.equal(code, 1);
  assert.match(stdout, /^! w-torn +w-torn: the run at 2 with seed 1 failed\.\n✓ w-good +agrees/);
});

test('sweep lays values over an experiment and holds nothing against them', async () => {
  const file = foreign('swept');
  const words = ['lab', 'sweep', file, '--set', 'options.sides=4,20', '--set', 'nodes=2', '--seeds', '2'];
  const { code, stdout } = await room.run([...words, '--json', ...ONE]);
  const result = of('result', stdout)[0]?.['result'] as {
    verdict: { agreement: string };
    curves: { points: { x: number; mean: number }[] }[];
  };
  assert.deepEqual([code, result.verdict.agreement, of('run', stdout).length], [0, 'measured', 4]);
  const [four, twenty] = result.curves[0]?.points ?? [];
  assert.deepEqual([four?.x, twenty?.x], [4, 20]);
  assert.ok(Math.abs((four?.mean ?? 0) - 5) < 0.5 && Math.abs((twenty?.mean ?? 0) - 21) < 2, JSON.stringify(result.curves));
});

test('the experiment that help shows runs as it stands there', async () => {
  const { stdout } = await room.run(['help', 'experiments']);
  const [text] = /^ {2}import [\s\S]*?^ {2}\}\);$/m.exec(stdout) ?? [''];
  writeFileSync(join(room.here, 'ring.experiment.ts'), text);
  const { code, stderr } = await room.run(['lab', 'run', 'ring.experiment.ts', ...ONE]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /✓ Four times as many nodes cost one hop more\./);
});

const MISTAKES: readonly (readonly [string, () => readonly string[], number, RegExp])[] = [
  ['a verb that is none', () => ['rnu', 'x'], 2, /Did you mean run\?/],
  ['an experiment that is none', () => ['run', 'path-lenght-of-nobody'], 3, /no experiment path-lenght-of-nobody[\s\S]*lab ls/],
  [
    'a file that is no experiment',
    () => ['run', foreign('wrong', ["question: 'What", "question: 'Guess what"], ['dice?', 'dice.'])],
    2,
    /question mark/,
  ],
  [
    'an experiment whose values cannot be set',
    () => ['run', foreign('unset', ['({ ...spec, nodes })', '(spec.nobody.has)'])],
    2,
    /cannot be run so/,
  ],
  ['an experiment whose claims throw', () => ['run', foreign('unjudged', ['xs.every', 'xs.nobody.has'])], 2, /cannot be judged/],
  ['a folder without experiments', () => ['run', room.folder], 3, /no experiment in/],
  ['a sweep of nothing', () => ['sweep', foreign('x')], 2, /Nothing is to be swept[\s\S]*--set nodes=/],
  ['a key that no run has', () => ['sweep', foreign('x'), '--set', 'nodse=1'], 2, /did you mean nodes\?/],
  ['a --set without a value', () => ['sweep', foreign('x'), '--set', 'nodes='], 2, /Expected a key and its values/],
  ['a race of a system that is none', () => ['race', 'chrod'], 3, /no system chrod[\s\S]*Did you mean chord\?/],
  ['the whole race with sizes of its own', () => ['race', '--nodes', '64'], 2, /name the systems: lab race chord/],
  ['a race with sizes that are none', () => ['race', 'chord', '--nodes', 'many'], 2, /nodes takes a number/],
  ['a race with more nodes than fit anywhere', () => ['race', 'chord', '--nodes', '999999999'], 2, /cannot be run at 999999999/],
  ['seeds that are no number', () => ['run', foreign('x'), '--seeds', '0'], 2, /whole number from 1 to 1000/],
  ['jobs that are no number', () => ['run', foreign('x'), '--jobs', 'all'], 2, /whole number from 1 to 512/],
  ['a walk from a node that is not there', () => ['step', 'chord', '--nodes', '8', '--from', '8'], 2, /no node 8[\s\S]*0 to 7/],
  ['a figure that is none', () => ['rerun', foreign('x')], 2, /no figure of kith/],
  ['a figure that is not there', () => ['rerun', 'nothing.svg'], 3, /nothing\.svg/],
  ['a folder without a result', () => ['report', room.here], 3, /holds no result/],
];

for (const [what, words, code, said] of MISTAKES) {
  test(`${what} is exit code ${code}, with words on stderr and nothing on stdout`, async () => {
    const outcome = await room.run(['lab', ...words()]);
    assert.match(outcome.stderr, said);
    assert.deepEqual([outcome.code, outcome.stdout], [code, '']);
  });
}

test('the figure of an experiment with a scenario of its own needs its file', async () => {
  const { stdout } = await room.run(['lab', 'run', foreign('alone'), '--quick', '--json', ...ONE]);
  const { code, stderr } = await room.run(['lab', 'rerun', join(folderIn(stdout), 'figure.svg')]);
  assert.deepEqual([code, /no experiment alone/.test(stderr)], [3, true], stderr);
});

test('a race measures systems side by side, and its figure can be run again', async () => {
  const { code, stdout } = await room.run(['lab', 'race', 'chord', '--nodes', '8,16', '--lookups', '20', '--quick', '--json', ...ONE]);
  assert.equal(code, 0);
  const { curves } = resultIn(stdout);
  assert.deepEqual([...new Set(curves.map(({ line, points }) => `${line} ${points.length}`))], ['chord 2']);
  assert.ok(curves.length >= 5);
  const again = await room.run(['lab', 'rerun', join(folderIn(stdout), 'figure.svg'), ...ONE]);
  assert.deepEqual([again.code, again.stdout], [0, 'identical: 2 of 2 runs of race\n']);
  // As the report says it.
  const [, line] = /<code>kith (lab race .*?)<\/code>/.exec(readFileSync(join(folderIn(stdout), 'report.html'), 'utf8')) ?? [];
  const same = await room.run([...String(line).split(' '), '--keep', '--json', ...ONE]);
  assert.deepEqual([folderIn(same.stdout), of('plan', same.stdout)[0]?.['done']], [folderIn(stdout), 2]);
});

test('step shows each hop with its reason at once when nobody sits at a terminal', async () => {
  const { code, stdout } = await room.run(['lab', 'step', 'chord', '--nodes', '32', '--from', '3', '--key', 'holiday.mp4']);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^chord with 32 nodes, seed 1: from node 3 to the key of "holiday\.mp4", [0-9a-f]{10}…\n\n0 {2}node 3 \([0-9a-f]{10}…\), .+\n {3}.+\n/,
  );
  const json = JSON.parse((await room.run(['lab', 'step', 'chord', '--nodes', '32', '--from', '3', '--json'])).stdout) as Record<
    string,
    unknown
  >;
  const steps = json['steps'] as { node: number; why: string }[];
  assert.deepEqual([json['v'], steps[0]?.node, steps.at(-1)?.node], [1, 3, json['owner']]);
});

const noTerminal = existsSync('/usr/bin/script') ? false : 'no script(1) to make a terminal with';
test('step waits for Enter at a terminal, and q stops', { skip: noTerminal }, () => {
  const walk = (typed: string) => {
    const command = `${SCRIPT} lab step chord --nodes 1000 --seed 3 --no-color`;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: typed,
      env: room.environment(),
      encoding: 'utf8',
    });
    return { status, hops: [...stdout.matchAll(/^\d+ {2}node/gm)].length };
  };
  assert.deepEqual(walk('q\n'), { status: 0, hops: 1 });
  assert.deepEqual(walk('\nq\n'), { status: 0, hops: 2 });
});

test('completion knows the verbs of lab, the systems and the experiments', async () => {
  const { stdout } = await room.run(['completion', 'bash']);
  const complete = (...words: readonly string[]): string => {
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _kith; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim();
  };
  assert.equal(complete('kith', 'lab', 're'), 'report rerun');
  assert.equal(complete('kith', 'lab', 'race', 'ch'), 'chord');
  assert.equal(complete('kith', 'lab', 'run', 'chord-path-l'), 'chord-path-length');
  assert.equal(complete('kith', 'lab', 'run', '--see'), '--seeds');
});
