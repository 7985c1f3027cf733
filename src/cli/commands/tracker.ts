/** `kith tracker`: a tracker alone, over HTTP, UDP and WebSockets on one port. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, LISTEN_OPTIONS, type ListenFlags, listenFlags } from '../options.ts';

interface Options extends CommonOptions, ListenFlags {
  readonly whitelist?: string;
}

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith tracker', 'for this machine'],
    ['kith tracker --public --port 6969', 'for everybody who can reach this machine'],
    ['kith tracker --public --whitelist hashes.txt', 'only for the torrents in the file'],
  ]);
  addCommonOptions(command)
    .description('Run a tracker over HTTP, UDP and, for browsers, WebSockets. Prints its announce addresses.')
    .option('--port <port>', 'port for HTTP and UDP (setting tracker.port)')
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .addOption(LISTEN_OPTIONS.host())
    .option('--whitelist <file>', 'info-hashes that are admitted, one a line')
    .action(({ port, ...options }: Options) =>
      cli.run(options, [...listenFlags(options), ['tracker.port', '--port', port]], 'The tracker could not run.', async (call) =>
        (await import('../work/run-tracker.ts')).runTracker(call, options.whitelist ?? null),
      ),
    );
}
