/** Turns keys into what they stand for: single ones, and those that begin with `g`. Owns the key that waits for a second. */

const WAIT_MS = 1_500;

export class KeySequence {
  readonly #known: ReadonlySet<string>;
  #first = '';
  #firstAtMs = 0;

  /** `known`: like `?`, `g t`, `Control+k`. */
  constructor(known: Iterable<string>) {
    this.#known = new Set(known);
  }

  /** What the key completes, or null. */
  press(key: string, nowMs: number): string | null {
    const sequence = this.#first !== '' && nowMs - this.#firstAtMs < WAIT_MS ? `${this.#first} ${key}` : key;
    this.#first = '';
    if (this.#known.has(sequence)) return sequence;
    if ([...this.#known].some((known) => known.startsWith(`${key} `))) {
      this.#first = key;
      this.#firstAtMs = nowMs;
    }
    return null;
  }
}

/** As it is written in help: `Control+k`, `?`, `Space`. */
export function nameOfKey(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): string {
  const key = event.key === ' ' ? 'Space' : event.key;
  return event.ctrlKey || event.metaKey ? `Control+${key.toLowerCase()}` : event.altKey ? `Alt+${key}` : key;
}
