/** The settings of a node that runs: those it was started with, under what was changed since. Owns the changes. */

import { dirname } from 'node:path';
import { Failure } from '../failure.ts';
import type { SettingView } from '../node-view.ts';
import { type Setting, SETTINGS, type SettingKey, type SettingValue, shownValue, whyNot } from './setting-list.ts';
import { setInFile } from './settings-edit.ts';
import type { Settings } from './settings.ts';

/** Those that count the moment they are changed; the others are asked for at the start alone. */
const AT_ONCE: readonly SettingKey[] = [
  'limit.up',
  'limit.down',
  'limit.schedule',
  'get.completed-folder',
  'get.incomplete-folder',
  'node.folder',
  'queue.downloads',
  'queue.seeds',
  'queue.stalled',
  'seed.ratio',
  'seed.minutes',
];

interface Change {
  readonly value: unknown;
  readonly source: string;
}

export class LiveSettings {
  readonly #settings: Settings;
  readonly #changes = new Map<SettingKey, Change>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get<K extends SettingKey>(key: K): SettingValue<K> {
    const change = this.#changes.get(key);
    // What was parsed by the type of this key has its value.
    return change === undefined ? this.#settings.get(key) : (change.value as SettingValue<K>);
  }

  view(key: SettingKey): SettingView {
    const { about, type } = SETTINGS[key];
    const source = this.#changes.get(key)?.source ?? this.#settings.why(key).source;
    const value = this.get(key);
    const shown = typeof value === 'number' ? value : shownValue(key, value);
    return { key, value: shown, source, about, expected: type.expected, atOnce: AT_ONCE.includes(key) };
  }

  all(): SettingView[] {
    return (Object.keys(SETTINGS) as SettingKey[]).map((key) => this.view(key));
  }

  /** Throws a usage Failure when the value is not what the key takes, or would count for nobody. */
  set(key: SettingKey, typed: string, lasting: boolean): SettingView {
    const setting = SETTINGS[key] as Setting<unknown>;
    const { userFile } = this.#settings;
    const value = setting.type.parse(typed, lasting ? dirname(userFile) : process.cwd());
    if (value === null) {
      throw new Failure(
        'usage',
        `${key} cannot be ${JSON.stringify(shownValue(key, typed))}.`,
        whyNot(setting.type, typed),
        'Nothing was changed.',
      );
    }
    if (!lasting && !AT_ONCE.includes(key)) {
      throw new Failure('usage', `${key} counts from the start of the node on.`, '', `For the next start: kith config set ${key} VALUE`);
    }
    if (lasting) setInFile(userFile, key, typed);
    if (AT_ONCE.includes(key)) this.#changes.set(key, { value, source: lasting ? userFile : 'said to the running node' });
    return this.view(key);
  }
}
