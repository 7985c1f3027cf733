/** On whose behalf the node works: whose settings count, and who is told what happens. A command is one; owns no state. */

import type { Settings } from '../settings/settings.ts';

/** A terminal, a stream of JSON, a log file. */
export interface Teller {
  /** Talk for people. */
  say(line: string): void;
  /** Something is not as it should be, and the work goes on. */
  warn(line: string): void;
  /** The same for programs. */
  event(event: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface Caller {
  readonly settings: Settings;
  readonly console: Teller;
}
