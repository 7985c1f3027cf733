/** What the states of transfers and fetches say to people; owns no state. */

import type { TransferState } from './node-view.ts';
import type { FetchView } from './search/fetch-view.ts';

export const STATE_WORDS: Readonly<Record<TransferState, string>> = {
  queued: 'waits for its turn',
  metadata: 'looking for peers that know it',
  checking: 'checking what is there',
  downloading: 'downloading',
  seeding: 'sharing',
  paused: 'paused',
  finished: 'has shared as much as was asked for',
  resting: 'rests: the schedule lets nothing move now',
  'no-room': 'waits for room on the disk',
  moving: 'its files are being moved',
  failed: 'failed',
  stopped: 'the node is not running',
};

export const FETCH_STATE_WORDS: Readonly<Record<FetchView['state'], string>> = {
  opening: 'looks at what is there',
  moving: 'downloading',
  waiting: 'waits for a holder',
  checking: 'is checked',
  done: 'done',
  failed: 'failed',
  stopped: 'stopped',
  paused: 'paused',
};

export const VERIFICATION_WORDS: Readonly<Record<NonNullable<FetchView['verification']>, string>> = {
  parts: 'every part is right',
  whole: 'it is right, by its hash',
  sample: 'UUHash fits, which covers a part of it and is no proof',
  nothing: 'no hash was known: nobody can tell whether it is what it says',
};

export const VERDICT_WORDS: Readonly<Record<NonNullable<FetchView['verdict']>, string>> = {
  truncated: 'it is shorter than it says itself',
  scrambled: 'its parts are not in order',
  corrupt: 'it is not what it begins as',
};
