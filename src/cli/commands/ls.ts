/** `kith ls`: what the node holds, from it or from its list. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith ls', 'everything, in the order of the queue'],
    ['kith ls --label films', 'what has that label'],
    ['kith ls --json', 'for a program'],
  ]);
  addCommonOptions(command)
    .description('List what the node holds. Works without a running node too: then it shows what it will go on with.')
    .argument('[transfer...]', 'only these, by number, name or the beginning of a hash')
    .option('--label <label>', 'only those with this label')
    .action((words: readonly string[], options: CommonOptions & { readonly label?: string }) =>
      cli.run(options, [], 'The list could not be read.', async (call) =>
        (await import('../work/list-transfers.ts')).listTransfers(call, words, options),
      ),
    );
}
