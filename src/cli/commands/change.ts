/** `kith change`: labels, queue, place and files of transfers of the running node. */

import { type Command, Option } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, collect, fileNumbersOption } from '../options.ts';
import type { ChangeOptions } from '../work/act-on-transfers.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith change 3 --queue top', 'the first that gets its turn'],
    ['kith change 3 --label films', 'one label more'],
    ['kith change 3 --skip 2,4-6 --first 1', 'some files not, one before the others (see: kith info 3 --files)'],
    ['kith change 3 --move ~/Films', 'and its files with it'],
  ]);
  addCommonOptions(command)
    .description('Change transfers of the running node: labels, the place in the queue and on disk, and which files are wanted.')
    .argument('<transfer...>', 'numbers, names, or beginnings of hashes')
    .addOption(new Option('--queue <place>', 'its place in the queue').choices(['top', 'up', 'down', 'bottom']))
    .option('--label <label>', 'add a label; may be repeated', collect)
    .option('--no-labels', 'take away the labels that it has')
    .option('--move <folder>', 'move its files to that folder')
    .option('--skip <numbers>', 'files not to fetch, like 1,3-5', fileNumbersOption)
    .option('--want <numbers>', 'files to fetch after all', fileNumbersOption)
    .option('--first <numbers>', 'files to fetch before the others', fileNumbersOption)
    .option('--last <numbers>', 'files to fetch after the others', fileNumbersOption)
    .option('--sequential', 'pieces in order, to look inside early')
    .option('--no-sequential', 'rarest pieces first again')
    .action((words: readonly string[], options: CommonOptions & ChangeOptions) =>
      cli.run(options, [], 'It could not be changed.', async (call) =>
        (await import('../work/act-on-transfers.ts')).changeTransfers(call, words, options),
      ),
    );
}
