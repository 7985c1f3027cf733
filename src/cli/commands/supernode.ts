/** `kith supernode`: a supernode of FastTrack alone. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, collectIntroducers, LISTEN_OPTIONS, type ListenFlags, listenFlags } from '../options.ts';

interface Options extends CommonOptions, ListenFlags {
  readonly with?: readonly string[];
  readonly introducer?: readonly string[];
  readonly badList?: readonly string[];
  readonly publish?: string;
}

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith supernode', 'for this machine'],
    ['kith supernode --public --introducer http://example.org:8650/', 'for everybody, who find it through the introducer'],
    ['kith supernode --with 192.168.1.7:1214', 'searches go on to that supernode, and come from it'],
    ['kith supernode --bad-list http://example.org/bad.txt#KEY', 'without files that a publisher has found bad'],
  ]);
  addCommonOptions(command)
    .description(
      'Run a supernode of FastTrack: knows what the nodes under it share, answers searches. It stores no file. Prints its address.',
    )
    .option('--port <port>', 'port for nodes and supernodes (setting fasttrack.port)')
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .addOption(LISTEN_OPTIONS.host())
    .option('--with <addresses...>', 'other supernodes, which tell of more of them (setting fasttrack.hosts)')
    .option(
      '--introducer <url>',
      'who is told of it, and tells of others; may be repeated (setting networks.introducers)',
      collectIntroducers,
    )
    .option('--bad-list <lists...>', 'whose lists of bad files are honoured, as URL#KEY or KEY (setting fasttrack.bad-list)')
    .option(
      '--publish <key-file>',
      'pass on what `kith get` of this user has found bad, signed with that key; it is made if it is not there',
    )
    .action(({ port, with: others, introducer, badList, publish, ...options }: Options) =>
      cli.run(
        options,
        [
          ...listenFlags(options),
          ['fasttrack.port', '--port', port],
          ['fasttrack.hosts', '--with', others?.join(',')],
          ['networks.introducers', '--introducer', introducer?.join(',')],
          ['fasttrack.bad-list', '--bad-list', badList?.join(',')],
        ],
        'The supernode could not run.',
        async (call) => (await import('../work/run-supernode.ts')).runSupernode(call, publish ?? null),
      ),
    );
}
