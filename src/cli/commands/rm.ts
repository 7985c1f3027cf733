/** `kith rm`: takes transfers out of the running node, with their files only when asked. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith rm 3', 'no longer fetch or share it; its files stay'],
    ['kith rm f1', 'no longer fetch a file of a search; what has come stays'],
    ['kith rm 3 --data', 'its files go too'],
  ]);
  addCommonOptions(command)
    .description('Take transfers out of the list. Their files stay, unless you say --data.')
    .argument('[transfer...]', 'numbers, names, or beginnings of hashes; f1 for a fetch')
    .option('--data', 'remove the files as well: those that were fetched, never those that were shared')
    .option('--all', 'all of them, besides the share folder')
    .action((words: readonly string[], options: CommonOptions & { readonly all?: true; readonly data?: true }) =>
      cli.run(options, [], 'It could not be removed.', async (call) =>
        (await import('../work/act-on-transfers.ts')).removeTransfers(call, words, options),
      ),
    );
}
