/** What the settings are and where each comes from: flags over KITH_* over ./kith.toml over the user's file over defaults. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { closestWord } from '../../core/closest-word.ts';
import { Failure, failureFrom } from '../failure.ts';
import { type Environment, type Folders, foldersOf } from '../folders.ts';
import {
  isSettingKey,
  type Setting,
  SETTINGS,
  type SettingKey,
  type SettingValue,
  shownValue,
  variableOf,
  whyNot,
} from './setting-list.ts';

export const SETTINGS_FILE = 'kith.toml';
/** A settings file has a few hundred bytes; what is larger is something else. */
const FILE_BYTES_MAX = 1 << 20;

/** One place that says something about settings, strongest first in the list of all. */
interface Source {
  /** For people: `--port`, `KITH_LISTEN_PORT`, a file name. */
  readonly name: (key: SettingKey) => string;
  readonly kind: 'flag' | 'variable' | 'file';
  readonly values: ReadonlyMap<SettingKey, unknown>;
  /** Relative paths in a file start from the file's folder. */
  readonly folder: string;
}

export interface SettingReason<K extends SettingKey = SettingKey> {
  readonly key: K;
  readonly value: SettingValue<K>;
  readonly source: string;
  /** What also said something and lost, strongest first. */
  readonly overruled: readonly { readonly source: string; readonly value: unknown }[];
}

export class Settings {
  readonly folders: Folders;
  readonly userFile: string;
  readonly localFile: string;
  /** Unknown keys and variables, each a sentence. */
  readonly warnings: readonly string[];
  readonly #sources: readonly Source[];

  static load(environment: Environment, workingFolder: string): Settings {
    const folders = foldersOf(environment);
    const userFile = join(folders.config, SETTINGS_FILE);
    const localFile = join(workingFolder, SETTINGS_FILE);
    const warnings: string[] = [];
    const sources = [variables(environment, workingFolder, warnings)];
    for (const file of localFile === userFile ? [userFile] : [localFile, userFile]) {
      const source = settingsFile(file, warnings);
      if (source !== null) sources.push(source);
    }
    return new Settings(folders, userFile, localFile, warnings, sources);
  }

  private constructor(folders: Folders, userFile: string, localFile: string, warnings: readonly string[], sources: readonly Source[]) {
    this.folders = folders;
    this.userFile = userFile;
    this.localFile = localFile;
    this.warnings = warnings;
    this.#sources = sources;
  }

  /** The same settings under flags of the command line: `[key, flag as typed, its value]`; undefined values are flags not given. */
  withFlags(flags: readonly (readonly [SettingKey, string, unknown])[]): Settings {
    const given = flags.filter(([, , value]) => value !== undefined);
    const names = new Map(given.map(([key, flag]) => [key, flag]));
    const source: Source = {
      name: (key) => names.get(key) as string,
      kind: 'flag',
      values: new Map(given.map(([key, , value]) => [key, value])),
      folder: process.cwd(),
    };
    return new Settings(this.folders, this.userFile, this.localFile, this.warnings, [source, ...this.#sources]);
  }

  get<K extends SettingKey>(key: K): SettingValue<K> {
    return this.why(key).value;
  }

  /** True when a flag, a variable or a file says it, so that the value was somebody's wish. */
  isGiven(key: SettingKey): boolean {
    return this.#sources.some((source) => source.values.has(key));
  }

  /** The value and where it comes from. Throws a usage Failure when the strongest source says something else than is expected. */
  why<K extends SettingKey>(key: K): SettingReason<K> {
    const setting = SETTINGS[key] as Setting<SettingValue<K>>;
    const speaking = this.#sources.filter((source) => source.values.has(key));
    const [strongest, ...weaker] = speaking;
    const initial = setting.initial(this.folders);
    if (strongest === undefined) return { key, value: initial, source: 'default', overruled: [] };
    const overruled = weaker.map((source) => ({ source: source.name(key), value: source.values.get(key) }));
    return {
      key,
      value: parsed(key, strongest),
      source: strongest.name(key),
      overruled: [...overruled, { source: 'default', value: initial }],
    };
  }
}

function parsed<K extends SettingKey>(key: K, source: Source): SettingValue<K> {
  const raw = source.values.get(key);
  const { type } = SETTINGS[key] as Setting<SettingValue<K>>;
  const value = type.parse(raw, source.folder);
  if (value !== null) return value;
  throw new Failure(
    'usage',
    `${source.name(key)} says ${typeof raw === 'string' ? JSON.stringify(shownValue(key, raw)) : JSON.stringify(raw)} for ${key}.`,
    whyNot(type, raw),
    source.kind === 'file' ? `Correct it there, or run: kith config set ${key} VALUE` : 'Correct it, or leave it out.',
  );
}

function variables(environment: Environment, folder: string, warnings: string[]): Source {
  const keys = new Map((Object.keys(SETTINGS) as SettingKey[]).map((key) => [variableOf(key), key]));
  const values = new Map<SettingKey, unknown>();
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('KITH_') || value === undefined || value === '') continue;
    const key = keys.get(name);
    if (key !== undefined) values.set(key, value);
    else warnings.push(`The variable ${name} means nothing to kith${meant(closestWord(name, keys.keys()))}.`);
  }
  return { name: variableOf, kind: 'variable', values, folder };
}

function settingsFile(file: string, warnings: string[]): Source | null {
  const text = readSettingsText(file);
  if (text === null) return null;
  const values = new Map<SettingKey, unknown>();
  for (const [key, value] of flat(parseToml(text, file), '')) {
    if (isSettingKey(key)) values.set(key, value);
    else warnings.push(`${file}: there is no setting ${key}${meant(closestWord(key, Object.keys(SETTINGS)))}.`);
  }
  return { name: () => file, kind: 'file', values, folder: dirname(file) };
}

/** The text of a settings file, or null when there is none. */
export function readSettingsText(file: string): string | null {
  try {
    const bytes = readFileSync(file);
    if (bytes.length <= FILE_BYTES_MAX) return bytes.toString('utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw failureFrom(error, 'The settings file cannot be read.');
  }
  throw new Failure('usage', `${file} is no settings file.`, `It has more than ${FILE_BYTES_MAX} bytes.`, 'Move it away.');
}

/** Throws a usage Failure that names the file and the line. The parser is loaded only when there is a file: most runs have none. */
export function parseToml(text: string, file: string): Record<string, unknown> {
  const { parse } = createRequire(import.meta.url)('smol-toml') as typeof import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    const { line, column, message } = error as { line?: number; column?: number; message: string };
    throw new Failure(
      'usage',
      `${file}${line === undefined ? '' : `, line ${line}, column ${column}`} cannot be read.`,
      `${message.split('\n')[0]}.`.replace(/\.\.$/, '.'),
      'Correct the line. The format is TOML: a [section], then lines like port = 6881.',
    );
  }
}

/** `{ listen: { port: 1 } }` as `listen.port`, 1; arrays and dates stay values. */
function* flat(table: Record<string, unknown>, prefix: string): Generator<[string, unknown]> {
  for (const [name, value] of Object.entries(table)) {
    if (isTable(value)) yield* flat(value, `${prefix}${name}.`);
    else yield [`${prefix}${name}`, value];
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function meant(word: string | null): string {
  return word === null ? '' : `; did you mean ${word}`;
}
