/** `kith introducer`: a well-known address where newcomers of networks are told of members, alone. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, collect, collectIntroducers, LISTEN_OPTIONS, type ListenFlags, listenFlags } from '../options.ts';

interface Options extends CommonOptions, ListenFlags {
  readonly also?: readonly string[];
  readonly net?: readonly string[];
}

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith introducer', 'for this machine'],
    ['kith introducer --public', 'for everybody who can reach this machine'],
    ['kith search walrus --introducer http://localhost:8650/', 'what others do with it'],
  ]);
  addCommonOptions(command)
    .description(
      'Run an introducer (GWebCache 1 and 2): keeps recently joined members of networks and hands some to newcomers. Prints its address.',
    )
    .option('--port <port>', 'port for those who ask (setting introducer.port)')
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .addOption(LISTEN_OPTIONS.host())
    .option('--net <name>', 'only for this network, like gnutella2; may be repeated', collect)
    .option('--also <url>', 'another introducer that newcomers are told of; may be repeated', collectIntroducers)
    .action(({ port, also, net, ...options }: Options) =>
      cli.run(options, [...listenFlags(options), ['introducer.port', '--port', port]], 'The introducer could not run.', async (call) =>
        (await import('../work/run-introducer.ts')).runIntroducer(call, { also: also ?? [], nets: net ?? [] }),
      ),
    );
}
