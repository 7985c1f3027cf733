/** `kith feed add | ls | rm | check`: RSS and Atom feeds, and what is new in them; `check` prints a link a line. */

import { type Command, InvalidArgumentError } from 'commander';
import { parseBytes } from '../../node/quantity.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, collect, LISTEN_OPTIONS } from '../options.ts';
import type { AddFeedOptions, CheckFeedOptions } from '../work/feeds.ts';

type WithProxy = { readonly proxy?: string };

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ["kith feed add https://example.org/rss --match 'debian *amd64*'", 'only what has these words'],
    ['kith feed check', 'prints the link of all that is new, once'],
    ['kith feed check --dry-run', 'the same, and forgets that it did'],
    ["kith feed check -q | xargs -rd '\\n' -n1 kith get", 'fetches it'],
  ]);
  command.usage('add | ls | rm | check').helpOption('-h, --help', 'show help').helpCommand(false);

  addCommonOptions(command.command('add'))
    .description('Remember a feed, and what is wanted of it. Everything is, without --match, --not and sizes.')
    .argument('<url>', 'http(s) address of an RSS or Atom feed')
    .option('--name <name>', 'how to call it; its host otherwise')
    .option('--match <words>', 'titles with all of these words; * is any text; may be repeated: one of them has to match', collectPattern)
    .option('--not <words>', 'but not titles with all of these; may be repeated', collectPattern)
    .option('--min-size <size>', 'nothing smaller, like 700MB', sizeOption)
    .option('--max-size <size>', 'nothing larger', sizeOption)
    .option('--label <label>', 'given to what is taken')
    .option('--folder <folder>', 'where it is to be saved')
    .action((url: string, options: CommonOptions & AddFeedOptions) =>
      cli.run(options, [], 'The feed could not be added.', async (call) => (await import('../work/feeds.ts')).addFeed(call, url, options)),
    );

  addCommonOptions(command.command('ls'))
    .description('Show the feeds.')
    .action((options: CommonOptions) =>
      cli.run(options, [], 'The feeds could not be shown.', async (call) => (await import('../work/feeds.ts')).listFeeds(call)),
    );

  addCommonOptions(command.command('rm'))
    .description('Forget a feed, and what was taken from it.')
    .argument('<feed>', 'its name or address')
    .action((feed: string, options: CommonOptions) =>
      cli.run(options, [], 'The feed could not be removed.', async (call) => (await import('../work/feeds.ts')).removeFeed(call, feed)),
    );

  addCommonOptions(command.command('check'))
    .description('Ask the feeds that are due, and print the link of everything new that is wanted. It is not printed a second time.')
    .argument('[feed]', 'only this one, by name or address')
    .option('--dry-run', 'remember nothing')
    .option('--now', 'ask also those that were asked just now')
    .addOption(LISTEN_OPTIONS.proxy())
    .action((feed: string | undefined, options: CommonOptions & CheckFeedOptions & WithProxy) =>
      cli.run(options, [['proxy', '--proxy', options.proxy]], 'The feeds could not be checked.', async (call) =>
        (await import('../work/feeds.ts')).checkFeeds(call, feed ?? null, options),
      ),
    );
}

function collectPattern(text: string, before: readonly string[] | undefined): readonly string[] {
  if (text.trim() === '') throw new InvalidArgumentError('Expected words of a title.');
  return collect(text.trim(), before);
}

function sizeOption(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === null) throw new InvalidArgumentError('Expected a size like 700MB or 1.5GB.');
  return bytes;
}
