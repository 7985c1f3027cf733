/** Which settings a caller of the API may change. Owns no state. */

import type { SettingKey } from '../settings/setting-list.ts';

/** Those that say nothing about where on this machine, or by which way: what a stranger with the token could use them for is bounded. */
export const SETTABLE: readonly SettingKey[] = [
  'limit.up',
  'limit.down',
  'limit.schedule',
  'queue.downloads',
  'queue.seeds',
  'queue.stalled',
  'seed.ratio',
  'seed.minutes',
];
