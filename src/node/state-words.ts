/** What the states of a transfer say to people; owns no state. */

import type { TransferState } from './node-view.ts';

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
