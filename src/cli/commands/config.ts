/** `kith config get | set | why`: what the settings are, how to change them, and who says so. */

import type { Command } from 'commander';
import { closestWord } from '../../core/closest-word.ts';
import { Failure } from '../../node/failure.ts';
import { isSettingKey, SETTINGS, type SettingKey, shownValue, variableOf } from '../../node/settings/setting-list.ts';
import type { Call, Cli, CommonOptions } from '../cli.ts';
import { addCommonOptions, addExamples } from '../options.ts';

export function define(command: Command, cli: Cli): void {
  addExamples(command, [
    ['kith config get', 'all settings'],
    ['kith config set limit.up 2MB', 'for you, from now on'],
    ['kith config set share.folder ~/out --local', 'only in this folder, in ./kith.toml'],
    ['kith config why limit.up', 'which file, variable or default decides'],
  ]);
  command.usage('get | set | why').helpOption('-h, --help', 'show help').helpCommand(false);

  addCommonOptions(command.command('get'))
    .description('Show one setting, or all.')
    .argument('[key]', 'like limit.up')
    .action((key: string | undefined, options: CommonOptions) =>
      cli.run(options, [], 'The settings could not be read.', async (call) => show(call, key)),
    );

  addCommonOptions(command.command('set'))
    .description('Change a setting in your file, or with --local in ./kith.toml.')
    .argument('<key>', 'like limit.up')
    .argument('<value>', 'like 2MB')
    .option('--local', 'in ./kith.toml, for this folder alone')
    .action((key: string, value: string, options: CommonOptions & { local?: true }) =>
      cli.run(options, [], 'The setting could not be written.', (call) => change(call, key, value, options.local === true)),
    );

  addCommonOptions(command.command('why'))
    .description('Say who decides a setting, and who was overruled.')
    .argument('<key>', 'like limit.up')
    .action((key: string, options: CommonOptions) =>
      cli.run(options, [], 'The settings could not be read.', async (call) => explain(call, key)),
    );
}

function show({ console, settings }: Call, key: string | undefined): void {
  const keys = key === undefined ? (Object.keys(SETTINGS) as SettingKey[]) : [known(key)];
  const reasons = keys.map((each) => settings.why(each));
  console.document({
    settings: Object.fromEntries(reasons.map(({ key: each, value, source }) => [each, { value: shown(each, value), source }])),
  });
  for (const { key: each, value, source } of reasons) {
    console.result(key === undefined ? `${each.padEnd(22)} ${shownValue(each, value).padEnd(24)} ${source}` : shownValue(each, value));
  }
}

async function change(call: Call, typedKey: string, value: string, local: boolean): Promise<void> {
  const { console, settings } = call;
  const key = known(typedKey);
  const file = local ? settings.localFile : settings.userFile;
  const { setInFile } = await import('../../node/settings/settings-edit.ts');
  setInFile(file, key, value);
  const { Settings } = await import('../../node/settings/settings.ts');
  const now = Settings.load(process.env, process.cwd()).why(key);
  console.document({ key, value: shown(key, now.value), file, source: now.source });
  console.say(`${key} = ${value} in ${file}`);
  if (now.source !== file) console.warn(`${now.source} says otherwise and wins: ${key} is still ${shownValue(key, now.value)}.`);
  else if (!local) await (await import('../work/running-node.ts')).tellNode(call, key, String(now.value));
}

function explain({ console, settings }: Call, typedKey: string): void {
  const key = known(typedKey);
  const reason = settings.why(key);
  const overruled = reason.overruled.map(({ source, value }) => ({ source, value: shown(key, value) }));
  console.document({
    ...reason,
    value: shown(key, reason.value),
    overruled,
    about: SETTINGS[key].about,
    expected: SETTINGS[key].type.expected,
    variable: variableOf(key),
  });
  console.result(`${key} = ${shownValue(key, reason.value)}   from ${reason.source}`);
  for (const { source, value } of reason.overruled) console.result(`  not ${shownValue(key, value)} from ${source}`);
  console.say(console.dim(`${SETTINGS[key].about} It takes ${SETTINGS[key].type.expected}.`));
}

/** Numbers stay numbers. */
function shown(key: SettingKey, value: unknown): unknown {
  return typeof value === 'string' ? shownValue(key, value) : value;
}

function known(key: string): SettingKey {
  if (isSettingKey(key)) return key;
  const meant = closestWord(key, Object.keys(SETTINGS));
  throw new Failure('usage', `There is no setting ${key}.`, meant === null ? '' : `Did you mean ${meant}?`, 'All of them: kith config get');
}
