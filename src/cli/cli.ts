/** What every command is given: its console, its settings, the interruption; owns how a command starts and how its error ends it. */

import type { Command } from 'commander';
import { type Failure, failureFrom } from '../node/failure.ts';
import { Settings } from '../node/settings/settings.ts';
import type { SettingKey } from '../node/settings/setting-list.ts';
import { Console, wantsColor } from './console.ts';
import { exitCodeOf } from './exit-codes.ts';
import { Interruption } from './interruption.ts';

export interface CommonOptions {
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

/** One call of one command. */
export interface Call {
  readonly console: Console;
  readonly settings: Settings;
  /** Made at the first look: a command that never looks dies of Ctrl-C the plain way. */
  readonly interruption: Interruption;
}

/** `[setting, flag as typed, value]` of the flags that stand for a setting. */
export type SettingFlags = readonly (readonly [SettingKey, string, unknown])[];

export class Cli {
  /** The program with all commands, for help and completion. */
  readonly program: Command;
  /** Defines the commands that are not loaded yet. */
  readonly loadAll: () => Promise<void>;

  constructor(program: Command, loadAll: () => Promise<void>) {
    this.program = program;
    this.loadAll = loadAll;
  }

  /** Runs the body of a command; whatever it throws becomes words on stderr and an exit code. `doing` names the work in one sentence. */
  async run(options: CommonOptions, flags: SettingFlags, doing: string, body: (call: Call) => Promise<void>): Promise<void> {
    const console = consoleOf(options);
    try {
      const settings = Settings.load(process.env, process.cwd()).withFlags(flags);
      for (const warning of settings.warnings) console.warn(warning);
      // A flag with a wrong value is a mistake even where the command would not come to use it.
      for (const [key, , value] of flags) if (value !== undefined) settings.get(key);
      let interruption: Interruption | null = null;
      await body({
        console,
        settings,
        get interruption() {
          interruption ??= new Interruption();
          return interruption;
        },
      });
    } catch (error) {
      endWith(console, failureFrom(error, doing));
    }
  }
}

export function consoleOf(options: CommonOptions): Console {
  return new Console({ json: options.json === true, quiet: options.quiet === true, color: options.color && wantsColor(process.env) });
}

/** Says the error and sets the exit code. */
export function endWith(console: Console, failure: Failure): void {
  const code = exitCodeOf(failure.kind);
  console.event('error', { code, kind: failure.kind, message: failure.message, why: failure.why, next: failure.next });
  if (failure.kind === 'interrupted') console.say(`${failure.message} ${failure.next}`.trim());
  else console.fail(failure.message, failure.why, failure.next);
  process.exitCode = code;
}
