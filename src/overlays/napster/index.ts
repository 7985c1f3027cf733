/** What others may use of Napster. */

export { type AccountBook, type AccountCheck, type AccountMade, isNick, nickKey } from './accounts.ts';
export { INDEX_DEFAULTS, type IndexOptions } from './index-options.ts';
export { NapsterIndex } from './napster-index.ts';
