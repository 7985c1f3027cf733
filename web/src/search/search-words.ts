/** What searches, kinds and fetches are called on the page. Owns no state. */

import type { FetchView, SearchAsk, SearchView } from '../api/views.ts';

export const KINDS: readonly NonNullable<SearchAsk['kind']>[] = ['audio', 'video', 'image', 'document', 'software', 'archive', 'other'];

export const STATE_WORDS: Readonly<Record<SearchView['networks'][number]['state'], string>> = {
  waiting: 'waits for neighbours',
  searching: 'searching',
  ended: 'done',
  flooded: 'heard no more, it sent too much',
};

export const FETCH_WORDS: Readonly<Record<FetchView['state'], string>> = {
  opening: 'looks at what is there',
  moving: 'comes',
  waiting: 'waits for a holder',
  checking: 'is checked',
  done: 'done',
  failed: 'failed',
  stopped: 'stopped',
  paused: 'paused',
};
