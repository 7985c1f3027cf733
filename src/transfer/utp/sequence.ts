/** Sequence numbers of 16 bits, which wrap around; owns no state. */

export function sequencePlus(sequence: number, steps: number): number {
  return (sequence + steps) & 0xffff;
}

/** Steps from one number to the other, -32,768 to 32,767: negative when the other is the older one. */
export function stepsFrom(from: number, to: number): number {
  return ((to - from + 0x8000) & 0xffff) - 0x8000;
}
