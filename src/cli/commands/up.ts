/** `kith up`: shares every entry of one folder, with an own tracker, for as long as it runs. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { restLightly } from '../../node/rest-lightly.ts';
import { addCommonOptions, addExamples, addListenOptions, type ListenFlags, listenFlags } from '../options.ts';

type Options = CommonOptions & ListenFlags & { readonly folder?: string; readonly detach?: true };

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith up', 'share what lies in your share folder, and keep what get and share are told'],
    ['kith up --detach', 'in the background; kith down stops it'],
    ['kith up --folder ~/Public', 'another folder'],
    ['kith up --public', 'let other machines in'],
  ]);
  addCommonOptions(command)
    .description('Run the node: it shares every entry of a folder, and fetches and shares what it is told, until Ctrl-C or kith down.')
    .option('--detach', 'go on without this terminal')
    .option('--folder <folder>', 'the folder to share (setting share.folder)');
  addListenOptions(command, ['httpPort', 'peers'])
    .option('--api-port <port>', 'port of the web interface (setting api.port)')
    .option('--no-api', 'no web interface (setting api.use)')
    .action((options: Options) =>
      cli.run(options, [...listenFlags(options), ['share.folder', '--folder', options.folder]], 'The node could not run.', async (call) => {
        if (options.detach === true) return (await import('../work/detach-node.ts')).detachNode(call);
        restLightly();
        return (await import('../work/run-node.ts')).runNode(call);
      }),
    );
}
