/** `kith get`: fetches what a link names, resuming what is there; the saved path is all that stdout gets. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import {
  addCommonOptions,
  addExamples,
  addFetchOptions,
  collect,
  collectFilePriorities,
  fileNumbersOption,
  type ListenFlags,
  listenFlags,
  ratioOption,
  wantsOwnSession,
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
    ['kith get 3', 'row 3 of the last search, from all who have it'],
    ["kith get --add 'magnet:?…'", 'let the running node fetch it, and go on'],
  ]);
  addCommonOptions(command)
    .description(
      'Fetch a magnet link, a .torrent file or its URL, an info-hash, or a row of a search. Checks what comes; resumes by itself. A running node does it.',
    )
    .argument('<link>', 'magnet or ed2k link, .torrent file, http(s) URL of one, info-hash, or the number of a row of kith search')
    .option('--list', 'show the files and stop')
    .option('--only <numbers>', 'files to get, like 1,3-5 (see --list)', fileNumbersOption)
    .option('--file-priority <numbers=word>', 'skip, low, normal or high, like 3=high; may be repeated', collectFilePriorities)
    .option('--sequential', 'pieces in order, to look inside early')
    .option('--seed', 'go on sharing it when it is complete')
    .option('--seed-ratio <ratio>', 'share until so much was sent as its size', ratioOption())
    .option('--add', 'only tell the running node to fetch it; prints its number')
    .option('--label <label>', 'for the list of the running node; may be repeated', collect)
    .option('--alone', 'fetch it here, even if a node runs');
  addFetchOptions(command).action((link: string, options: Options) =>
    cli.run(
      options,
      [...listenFlags(options), ['get.folder', '-o', options.output], ['get.timeout', '--timeout', options.timeout]],
      `${shortened(link)} could not be fetched.`,
      async (call) => (await import('../work/get-content.ts')).getContent(call, link, options, wantsOwnSession(options)),
    ),
  );
}

function shortened(link: string): string {
  return link.length <= 60 ? link : `${link.slice(0, 59)}…`;
}
