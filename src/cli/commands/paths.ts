/** `kith paths`: where this program keeps things on this machine. */

import type { Command } from 'commander';
import { Failure } from '../../node/failure.ts';
import { tokenPath } from '../../node/api/api-token.ts';
import type { Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith paths', 'all folders and files'],
    ['cd "$(kith paths share)"', 'go to the folder that kith up shares'],
  ]);
  addCommonOptions(command)
    .argument('[name]', 'only this one, alone on stdout')
    .action((name: string | undefined, options: CommonOptions) =>
      cli.run(options, [], 'The paths could not be shown.', async ({ console, settings }) => {
        const paths: Record<string, string> = {
          share: settings.get('share.folder'),
          settings: settings.userFile,
          'local-settings': settings.localFile,
          ...settings.folders,
          'api-token': tokenPath(settings.folders.state),
        };
        if (name !== undefined && !Object.hasOwn(paths, name)) {
          throw new Failure('usage', `There is no path called ${name}.`, '', `They are: ${Object.keys(paths).join(', ')}`);
        }
        const shown = name === undefined ? paths : { [name]: paths[name] as string };
        console.document({ paths: shown });
        for (const [key, path] of Object.entries(shown)) console.result(name === undefined ? `${key.padEnd(15)} ${path}` : path);
      }),
    );
}
