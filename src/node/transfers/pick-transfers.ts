/** Which transfers people mean by a number of the list, the beginning of a hash, or a part of a name; owns no state. */

import { Failure } from '../failure.ts';
import type { TransferView } from '../node-view.ts';

const HASH_DIGITS_MIN = 4;
const SHOWN_MAX = 5;

type Named = Pick<TransferView, 'number' | 'infoHash' | 'infoHashV2' | 'name'>;

/** Each once, in the order of the words. Throws a Failure for a word that means none, or more than one. */
export function pickTransfers<T extends Named>(transfers: readonly T[], words: readonly string[]): T[] {
  return [...new Set(words.map((word) => pickTransfer(transfers, word)))];
}

function pickTransfer<T extends Named>(transfers: readonly T[], word: string): T {
  const numbered = /^\d{1,9}$/.test(word) ? transfers.find(({ number }) => number === Number(word)) : undefined;
  if (numbered !== undefined) return numbered;
  const found = [...new Set([...byHash(transfers, word), ...byName(transfers, word)])];
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) throw none(transfers, word);
  const shown = found.slice(0, SHOWN_MAX).map(({ number, name, infoHash }) => `${number}: ${name} (${infoHash.slice(0, 8)})`);
  const more = found.length > SHOWN_MAX ? `, and ${found.length - SHOWN_MAX} more` : '';
  throw new Failure(
    'usage',
    `${word} could be ${found.length} transfers.`,
    `${shown.join(', ')}${more}.`,
    'Say its number, or more of it.',
  );
}

function byHash<T extends Named>(transfers: readonly T[], word: string): T[] {
  const prefix = word.toLowerCase();
  if (prefix.length < HASH_DIGITS_MIN || !/^[0-9a-f]{1,64}$/.test(prefix)) return [];
  return transfers.filter(({ infoHash, infoHashV2 }) => infoHash.startsWith(prefix) || infoHashV2?.startsWith(prefix) === true);
}

/** Who has it as a whole is meant, even if others have it as a part. */
function byName<T extends Named>(transfers: readonly T[], word: string): T[] {
  const exact = transfers.filter(({ name }) => name === word);
  if (exact.length > 0 || word === '') return exact;
  const part = word.toLowerCase();
  return transfers.filter(({ name }) => name.toLowerCase().includes(part));
}

function none(transfers: readonly Named[], word: string): Failure {
  const why =
    transfers.length === 0
      ? 'The list is empty.'
      : /^\d{1,9}$/.test(word)
        ? `The list has ${transfers.length === 1 ? 'one' : `numbers from 1 to ${transfers.length}`}.`
        : 'It is no number of the list, no beginning of a hash of at least four digits, and no part of a name.';
  return new Failure('not-found', `There is no transfer ${word}.`, why, 'See: kith ls');
}
