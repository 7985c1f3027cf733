/** `kith help [command or topic]`. */

import type { Command } from 'commander';
import { closestWord } from '../../core/closest-word.ts';
import { CATALOGUE } from '../catalogue.ts';
import type { Cli } from '../cli.ts';
import { addExamples } from '../options.ts';
import { TOPICS } from '../topics.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith help get', 'help on a command'],
    ['kith help exit-codes', 'help on a topic'],
  ]);
  command
    .argument('[command-or-topic]')
    .argument('[subcommand]')
    .helpOption('-h, --help', 'show help')
    .addHelpText('after', `\nTopics:\n${TOPICS.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}`)
    .action(async (name: string | undefined, subname: string | undefined) => {
      if (name === undefined) return cli.program.outputHelp();
      const topic = TOPICS.find((each) => each.name === name);
      if (topic !== undefined) return void process.stdout.write(`${topic.text()}\n`);
      await cli.loadAll();
      const found = cli.program.commands.find((each) => each.name() === name);
      const shown = subname === undefined ? found : found?.commands.find((each) => each.name() === subname);
      if (shown !== undefined) return shown.outputHelp();
      const meant = closestWord(
        name,
        [...CATALOGUE, ...TOPICS].map((each) => each.name),
      );
      command.error(
        `error: there is no help on '${subname ?? name}'\n${meant === null || subname !== undefined ? '' : `(Did you mean ${meant}?)`}`,
      );
    });
}
