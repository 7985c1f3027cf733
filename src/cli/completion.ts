/** Completion scripts made from the commands themselves, so that they cannot disagree with them; owns no state. */

import type { Command } from 'commander';
import { knownExperiments } from '../lab/catalogue.ts';
import { OVERLAY_SYSTEMS } from '../lab/systems/index.ts';
import { SETTINGS } from '../node/settings/setting-list.ts';
import { TOPICS } from './topics.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

interface Entry {
  readonly word: string;
  readonly about: string;
}

/** What can follow a command: `path` is its words, like `config set`. */
interface Place {
  readonly path: string;
  readonly words: readonly Entry[];
  /** True where a file fits as well as the words. */
  readonly files: boolean;
  readonly options: readonly Entry[];
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program);
  return shell === 'bash' ? bash(places) : shell === 'zsh' ? zsh(places) : fish(places);
}

function placesOf(program: Command): Place[] {
  const place = (command: Command, path: string, words: readonly Entry[]): Place => ({
    path,
    words,
    files: TAKES_FILES.includes(path),
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({ word: option.long ?? (option.short as string), about: option.description })),
  });
  const entries = (commands: readonly Command[]): Entry[] =>
    commands.map((command) => ({ word: command.name(), about: command.summary() || command.description() }));
  const places = [place(program, '', entries(program.commands))];
  for (const command of program.commands) {
    places.push(place(command, command.name(), [...entries(command.commands), ...fixedWords(command, program)]));
    for (const sub of command.commands) {
      const path = `${command.name()} ${sub.name()}`;
      places.push(place(sub, path, FIRST_WORDS[path]?.() ?? []));
    }
  }
  return places;
}

/** Words that an argument takes besides file names. */
function fixedWords(command: Command, program: Command): Entry[] {
  if (command.name() === 'help') {
    const commands = program.commands.map((each) => ({ word: each.name(), about: each.summary() }));
    return [...commands, ...TOPICS.map(({ name, summary }) => ({ word: name, about: summary }))];
  }
  return command.registeredArguments.flatMap((argument) => (argument.argChoices ?? []).map((word) => ({ word, about: '' })));
}

/** What the subcommands take first, where those are words that we know. */
const FIRST_WORDS: Readonly<Record<string, () => Entry[]>> = {
  'config get': settingWords,
  'config set': settingWords,
  'config why': settingWords,
  'lab run': experimentWords,
  'lab sweep': experimentWords,
  'lab verify': experimentWords,
  'lab race': systemWords,
  'lab step': systemWords,
};
const TAKES_FILES = ['lab run', 'lab sweep', 'lab verify'];

function settingWords(): Entry[] {
  return Object.entries(SETTINGS).map(([word, { about }]) => ({ word, about }));
}

/** The script is made once and used anywhere: those of one folder are no words of it. */
function experimentWords(): Entry[] {
  return knownExperiments(process.cwd()).flatMap(({ name, own }) => (own ? [{ word: name, about: '' }] : []));
}

function systemWords(): Entry[] {
  return OVERLAY_SYSTEMS.map(({ name }) => ({ word: name, about: '' }));
}

function bash(places: readonly Place[]): string {
  const wordsOf = (entries: readonly Entry[]): string => entries.map(({ word }) => word).join(' ');
  const cases = places.map(({ path, words, options }) => `    '${path}') words='${wordsOf(words)}' options='${wordsOf(options)}' ;;`);
  return `# bash completion for kith
_kith() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' words='' options='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in ${places
      .filter(({ path }) => path !== '')
      .map(({ path }) => (path.includes(' ') ? `'${path}'` : `' ${path}'`))
      .join('|')}) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ $current == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$current"))
  else COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _kith kith ./kith
`;
}

function zsh(places: readonly Place[]): string {
  const quoted = ({ word, about }: Entry): string => `'${`${word.replaceAll(':', '\\:')}:${about}`.replaceAll("'", "'\\''")}'`;
  const cases = places.map(
    ({ path, words, files, options }) =>
      `    '${path}') entries=(${words.map(quoted).join(' ')}); flags=(${options.map(quoted).join(' ')})${files ? '; files=1' : ''} ;;`,
  );
  return `#compdef kith
# zsh completion for kith
_kith() {
  local -a entries flags
  local at='' files='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at $word" in (${places
      .filter(({ path }) => path !== '')
      .map(({ path }) => (path.includes(' ') ? `'${path}'` : `' ${path}'`))
      .join('|')}) at="\${at:+$at }$word" ;; esac
  done
  case "$at" in
${cases.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then _describe option flags
  elif (( $#entries )); then _describe word entries; [[ -z $files ]] || _files
  else _files; fi
}
compdef _kith kith ./kith
`;
}

function fish(places: readonly Place[]): string {
  const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const lines = places.flatMap(({ path, words, files, options }) => {
    const below = places.filter((other) => path !== '' && other.path.startsWith(`${path} `)).map((other) => other.path.split(' ')[1]);
    const deeper = below.length === 0 ? '' : `; and not __fish_seen_subcommand_from ${below.join(' ')}`;
    const condition = quote(path === '' ? '__fish_use_subcommand' : `__kith_at ${path}${deeper}`);
    return [
      // Where only certain words fit, file names do not.
      ...(words.length > 0 && !files ? [`complete -c kith -f -n ${condition}`] : []),
      ...words.map(({ word, about }) => `complete -c kith -n ${condition} -a ${quote(word)} -d ${quote(about)}`),
      ...options.map(({ word, about }) => `complete -c kith -n ${condition} -l ${word.replace(/^--/, '')} -d ${quote(about)}`),
    ];
  });
  return `# fish completion for kith
function __kith_at
  set -l typed (commandline -opc)
  set -e typed[1]
  set -l count (count $argv)
  test (count $typed) -ge $count; and test "$typed[1..$count]" = "$argv"
end
${lines.join('\n')}
`;
}
