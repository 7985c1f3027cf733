/** `kith search`: looks for files on all networks at once; numbered rows stream in, and `kith get 3` fetches one. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseBytes } from '../../node/quantity.ts';
import { MEDIA_KINDS, ROWS_MAX, WAIT_MS_MAX } from '../../node/search/search-wish.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  collect,
  collectIntroducers,
  LISTEN_OPTIONS,
  type ListenFlags,
  listenFlags,
  secondsOption,
  wantsOwnSession,
  wholeNumberOption,
} from '../options.ts';
import type { SearchFlags } from '../work/search-networks.ts';

type Options = CommonOptions & ListenFlags & SearchFlags & { readonly introducer?: readonly string[] };

const BIT_RATE_MAX = 100_000;

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith search walrus polka', 'rows come as they are found; then: kith get 3'],
    ['kith search walrus --kind audio --min-bitrate 192', 'only songs, and none that sound thin'],
    ['kith search debian --in gnutella,gnutella2 --wait 1m', 'on two networks, for a minute'],
    ['kith search --hash urn:sha1:PLSTHIPQGSSZTS5FJUPAKUZWUGYQYPFB', 'who has that very file'],
    ['kith search --browse 3', 'all that those share who have row 3 of the last search'],
  ]);
  addCommonOptions(command)
    .description(
      'Search all networks at once. Rows stream in with numbers, which `kith get` takes; files are told apart by their hashes. A running node does it if it takes part.',
    )
    .argument('[words...]', 'all of them must be in the name, or in what the file says of itself')
    .option('--in <networks>', 'only these, like gnutella,napster')
    .option('--not <word>', 'without this word; may be repeated', collect)
    .option('--hash <urn>', 'the file with this hash, like urn:sha1:…; may be repeated', collect)
    .option('--browse <who>', 'what one holder shares, or those of a row: its number, a nick of Napster, HOST:PORT of Gnutella')
    .addOption(new Option('--kind <kind>', 'only files of this kind').choices([...MEDIA_KINDS]))
    .option('--min-size <size>', 'nothing smaller, like 3MB', sizeOption)
    .option('--max-size <size>', 'nothing larger', sizeOption)
    .option('--min-bitrate <kbit/s>', 'nothing that says less, or nothing', wholeNumberOption(1, BIT_RATE_MAX))
    .option('--max-bitrate <kbit/s>', 'nothing that says more', wholeNumberOption(1, BIT_RATE_MAX))
    .option('--wait <time>', 'how long to look, 20 s unless given', waitOption)
    .option('-n, --enough <rows>', 'so many rows are enough, 200 unless given', wholeNumberOption(1, ROWS_MAX))
    .option('--ranked', 'print the rows at the end, those that most have first')
    .option('--alone', 'search from here, even if a node runs')
    .option(
      '--introducer <url>',
      'who is asked for members of networks; may be repeated (setting networks.introducers)',
      collectIntroducers,
    )
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .action((words: readonly string[], options: Options) =>
      cli.run(
        options,
        [...listenFlags(options), ['networks.introducers', '--introducer', options.introducer?.join(',')]],
        'The search could not be carried out.',
        async (call) => {
          const isOwn = wantsOwnSession(options) || options.introducer !== undefined;
          await (await import('../work/search-networks.ts')).searchNetworks(call, words, options, isOwn);
        },
      ),
    );
}

function sizeOption(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === null) throw new InvalidArgumentError('Expected a size like 700MB or 1.5GB.');
  return bytes;
}

function waitOption(text: string): number {
  const seconds = secondsOption(1)(text);
  if (seconds * 1000 > WAIT_MS_MAX) throw new InvalidArgumentError(`Expected at most ${WAIT_MS_MAX / 60_000} minutes.`);
  return seconds;
}
