/** `kith top`: the transfers of the running node as they are now. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith top', 'a table that is redrawn every second'],
    ['kith top | tee log', 'plain lines, every two'],
    ['kith top --json', 'every event of the node, for a program'],
  ]);
  addCommonOptions(command)
    .description('Show the transfers of the running node as they are now, until Ctrl-C.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'The node could not be followed.', async (call) => (await import('../work/watch-node.ts')).watchNode(call)),
    );
}
