/** `kith completion bash | zsh | fish`: prints a script that the shell reads at its start. */

import { type Command, Argument } from 'commander';
import type { Cli, CommonOptions } from '../cli.ts';
import { completionScript, type Shell, SHELLS } from '../completion.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['echo \'eval "$(kith completion bash)"\' >> ~/.bashrc', 'bash'],
    ['echo \'eval "$(kith completion zsh)"\' >> ~/.zshrc', 'zsh, after compinit'],
    ['kith completion fish > ~/.config/fish/completions/kith.fish', 'fish'],
  ]);
  addCommonOptions(command)
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell, options: CommonOptions) =>
      cli.run(options, [], 'The completion could not be made.', async ({ console }) => {
        await cli.loadAll();
        const script = completionScript(cli.program, shell);
        console.document({ shell, script });
        console.result(script.trimEnd());
      }),
    );
}
