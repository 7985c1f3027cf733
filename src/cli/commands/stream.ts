/** `kith stream`: plays what a link names while it loads; its URL, or the content itself, is all that stdout gets. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, addFetchOptions, type ListenFlags, listenFlags } from '../options.ts';
import type { StreamOptions } from '../work/stream-content.ts';

type Options = CommonOptions & ListenFlags & StreamOptions & { readonly output?: string; readonly timeout?: string };

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ["kith stream 'magnet:?…' --player mpv", 'play it; ends with the player'],
    ["kith stream 'magnet:?…'", 'print a URL for any player on this machine'],
    ['kith stream album.torrent --file 3', 'a certain file, by its number (kith get --list) or name'],
    ["kith stream 'magnet:?…' - | ffplay -", 'the content itself, in order'],
  ]);
  addCommonOptions(command)
    .description(
      'Play a file while it loads: what is played next is fetched first, also after a seek. What has come is kept, as get keeps it.',
    )
    .argument('<link>', 'magnet link, .torrent file, http(s) URL of one, or info-hash')
    .argument('[target]', '- writes the content to stdout')
    .option('--player <program>', 'start it with the URL, like mpv or "vlc --quiet"')
    .option('--url', 'print the URL and serve it until Ctrl-C (the default)')
    .option('--file <number or name>', 'which file; else the largest that can be played');
  addFetchOptions(command).action((link: string, target: string | undefined, options: Options) =>
    cli.run(
      options,
      [...listenFlags(options), ['get.folder', '-o', options.output], ['get.timeout', '--timeout', options.timeout]],
      'It could not be played.',
      async (call) => (await import('../work/stream-content.ts')).streamContent(call, link, target, options),
    ),
  );
}
