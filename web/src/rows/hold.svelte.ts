/** Whether somebody points at rows, or goes through them by keys: then their order is held. Owns the moment after he has left. */

/** A finger has left before its click comes. */
const AFTER_POINTER_MS = 400;
/** Who goes from row to row by keys looks at them meanwhile. */
const AFTER_KEY_MS = 3_000;

export class Hold {
  isHeld = $state(false);
  #hasPointer = false;
  #later: ReturnType<typeof setTimeout> | null = null;

  /** For the element around the rows. Call in an attachment: what it returns lets go. */
  watch(rows: HTMLElement): () => void {
    const enter = (): void => {
      this.#hasPointer = true;
      this.#hold(null);
    };
    const leave = (): void => {
      this.#hasPointer = false;
      this.#hold(AFTER_POINTER_MS);
    };
    rows.addEventListener('pointerenter', enter);
    // Rows may come to stand below a pointer that rests.
    rows.addEventListener('pointermove', enter);
    rows.addEventListener('pointerleave', leave);
    return () => {
      for (const [type, listener] of [
        ['pointerenter', enter],
        ['pointermove', enter],
        ['pointerleave', leave],
      ] as const)
        rows.removeEventListener(type, listener);
      this.#hasPointer = false;
      this.#hold(0);
    };
  }

  key(): void {
    if (!this.#hasPointer) this.#hold(AFTER_KEY_MS);
  }

  /** For so long from now on; null: until it is said. */
  #hold(ms: number | null): void {
    if (this.#later !== null) clearTimeout(this.#later);
    this.#later = ms === null ? null : setTimeout(() => (this.isHeld = false), ms);
    this.isHeld = true;
  }
}
