/** Which experiments there are: kith's own, those of the folder one is in, and whatever file is named; each is imported when it is wanted. Owns no state. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Experiment } from './experiment.ts';
import { serveKithImports } from './kith-imports.ts';
import type { Scenario } from './scenario.ts';

/** Where kith's own lie: beside `src/` in a checkout, inside `dist/` in a package. */
const OWN_FOLDER = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../experiments/' : '../experiments/', import.meta.url));
/** Where those of other people are looked for without being named. */
const LOCAL_FOLDER = 'experiments';
const FILE = /^(.+)\.experiment\.(?:ts|js|mjs)$/;
const CODE = /\.(?:ts|js|mjs)$/;

export interface ExperimentFile {
  /** File name without `.experiment.ts`. */
  readonly name: string;
  readonly path: string;
  /** True for those that come with kith. */
  readonly own: boolean;
}

export interface LoadedExperiment extends ExperimentFile {
  readonly experiment: Experiment;
  /** URL of the file when its own scenario carries the runs out, null when one of kith does. */
  readonly module: string | null;
}

/** A name that nobody has, or a file that is no experiment. */
export class ExperimentFault extends Error {
  override readonly name = 'ExperimentFault';
  readonly kind: 'not-found' | 'invalid';
  readonly why: string;

  constructor(kind: ExperimentFault['kind'], message: string, why: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.why = why;
  }
}

/** Those that need no path: of the folder one is in, which win, and kith's own; by name. */
export function knownExperiments(workingFolder: string): readonly ExperimentFile[] {
  const local = resolve(workingFolder, LOCAL_FOLDER);
  const known = new Map(experimentsIn(OWN_FOLDER).map((file) => [file.name, file]));
  if (resolve(OWN_FOLDER) !== local) for (const file of experimentsIn(local)) known.set(file.name, file);
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a word of the command line means: a known name, a file, or a folder with experiments in it. */
export function experimentsNamed(word: string, workingFolder: string): readonly ExperimentFile[] {
  const known = knownExperiments(workingFolder).find(({ name }) => name === word);
  if (known !== undefined) return [known];
  const path = resolve(workingFolder, word);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) {
    const files = experimentsIn(path);
    if (files.length > 0) return files;
    throw new ExperimentFault('not-found', `There is no experiment in ${word}.`, 'Their files are named like path-length.experiment.ts.');
  }
  if (found === undefined) throw new ExperimentFault('not-found', `There is no experiment ${word}.`, '');
  if (!CODE.test(path)) throw new ExperimentFault('invalid', `${word} is no experiment.`, 'Experiments are .ts, .js or .mjs files.');
  return [{ name: FILE.exec(basename(path))?.[1] ?? basename(path).replace(CODE, ''), path, own: false }];
}

/** Imports the file. Throws an ExperimentFault when it cannot be imported or exports no experiment. */
export async function loadExperiment(file: ExperimentFile): Promise<LoadedExperiment> {
  serveKithImports();
  const url = pathToFileURL(file.path).href;
  let exported: { default?: unknown; scenario?: unknown };
  try {
    exported = (await import(url)) as typeof exported;
  } catch (error) {
    throw new ExperimentFault('invalid', `${file.path} cannot be loaded.`, String(error), { cause: error });
  }
  const { default: experiment, scenario } = exported;
  if (!isExperiment(experiment)) {
    throw new ExperimentFault('invalid', `${file.path} is no experiment.`, 'Expected `export default experiment({ … })`.');
  }
  if (scenario !== undefined && !isScenario(scenario)) {
    throw new ExperimentFault('invalid', `${file.path} is no experiment.`, 'Expected its `scenario` to be a function.');
  }
  return { ...file, experiment, module: scenario === undefined ? null : url };
}

/** What `experiment()` returns has all of these; a declaration that did not go through it lacks `figure`. */
function isExperiment(value: unknown): value is Experiment {
  if (typeof value !== 'object' || value === null) return false;
  return ['question', 'base', 'vary', 'lines', 'curves', 'expect', 'claims', 'figure', 'quick'].every((field) => field in value);
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'function';
}

/** Of a folder that need not be there; the first where a name has several endings. */
function experimentsIn(folder: string): ExperimentFile[] {
  if (!existsSync(folder)) return [];
  const own = resolve(folder) === resolve(OWN_FOLDER);
  const files = new Map<string, ExperimentFile>();
  for (const entry of readdirSync(folder).sort().reverse()) {
    const name = FILE.exec(entry)?.[1];
    if (name !== undefined && !files.has(name)) files.set(name, { name, path: join(folder, entry), own });
  }
  return [...files.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
