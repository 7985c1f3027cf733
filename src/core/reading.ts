/** Reading a stretch of content from its beginning to its end, wherever it lies: the contract between who has it and who passes it on. */

import type { Body } from './host.ts';

export interface Reading {
  /** Asks for the next bytes, at most so many. Answers how many will come, which may be fewer; 0 at the end. */
  read(bytesMax: number): number;
  /** It is over: nothing more is answered. */
  close(): void;
}

export interface ReadingOperation {
  /** In the order of the calls of `read`, in later events. Null: the content cannot be read any more. Borrowed, as bodies of a store are. */
  onReading(body: Body | null): void;
}
