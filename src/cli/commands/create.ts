/** `kith create`: makes a `.torrent` file; its path is all that stdout gets. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  collectDhtNodes,
  collectTrackers,
  collectWebSeeds,
  pieceBytesOption,
  versionOption,
} from '../options.ts';
import type { CreateOptions } from '../work/create-torrent.ts';

type Options = CommonOptions & CreateOptions;

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith create film.mkv --tracker udp://tracker.example:6969', 'makes film.mkv.torrent here'],
    ['kith create photos/ -o photos.torrent --private --tracker URL', 'for the peers of one tracker alone'],
    ['kith create photos/ --dht-node router.example:6881', 'without a tracker: where the DHT begins'],
    ['kith create --no-date photos/', 'the same bytes whenever it is made'],
  ]);
  addCommonOptions(command)
    .description('Make a .torrent file of files and folders. Prints its path.')
    .argument('<path...>', 'files and folders')
    .option('-o, --output <file>', 'where to write it; <name>.torrent in this folder otherwise')
    .option('--tracker <url>', 'a tracker; may be repeated', collectTrackers)
    .option('--web-seed <url>', 'a web server that has the files (BEP 19); may be repeated', collectWebSeeds)
    .option('--dht-node <host:port>', 'a node of the DHT for who knows none (BEP 5); may be repeated', collectDhtNodes)
    .option('--private', 'peers come from the trackers alone (BEP 27)')
    .option('--version <version>', 'of BitTorrent: 1, 2 or hybrid; 1 otherwise, which all programs know', versionOption)
    .option('--piece-size <size>', 'like 256KiB or 1MiB; chosen by the total size otherwise', pieceBytesOption)
    .option('--name <name>', 'what receivers see and save')
    .option('--comment <text>', 'a few words for whoever looks inside')
    .option('--no-date', 'do not write when it was made')
    .option('--overwrite', 'replace the file if it is there')
    .action((paths: readonly string[], options: Options) =>
      cli.run(options, [], 'The torrent could not be made.', async (call) =>
        (await import('../work/create-torrent.ts')).create(call, paths, options),
      ),
    );
}
