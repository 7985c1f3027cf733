/** `kith down`: stops the running node in good order. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [['kith down', 'stop the node; it goes on where it was with kith up']]);
  addCommonOptions(command)
    .description('Stop the running node in good order, and wait until it has gone.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'The node could not be stopped.', async (call) => (await import('../work/node-status.ts')).stopNode(call)),
    );
}
