/** `kith share`: publishes files and folders; one magnet link is all that stdout gets, and it stays up until it is stopped. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  addListenOptions,
  collect,
  collectTrackers,
  collectWebSeeds,
  type ListenFlags,
  listenFlags,
  pieceBytesOption,
  wantsOwnSession,
  versionOption,
} from '../options.ts';
import type { ShareOptions } from '../work/share-content.ts';

type Options = CommonOptions & ListenFlags & ShareOptions;

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith share holiday.mp4', 'prints a link; give it to others'],
    ['kith share photos/ notes.txt', 'several things under one link'],
    ['kith share --public holiday.mp4', 'let other machines in'],
    ['kith share --http film.mkv', 'a browser can fetch it too'],
    ['kith share --on gnutella song.mp3', 'others find it by kith search; the link has its hashes'],
    ['kith share --once report.pdf', 'stop when somebody has it all'],
  ]);
  addCommonOptions(command)
    .description(
      'Publish files and folders under one magnet link, with an own tracker. Stays up until Ctrl-C, or leaves it to a running node.',
    )
    .argument('<path...>', 'files and folders')
    .option('--name <name>', 'what receivers see and save')
    .option('--alone', 'share it here, even if a node runs')
    .option('--label <label>', 'for the list of the running node; may be repeated', collect)
    .option('--once', 'stop when one other has everything')
    .option('--tracker <url>', 'use this tracker instead of an own one; may be repeated', collectTrackers)
    .option('--no-tracker', 'a link without a tracker: peers meet in the DHT')
    .option('--http', 'also serve the files by HTTP, for browsers and as a web seed of the link')
    .option('--web-seed <url>', 'a web server that has the files (BEP 19); may be repeated', collectWebSeeds)
    .option('--super-seed', 'show each peer one piece at a time, for a slow link and many takers (BEP 16)')
    .option('--on <networks>', 'let these search networks find it too, like gnutella,napster, or all; see also library.folders')
    .option('--torrent <file>', 'also write a .torrent file')
    .option('--private', 'peers come from the trackers alone (BEP 27)')
    .option('--version <version>', 'of BitTorrent: 1, 2 or hybrid; 1 otherwise, which all programs know', versionOption)
    .option('--piece-size <size>', 'like 256KiB or 1MiB; chosen by the total size otherwise', pieceBytesOption);
  addListenOptions(command).action((paths: readonly string[], options: Options) =>
    cli.run(options, listenFlags(options), 'It could not be shared.', async (call) =>
      (await import('../work/share-content.ts')).share(call, paths, options, wantsOwnSession(options)),
    ),
  );
}
