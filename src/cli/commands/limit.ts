/** `kith limit`: how fast, how much and how long the running node sends and fetches. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, ratioOption, wholeNumberOption } from '../options.ts';
import type { LimitOptions } from '../work/act-on-transfers.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith limit', 'the limits of the node'],
    ['kith limit --up 2MB --down 0', 'the node as a whole, at once and from now on; 0 is no limit'],
    ['kith limit 3 --up 500k', 'one transfer'],
    ['kith limit 3 --ratio 2', 'stop sharing it when twice its size was sent'],
  ]);
  addCommonOptions(command)
    .description('Show or set limits: of the whole node, or of transfers.')
    .argument('[transfer...]', 'numbers, names, or beginnings of hashes; none: the node')
    .option('--up <rate>', 'bytes a second, like 2MB or 500k')
    .option('--down <rate>', 'bytes a second')
    .option('--ratio <ratio>', 'share until so many times the size was sent, 0 for ever', ratioOption(0))
    .option('--minutes <count>', 'share for so long, 0 for ever', wholeNumberOption(0, 10_000_000))
    .option('--all', 'every transfer')
    .action((words: readonly string[], options: CommonOptions & LimitOptions) =>
      cli.run(options, [], 'The limit could not be set.', async (call) =>
        (await import('../work/act-on-transfers.ts')).limitTransfers(call, words, options),
      ),
    );
}
