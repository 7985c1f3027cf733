/** The error of bytes that are no feed, and how many of them are read; apart from the parser, which is loaded when there is a feed. */

export const FEED_BYTES_MAX = 8 << 20;

/** The message says what was expected. */
export class NoFeed extends Error {
  override readonly name = 'NoFeed';
}
