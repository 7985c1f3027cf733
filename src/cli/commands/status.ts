/** `kith status`: whether the node runs, and how it is. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith status', 'is the node running, and what does it do?'],
    ['kith status -q >/dev/null || kith up --detach', 'start it unless it runs'],
  ]);
  addCommonOptions(command)
    .description('Show the running node as a whole. Exit code 3 when it does not run.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'The node could not be asked.', async (call) => (await import('../work/node-status.ts')).showStatus(call)),
    );
}
