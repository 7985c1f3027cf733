/** The word that a mistyped one was probably meant to be: Damerau-Levenshtein distance over a short list; owns no state. */

/** Words longer than this are not compared: the cost is quadratic and nobody mistypes that much. */
const WORD_LENGTH_MAX = 64;

/** The closest of `words` at a distance of at most 3 and under 40% of the length, or null. */
export function closestWord(typed: string, words: Iterable<string>): string | null {
  if (typed.length > WORD_LENGTH_MAX) return null;
  let best: string | null = null;
  let bestDistance = Math.min(3, Math.floor(typed.length * 0.4)) + 1;
  for (const word of words) {
    if (Math.abs(word.length - typed.length) >= bestDistance) continue;
    const distance = editDistance(typed, word);
    if (distance < bestDistance) {
      best = word;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const table = new Uint8Array((a.length + 1) * width);
  for (let column = 0; column < width; column++) table[column] = column;
  const cell = (row: number, column: number): number => table[row * width + column] as number;
  for (let row = 1; row <= a.length; row++) {
    table[row * width] = row;
    for (let column = 1; column < width; column++) {
      const same = a[row - 1] === b[column - 1];
      let least = Math.min(cell(row - 1, column) + 1, cell(row, column - 1) + 1, cell(row - 1, column - 1) + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        least = Math.min(least, cell(row - 2, column - 2) + 1);
      }
      table[row * width + column] = least;
    }
  }
  return cell(a.length, b.length);
}
