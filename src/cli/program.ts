/** The command line as a whole: knows all names, loads the one command that is called, and puts mistakes in words; owns no state. */

import { Command, CommanderError } from 'commander';
import { Failure } from '../node/failure.ts';
import { CATALOGUE, type CatalogueEntry } from './catalogue.ts';
import { Cli, consoleOf, endWith } from './cli.ts';
import { exitCodeOf } from './exit-codes.ts';
import { sentence } from './sentence.ts';

const EXAMPLES = `Examples:
  $ kith share holiday.mp4             publish a file; prints a link
  $ kith get 'magnet:?xt=urn:btih:…'   fetch what a link names
  $ kith up                            share a folder for as long as it runs
`;

export async function runProgram(typed: readonly string[]): Promise<void> {
  process.stdout.on('error', onBrokenPipe);
  process.stderr.on('error', onBrokenPipe);
  const said: string[] = [];
  const program = new Command('kith')
    .description('Move files from machine to machine without a server between them.')
    .usage('<command> [options]')
    .version('', '-V, --version', 'show the version')
    // Behind a command's name `--version` is the command's: that of a torrent.
    .enablePositionalOptions()
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .addHelpText('before', EXAMPLES)
    .addHelpText(
      'after',
      '\nMore: kith help <command>, kith help exit-codes, settings, json, network, networks, flags, overlays, experiments',
    )
    .configureHelp({ showGlobalOptions: false })
    .configureOutput({ outputError: (text) => said.push(text) })
    .exitOverride();
  const cli = new Cli(program, async () => {
    for (const entry of CATALOGUE) await load(entry, program, cli);
  });
  for (const entry of CATALOGUE)
    program.command(entry.name).summary(entry.summary).description(sentence(entry.summary)).helpGroup(entry.group);

  const name = typed.find((word) => !word.startsWith('-'));
  const called = CATALOGUE.find((entry) => entry.name === name);
  if (called !== undefined) await load(called, program, cli);
  try {
    if (typed.length === 0) program.outputHelp();
    else await program.parseAsync(typed, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Commander shows the help instead of a message where a subcommand is missing.
    if (error.code === 'commander.help') process.exitCode = exitCodeOf('usage');
    else if (error.exitCode !== 0)
      endWith(consoleOf({ color: true, ...(typed.includes('--json') && { json: true }) }), mistake(said, called));
  }
  leave();
}

const loaded = new Set<CatalogueEntry>();

async function load(entry: CatalogueEntry, program: Command, cli: Cli): Promise<void> {
  if (loaded.has(entry)) return;
  loaded.add(entry);
  const command = program.commands.find((candidate) => candidate.name() === entry.name) as Command;
  (await entry.load()).define(command, cli);
}

/** Commander says `error: unknown option '--jsn'`, and on a line of its own `(Did you mean --json?)`. */
function mistake(said: readonly string[], called: CatalogueEntry | undefined): Failure {
  const [first = 'the command line cannot be understood', ...rest] = said.join('').trim().split('\n');
  // Some of its sentences have their full stop, others not.
  const what = first.replace(/^error: /, '').replace(/\.+$/, '');
  const why = rest.join(' ').replace(/^\((.*)\)$/, '$1');
  return new Failure('usage', sentence(what), why, `Run: kith help${called === undefined ? '' : ` ${called.name}`}`);
}

/** Who reads us has gone (`kith … | head -1`): that is no failure, and there is nobody to tell. */
function onBrokenPipe(error: Error & { code?: string }): void {
  if (error.code === 'EPIPE') process.exit(exitCodeOf('done'));
  throw error;
}

/** Ends the process when what was written has left; a thread or socket still open must not hold a finished command. */
function leave(): void {
  process.stdout.write('', () => process.exit());
}
