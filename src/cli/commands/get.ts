/** `kith get`: fetches what a link names, resuming what is there; the saved path is all that stdout gets. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  collect,
  collectFilePriorities,
  collectTrackers,
  collectWebSeeds,
  fileNumbersOption,
  LISTEN_OPTIONS,
  type ListenFlags,
  listenFlags,
  ratioOption,
} from '../options.ts';
import type { GetOptions } from '../work/get-content.ts';

type Options = CommonOptions & ListenFlags & GetOptions & { readonly output?: string; readonly timeout?: string };

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ["kith get 'magnet:?xt=urn:btih:…'", 'fetch into this folder; run it again to resume'],
    ['kith get film.torrent -o ~/Films', 'into another folder'],
    ["kith get --list 'magnet:?…'", 'only show the files'],
    ["kith get --only 1,3-5 'magnet:?…'", 'some of the files'],
    ['kith get HASH --peer 192.168.1.5:6881', 'from a peer that you know'],
  ]);
  addCommonOptions(command)
    .description('Fetch a magnet link, a .torrent file or its URL, or an info-hash. Checks every piece; resumes by itself.')
    .argument('<link>', 'magnet link, .torrent file, http(s) URL of one, or info-hash')
    .option('-o, --output <folder>', 'where to save (setting get.folder)')
    .option('--peer <ip:port>', 'a peer to ask; may be repeated', collect)
    .option('--tracker <url>', 'a tracker to ask; may be repeated', collectTrackers)
    .option('--web-seed <url>', 'a web server that has the files; may be repeated', collectWebSeeds)
    .option('--list', 'show the files and stop')
    .option('--only <numbers>', 'files to get, like 1,3-5 (see --list)', fileNumbersOption)
    .option('--file-priority <numbers=word>', 'skip, low, normal or high, like 3=high; may be repeated', collectFilePriorities)
    .option('--timeout <time>', 'give up after so long without progress, 0 never (setting get.timeout)')
    .option('--sequential', 'pieces in order, to look inside early')
    .option('--seed', 'go on sharing it when it is complete')
    .option('--seed-ratio <ratio>', 'share until so much was sent as its size', ratioOption)
    .option('--overwrite', 'replace files of the same name that are something else')
    .addOption(LISTEN_OPTIONS.port())
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .addOption(LISTEN_OPTIONS.transport())
    .addOption(LISTEN_OPTIONS.limitUp())
    .addOption(LISTEN_OPTIONS.limitDown())
    .addOption(LISTEN_OPTIONS.encryption())
    .addOption(LISTEN_OPTIONS.lsd())
    .addOption(LISTEN_OPTIONS.noLsd())
    .addOption(LISTEN_OPTIONS.portMapping())
    .addOption(LISTEN_OPTIONS.noPortMapping())
    .addOption(LISTEN_OPTIONS.peers())
    .addOption(LISTEN_OPTIONS.dht())
    .addOption(LISTEN_OPTIONS.dhtNode())
    .action((link: string, options: Options) =>
      cli.run(
        options,
        [...listenFlags(options), ['get.folder', '-o', options.output], ['get.timeout', '--timeout', options.timeout]],
        `${shortened(link)} could not be fetched.`,
        async (call) => (await import('../work/get-content.ts')).getContent(call, link, options),
      ),
    );
}

function shortened(link: string): string {
  return link.length <= 60 ? link : `${link.slice(0, 59)}…`;
}
