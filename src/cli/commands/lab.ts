/** `kith lab`: experiments that are run, held against what their papers published, and drawn. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Sweep } from '../../lab/sweep.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, wholeNumberOption } from '../options.ts';
import { sentence } from '../sentence.ts';
import type { RerunOptions } from '../work/lab-rerun.ts';
import type { EffortOptions } from '../work/lab-run.ts';
import type { StepOptions } from '../work/lab-step.ts';
import type { RaceOptions, SweepOptions } from '../work/lab-sweep.ts';
import type { VerifyOptions } from '../work/lab-verify.ts';

const SEEDS_MAX = 1000;
const THREADS_MAX = 512;

type Examples = readonly (readonly [line: string, meaning: string])[];

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith lab ls', 'which experiments there are, by paper'],
    ['kith lab run --quick NAME', 'a first answer; prints the path of a report'],
    ['kith lab sweep NAME --set nodes=64,256', 'the same with other values'],
    ['kith lab race chord kademlia --churn none,60m', 'systems side by side'],
    ['kith lab step chord --nodes 64', 'one lookup, hop by hop'],
    ['kith lab verify', 'everything, against the papers; exit code 10 when one disagrees'],
    ['kith lab rerun figure.svg', 'is a figure what it says?'],
  ]);
  command
    .description('Run experiments on the simulator and hold them against the published figures. kith help experiments: write your own.')
    .usage('ls | run | sweep | race | step | verify | report | rerun')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false);
  defineList(command, cli);
  defineRun(command, cli);
  defineSweep(command, cli);
  defineRace(command, cli);
  defineStep(command, cli);
  defineVerify(command, cli);
  defineReport(command, cli);
  defineRerun(command, cli);
}

function sub(command: Command, name: string, description: string, examples: Examples): Command {
  const made = addCommonOptions(command.command(name)).description(sentence(description));
  addExamples(made, examples);
  return made;
}

function defineList(command: Command, cli: Cli): void {
  sub(command, 'ls', 'list experiments by paper, with what each asks and how long it takes', [
    ['kith lab ls', "kith's own, and those in ./experiments"],
    ['kith lab ls ~/thesis', 'those of another folder'],
  ])
    .argument('[path...]', 'folders or files; known experiments otherwise')
    .action((paths: readonly string[], options: CommonOptions) =>
      cli.run(options, [], 'The experiments could not be listed.', async (call) => (await import('../work/lab-list.ts')).list(call, paths)),
    );
}

function defineRun(command: Command, cli: Cli): void {
  const made = sub(command, 'run', 'run experiments; resumes; exit code 10 when one disagrees with its paper, 11 when nobody can tell', [
    ['kith lab run --quick NAME', 'in under a minute'],
    ['kith lab run NAME', 'as many seeds as the figure needs; run it again to resume'],
    ['kith lab run ./mine.experiment.ts --seeds 3', 'a file of yours'],
  ]).argument('<experiment...>', 'names (see kith lab ls), files, or folders');
  addEffortOptions(made).action((words: readonly string[], options: CommonOptions & EffortOptions) =>
    cli.run(options, [], 'The experiment could not be run.', async (call) =>
      (await import('../work/lab-run.ts')).run(call, words, options),
    ),
  );
}

function defineSweep(command: Command, cli: Cli): void {
  const made = sub(command, 'sweep', 'run an experiment with other values; the first key with several numbers is the axis', [
    ['kith lab sweep NAME --set nodes=64,256,1024', 'an axis of its own'],
    ['kith lab sweep NAME --set options.successors=2,4,8 --set loss=0,0.05', 'axis and lines'],
    ['kith lab sweep NAME --set churn=none,60m --set network=king', 'lines, and one thing fixed'],
  ])
    .argument('<experiment>', 'name or file')
    .option('--set <key=values>', 'a value of the runs by its path, like nodes=64,256; may be repeated', collectSweeps);
  addEffortOptions(made).action((word: string, options: CommonOptions & SweepOptions) =>
    cli.run(options, [], 'The sweep could not be run.', async (call) => (await import('../work/lab-sweep.ts')).sweep(call, word, options)),
  );
}

function defineRace(command: Command, cli: Cli): void {
  const made = sub(command, 'race', 'the same keys, ways and faults for several systems, measured side by side', [
    ['kith lab race --quick', 'all systems, at rest, under churn, after failures, for what upkeep costs: one page for the wall'],
    ['kith lab race chord kademlia', 'hops, time, failures, traffic, contacts at three sizes'],
    ['kith lab race chord --nodes 256 --churn none,60m,10m', 'while nodes come and go'],
    ['kith lab race chord --fail 0.3', 'when three of ten fall silent'],
  ])
    .argument('[system...]', 'like chord and kademlia; the whole race otherwise')
    .option('--nodes <numbers>', 'how many nodes; 64,256,1024 otherwise')
    .option('--churn <times>', 'how long a node lives on average: none, 60m, 10m')
    .option('--fail <shares>', 'part of the nodes that falls silent before the lookups, like 0.3')
    .option('--loss <chances>', 'datagrams lost, like 0.05')
    .option('--network <kinds>', 'king, plane, constant, … or a time like 50ms')
    .option('--lookups <numbers>', 'how many lookups; 1000 otherwise')
    .option('--set <key=values>', 'any other value of the runs; may be repeated', collectSweeps);
  addEffortOptions(made).action((systems: readonly string[], options: CommonOptions & RaceOptions) =>
    cli.run(options, [], 'The race could not be run.', async (call) => (await import('../work/lab-sweep.ts')).race(call, systems, options)),
  );
}

function defineStep(command: Command, cli: Cli): void {
  sub(command, 'step', 'one lookup, hop by hop, with the reason of each', [
    ['kith lab step chord', 'Enter shows the next hop'],
    ['kith lab step chord --nodes 1000 --key holiday.mp4', 'another network, another key'],
    ['kith lab step chord --from 3 --json', 'as data'],
  ])
    .argument('<system>', 'like chord or kademlia')
    .option('--nodes <number>', 'how many nodes', wholeNumberOption(1, 1_000_000), 64)
    .option('--seed <number>', 'which network', wholeNumberOption(0, 2 ** 32 - 1), 1)
    .option('--key <text>', 'the key is the SHA-1 of this', 'kith')
    .option('--from <number>', 'node that looks for it; one drawn by the seed otherwise', wholeNumberOption(0, 1_000_000))
    .action((system: string, options: CommonOptions & StepOptions) =>
      cli.run(options, [], 'The lookup could not be shown.', async (call) =>
        (await import('../work/lab-step.ts')).step(call, system, options),
      ),
    );
}

function defineVerify(command: Command, cli: Cli): void {
  const made = sub(command, 'verify', 'run every experiment that a paper has an answer to, and show a table', [
    ['kith lab verify --quick', 'a first look'],
    ['kith lab verify', 'everything; exit code 10 when one disagrees, 11 when nobody can tell'],
    ['kith lab verify ~/thesis', 'those of a folder'],
  ]).argument('[experiment...]', 'names, files, or folders; all known ones otherwise');
  addRunOptions(made)
    .option('--quick', 'fewer values and seeds, smaller runs')
    .action((words: readonly string[], options: CommonOptions & VerifyOptions) =>
      cli.run(options, [], 'The experiments could not be verified.', async (call) =>
        (await import('../work/lab-verify.ts')).verify(call, words, options),
      ),
    );
}

function defineReport(command: Command, cli: Cli): void {
  sub(command, 'report', 'draw figure, table and page of a result again', [
    ['kith lab report FOLDER', 'the folder that a run printed the report of'],
  ])
    .argument('<folder>', 'a folder of results')
    .action((folder: string, options: CommonOptions) =>
      cli.run(options, [], 'The report could not be drawn.', async (call) => (await import('../work/lab-rerun.ts')).redraw(call, folder)),
    );
}

function defineRerun(command: Command, cli: Cli): void {
  sub(command, 'rerun', 'run again what a figure was made of, and say whether it comes out identical; exit code 10 when not', [
    ['kith lab rerun figure.svg', 'every run that the figure carries along'],
    ['kith lab rerun FOLDER', 'every run of a folder of results'],
  ])
    .argument('<figure>', 'figure.svg, report.html, or a folder of results')
    .option('--jobs <number>', 'runs at the same time; as many as there are cores otherwise', wholeNumberOption(1, THREADS_MAX))
    .option('--experiment <file>', 'the file, where it has a scenario of its own')
    .action((figure: string, options: CommonOptions & RerunOptions) =>
      cli.run(options, [], `${figure} could not be run again.`, async (call) =>
        (await import('../work/lab-rerun.ts')).rerun(call, figure, options),
      ),
    );
}

function addEffortOptions(command: Command): Command {
  return addRunOptions(command)
    .option('--quick', 'fewer values and seeds, smaller runs')
    .option('--seeds <number>', 'seeds 1 to this number', wholeNumberOption(1, SEEDS_MAX))
    .option('--out <folder>', 'where to keep runs and report; a folder among your data otherwise');
}

function addRunOptions(command: Command): Command {
  return command
    .option('--jobs <number>', 'runs at the same time; as many as there are cores otherwise', wholeNumberOption(1, THREADS_MAX))
    .option('--fresh', 'begin anew: throw away runs that are done')
    .option('--keep', 'use runs of other sources too, instead of doing them again');
}

function collectSweeps(text: string, before: readonly Sweep[] | undefined): readonly Sweep[] {
  const at = text.indexOf('=');
  const values = text.slice(at + 1).split(',');
  if (at < 1 || values.includes('')) throw new InvalidArgumentError('Expected a key and its values, like nodes=64,256.');
  return [...(before ?? []), { key: text.slice(0, at), values }];
}
