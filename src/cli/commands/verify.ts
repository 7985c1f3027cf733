/** `kith verify`: checks files against a `.torrent`; says what is bad, and by its exit code whether anything is. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith verify film.torrent', 'the files are in this folder'],
    ['kith verify film.torrent ~/Films', 'they are in that folder'],
    ['kith verify film.torrent ~/Films/renamed.mkv', 'or have another name'],
  ]);
  addCommonOptions(command)
    .description('Check files against a .torrent file. Exit code 8 when anything is damaged or missing.')
    .argument('<torrent>', '.torrent file or its URL')
    .argument('[path]', 'the files, or the folder they are in', '.')
    .action((torrent: string, path: string, options: CommonOptions) =>
      cli.run(options, [], 'The files could not be checked.', async (call) =>
        (await import('../work/verify-torrent.ts')).verify(call, torrent, path),
      ),
    );
}
