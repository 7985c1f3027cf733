/** The progress line on stderr: redrawn in place on a terminal, a plain line every few seconds elsewhere; owns what is on screen. */

import type { WriteStream } from 'node:tty';

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 5_000;
const BAR_CELLS = 24;
const COLUMNS_DEFAULT = 80;

export class Progress {
  readonly #out: WriteStream;
  readonly #silent: boolean;
  readonly #terminal: boolean;
  #shownAt = Number.NEGATIVE_INFINITY;
  #onScreen = false;
  #lastPlain = '';

  constructor(out: WriteStream, silent: boolean) {
    this.#out = out;
    this.#silent = silent;
    this.#terminal = out.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Shows `text`, with a bar for `fraction` 0..1 where it is not null. Calls that come too soon after the last are dropped. */
  show(text: string, fraction: number | null): void {
    if (this.#silent) return;
    const now = performance.now();
    if (now - this.#shownAt < (this.#terminal ? REDRAW_MS : PLAIN_LINE_MS)) return;
    this.#shownAt = now;
    const percent = fraction === null ? '' : `${Math.floor(fraction * 100)}% `;
    if (!this.#terminal) {
      if (text !== this.#lastPlain) this.#out.write(`${percent}${text}\n`);
      this.#lastPlain = text;
      return;
    }
    const line = fraction === null ? text : `${bar(fraction)} ${percent}${text}`;
    // A terminal that does not say how wide it is has 80 columns; a line that wraps could not be taken back.
    this.#out.write(`\r\x1b[2K${line.slice(0, (this.#out.columns || COLUMNS_DEFAULT) - 1)}`);
    this.#onScreen = true;
  }

  /** Takes the line away, so that something else can be written; the next `show` draws it again at once. */
  clear(): void {
    if (!this.#onScreen) return;
    this.#out.write('\r\x1b[2K');
    this.#onScreen = false;
    this.#shownAt = Number.NEGATIVE_INFINITY;
  }
}

function bar(fraction: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_CELLS);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_CELLS - filled)}`;
}
