/** `kith verify`: checks files against a `.torrent`; says what is bad, and by its exit code whether anything is. */

import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, LISTEN_OPTIONS } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith verify film.torrent', 'the files are in this folder'],
    ['kith verify film.torrent ~/Films', 'they are in that folder'],
    ['kith verify film.torrent ~/Films/renamed.mkv', 'or have another name'],
    ['kith verify 3', 'what the running node has, by its number in kith ls, name or hash'],
  ]);
  addCommonOptions(command)
    .description('Check files against a .torrent file, or what the running node holds. Exit code 8 when anything is damaged or missing.')
    .argument('<torrent>', '.torrent file or its URL; or a transfer of the node')
    .argument('[path]', 'the files, or the folder they are in (otherwise this one)')
    .addOption(LISTEN_OPTIONS.proxy())
    .action((torrent: string, path: string | undefined, options: CommonOptions & { proxy?: string }) =>
      cli.run(options, [['proxy', '--proxy', options.proxy]], 'The files could not be checked.', async (call) => {
        const node = isHeld(torrent, path)
          ? await (await import('../work/running-node.ts')).findNode(call, call.interruption.signal)
          : null;
        if (node !== null) return (await import('../work/act-on-transfers.ts')).verifyTransfers(call, node, [torrent]);
        return (await import('../work/verify-torrent.ts')).verify(call, torrent, path ?? '.');
      }),
    );
}

/** What is no file, no address and no link names something that the node holds. */
function isHeld(torrent: string, path: string | undefined): boolean {
  return path === undefined && !/^[a-z]+:|\.torrent$/i.test(torrent) && !existsSync(torrent);
}
