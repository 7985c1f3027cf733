/** `kith doctor`: looks at what a node needs, and says what to do where something is wrong. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith doctor', 'is everything as it should be?'],
    ['kith doctor --json', 'for a program; exit code 10 when something is wrong'],
  ]);
  addCommonOptions(command)
    .description('Check ports, folders, disk space, the clock and the settings. Exit code 10 when something is wrong.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'It could not be looked at.', async (call) => (await import('../work/run-doctor.ts')).runDoctor(call)),
    );
}
