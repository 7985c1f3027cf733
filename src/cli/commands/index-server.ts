/** `kith index`: a Napster index server alone. */

import type { Command } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples, LISTEN_OPTIONS, type ListenFlags, listenFlags } from '../options.ts';

interface Options extends CommonOptions, ListenFlags {
  readonly name?: string;
  readonly welcome?: readonly string[];
  readonly open?: boolean;
  readonly link?: readonly string[];
  readonly secretFile?: string;
}

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith index', 'for this machine'],
    ['kith index --public --name "Our music"', 'for everybody who can reach this machine'],
    ['kith index --link 192.168.1.7:8888 --secret-file word.txt', 'with the files of that server, too: both know the word'],
    ['kith index --welcome "Be kind." "Share what is yours."', 'with words for those who come'],
  ]);
  addCommonOptions(command)
    .description('Run a Napster (OpenNap) index server: users, what they share, searches. It stores no file. Prints its address.')
    .option('--port <port>', 'port for users (setting index.port)')
    .addOption(LISTEN_OPTIONS.listen())
    .addOption(LISTEN_OPTIONS.public())
    .addOption(LISTEN_OPTIONS.proxy())
    .addOption(LISTEN_OPTIONS.host())
    .option('--name <name>', 'what users are told that it is called')
    .option('--welcome <lines...>', 'lines that users are shown when they come')
    .option('--link <addresses...>', 'servers whose users are searched, too; each of them tells of the others (setting index.links)')
    .option('--secret-file <file>', 'the word that linked servers know (or setting index.secret)')
    .option('--open', 'no passwords: a nick is whose it is as long as he is there')
    .action(({ port, name, welcome, open, link, secretFile, ...options }: Options) =>
      cli.run(
        options,
        [...listenFlags(options), ['index.port', '--port', port], ['index.links', '--link', link?.join(',')]],
        'The index server could not run.',
        async (call) =>
          (await import('../work/run-index.ts')).runIndex(call, {
            name: name ?? null,
            welcome: welcome ?? [],
            open: open === true,
            secretFile: secretFile ?? null,
          }),
      ),
    );
}
