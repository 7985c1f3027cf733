/** How much a file is wanted; loads nothing, since the command line knows the words too. Owns no state. */

/** The words for priorities; all numbers from 0, which is not wanted, to 7 are allowed. */
export const FILE_PRIORITIES = { skip: 0, low: 1, normal: 4, high: 7 } as const;

/** Throws RangeError unless all are whole numbers from 0 to 7, of files from 0 on. */
export function assertFilePriorities(changes: ReadonlyMap<number, number>): void {
  for (const [index, priority] of changes) {
    if (!Number.isInteger(index) || index < 0) throw new RangeError(`expected the index of a file, got ${index}`);
    if (!Number.isInteger(priority) || priority < 0 || priority > FILE_PRIORITIES.high) {
      throw new RangeError(`expected a priority of 0 to ${FILE_PRIORITIES.high} for file ${index}, got ${priority}`);
    }
  }
}
