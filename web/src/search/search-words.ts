/** What searches and kinds are called on the page. Owns no state. */

import type { SearchAsk, SearchView } from '../api/views.ts';

export const KINDS: readonly NonNullable<SearchAsk['kind']>[] = ['audio', 'video', 'image', 'document', 'software', 'archive', 'other'];

/** As many as a search keeps, and fewer: the more are asked for, the more it costs others. */
export const ENOUGH: readonly string[] = ['200', '500', '2000'];

export const STATE_WORDS: Readonly<Record<SearchView['networks'][number]['state'], string>> = {
  waiting: 'waits for neighbours',
  searching: 'searching',
  ended: 'done',
  flooded: 'heard no more, it sent too much',
};
