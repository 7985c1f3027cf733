/** `kith pause`: transfers of the running node rest until they are resumed. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith pause 3', 'number 3 of kith ls'],
    ['kith pause f1', 'a file that is fetched by its hash'],
    ['kith pause --all', 'everything'],
  ]);
  addCommonOptions(command)
    .description('Let transfers rest: no peers, no traffic, until they are resumed.')
    .argument('[transfer...]', 'numbers, names, or beginnings of hashes; f1 for a fetch')
    .option('--all', 'all of them')
    .action((words: readonly string[], options: CommonOptions & { readonly all?: true }) =>
      cli.run(options, [], 'The node could not do it.', async (call) =>
        (await import('../work/act-on-transfers.ts')).pauseTransfers(call, words, options),
      ),
    );
}
