/** `kith resume`: transfers of the running node go on. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith resume 3', 'number 3 of kith ls'],
    ['kith resume f1', 'a file that is fetched by its hash'],
    ['kith resume --all', 'everything'],
  ]);
  addCommonOptions(command)
    .description('Let transfers go on: after a pause, a failure, or when they have shared enough.')
    .argument('[transfer...]', 'numbers, names, or beginnings of hashes; f1 for a fetch')
    .option('--all', 'all of them')
    .action((words: readonly string[], options: CommonOptions & { readonly all?: true }) =>
      cli.run(options, [], 'The node could not do it.', async (call) =>
        (await import('../work/act-on-transfers.ts')).resumeTransfers(call, words, options),
      ),
    );
}
