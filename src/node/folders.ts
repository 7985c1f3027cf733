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
  /** What lives as long as a process: the sockets by which commands reach a running node. */
  readonly runtime: string;
}

export function foldersOf(environment: Environment): Folders {
  const home = environment.HOME !== undefined && isAbsolute(environment.HOME) ? environment.HOME : homedir();
  const given = (variable: string): string | null => {
    const value = environment[variable];
    // The specification: "If an implementation encounters a relative path in any of these variables it should ignore it."
    return value !== undefined && isAbsolute(value) ? value : null;
  };
  const folder = (variable: string, fallback: string): string => join(given(variable) ?? join(home, fallback), 'kith');
  const state = folder('XDG_STATE_HOME', '.local/state');
  const runtime = given('XDG_RUNTIME_DIR');
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    data: folder('XDG_DATA_HOME', '.local/share'),
    state,
    cache: folder('XDG_CACHE_HOME', '.cache'),
    // Without a session (cron, containers, macOS) there is none; a folder of one's own is as good.
    runtime: runtime === null ? join(state, 'run') : join(runtime, 'kith'),
  };
}
