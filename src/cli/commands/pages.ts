/** `kith pages`: a link by which a browser opens the pages of the running node. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith pages', 'open what it prints in a browser of this machine'],
    ['xdg-open "$(kith pages)"', 'or have it opened'],
  ]);
  addCommonOptions(command)
    .description('Print a link to the pages of the running node. It opens once, within twelve hours; the browser is let in for a month.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'The node could not be asked.', async (call) => (await import('../work/pages-link.ts')).printPagesLink(call)),
    );
}
