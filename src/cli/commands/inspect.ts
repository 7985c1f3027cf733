/** `kith inspect`: what a `.torrent` file, its URL or a magnet link says. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, LISTEN_OPTIONS } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith inspect film.torrent', 'name, hash, trackers, files'],
    ["kith inspect 'magnet:?xt=urn:btih:…'", 'what the link itself says'],
    ['kith inspect --magnet film.torrent', 'only the magnet link'],
  ]);
  addCommonOptions(command)
    .argument('<link>', '.torrent file, http(s) URL of one, or magnet link')
    .option('--magnet', 'print the magnet link alone')
    .addOption(LISTEN_OPTIONS.proxy())
    .action((link: string, options: CommonOptions & { magnet?: true; proxy?: string }) =>
      cli.run(options, [['proxy', '--proxy', options.proxy]], `${link} could not be read.`, async (call) =>
        (await import('../work/inspect-torrent.ts')).inspect(call, link, options.magnet === true),
      ),
    );
}
