/** What a person would type for the same: the palette teaches the command line. Owns no state. */

/** Words as a POSIX shell reads them back. */
export function cliLine(...words: readonly string[]): string {
  return ['kith', ...words.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
