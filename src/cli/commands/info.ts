/** `kith info`: all there is to know of one transfer of the running node. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith info 3', 'number 3 of kith ls'],
    ['kith info ubuntu --files', 'its files, with their numbers and priorities'],
    ['kith info f1', 'a fetch by hash: who has the file, and why each sends or does not'],
    ['kith info 3 --peers', 'who sends and who is sent, and why (see: kith help flags)'],
  ]);
  addCommonOptions(command)
    .description('Show one transfer of the running node: its state, trackers, peers and files.')
    .argument('<transfer>', 'number, name, or the beginning of its hash; f1 for a fetch')
    .option('--files', 'only its files')
    .option('--peers', 'only its peers')
    .action((word: string, options: CommonOptions & { readonly files?: true; readonly peers?: true }) =>
      cli.run(options, [], 'The transfer could not be shown.', async (call) =>
        (await import('../work/list-transfers.ts')).showInfo(call, word, options),
      ),
    );
}
