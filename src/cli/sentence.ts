/** A few words as a sentence of their own; owns no state. */

export function sentence(words: string): string {
  return `${words[0]?.toUpperCase()}${words.slice(1)}.`;
}
