/**
 * Storage for millions of small arrays of rows: segments of 2^class rows of u32 words, cut out of pages; owns the pages and the lists of
 * free segments. Halves of a free segment are not joined again: what a swarm gave back serves the next one of its size or smaller.
 */

/** A page is one segment of this class: 16,384 rows. Larger segments are arrays of their own and go back to the heap. */
const PAGE_CLASS = 14;
const NONE = -1;

export class Segments {
  readonly wordsPerRow: number;
  private readonly pages: Uint32Array[] = [];
  private readonly large: (Uint32Array | null)[] = [];
  private readonly largeFree: number[] = [];
  /** By class: offset of the first free segment, whose first word has that of the next one plus one. */
  private readonly free = new Array<number>(PAGE_CLASS + 1).fill(NONE);
  private words_ = 0;

  constructor(wordsPerRow: number) {
    this.wordsPerRow = wordsPerRow;
  }

  get bytes(): number {
    return this.words_ * 4;
  }

  /** A segment of 2^sizeClass rows, all zero. */
  allocate(sizeClass: number): number {
    if (sizeClass > PAGE_CLASS) return this.allocateLarge(sizeClass);
    const offset = this.take(sizeClass);
    this.array(sizeClass, offset)[this.base(sizeClass, offset)] = 0;
    return offset;
  }

  release(sizeClass: number, offset: number): void {
    if (sizeClass > PAGE_CLASS) {
      this.words_ -= (this.large[offset] as Uint32Array).length;
      this.large[offset] = null;
      this.largeFree.push(offset);
      return;
    }
    const base = this.base(sizeClass, offset);
    this.array(sizeClass, offset).fill(0, base, base + this.wordsPerRow * 2 ** sizeClass);
    this.pushFree(sizeClass, offset);
  }

  /** The array in which a segment lies, from `base` on. */
  array(sizeClass: number, offset: number): Uint32Array {
    return (sizeClass > PAGE_CLASS ? this.large[offset] : this.pages[offset >>> PAGE_CLASS]) as Uint32Array;
  }

  base(sizeClass: number, offset: number): number {
    return sizeClass > PAGE_CLASS ? 0 : (offset & (2 ** PAGE_CLASS - 1)) * this.wordsPerRow;
  }

  private allocateLarge(sizeClass: number): number {
    const array = new Uint32Array(this.wordsPerRow * 2 ** sizeClass);
    this.words_ += array.length;
    const offset = this.largeFree.pop() ?? this.large.length;
    this.large[offset] = array;
    return offset;
  }

  private take(sizeClass: number): number {
    const offset = this.free[sizeClass] as number;
    if (offset !== NONE) {
      this.free[sizeClass] = (this.array(sizeClass, offset)[this.base(sizeClass, offset)] as number) - 1;
      return offset;
    }
    if (sizeClass === PAGE_CLASS) {
      const page = new Uint32Array(this.wordsPerRow * 2 ** PAGE_CLASS);
      this.words_ += page.length;
      this.pages.push(page);
      return (this.pages.length - 1) * 2 ** PAGE_CLASS;
    }
    const whole = this.take(sizeClass + 1);
    this.pushFree(sizeClass, whole + 2 ** sizeClass);
    return whole;
  }

  private pushFree(sizeClass: number, offset: number): void {
    this.array(sizeClass, offset)[this.base(sizeClass, offset)] = (this.free[sizeClass] as number) + 1;
    this.free[sizeClass] = offset;
  }
}
