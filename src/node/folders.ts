/** Where this program keeps things, after the XDG base directory specification 0.8; owns no state and makes no folder. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Folders {
  /** What people write: `kith.toml`. */
  readonly config: string;
  /** What would be missed: the share folder. */
  readonly data: string;
  /** What a run leaves for the next: resume records, the lock. */
  readonly state: string;
  /** What can be thrown away at any time. */
  readonly cache: string;
}

export function foldersOf(environment: Environment): Folders {
  const home = environment.HOME !== undefined && isAbsolute(environment.HOME) ? environment.HOME : homedir();
  const folder = (variable: string, fallback: string): string => {
    const value = environment[variable];
    // The specification: "If an implementation encounters a relative path in any of these variables it should ignore it."
    return join(value !== undefined && isAbsolute(value) ? value : join(home, fallback), 'kith');
  };
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    data: folder('XDG_DATA_HOME', '.local/share'),
    state: folder('XDG_STATE_HOME', '.local/state'),
    cache: folder('XDG_CACHE_HOME', '.cache'),
  };
}
