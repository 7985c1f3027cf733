/** A verdict in a word and a sign, which say it without colour. Owns no state. */

import type { Verdict } from '../result.ts';

type Agreement = Verdict['agreement'];

const LOOKS: Readonly<Record<Agreement, { readonly icon: string; readonly word: string }>> = {
  agrees: { icon: '✓', word: 'Agrees' },
  disagrees: { icon: '✗', word: 'Disagrees' },
  inconclusive: { icon: '?', word: 'Inconclusive' },
  measured: { icon: '●', word: 'Measured' },
};

export function verdictIcon(agreement: Agreement): string {
  return LOOKS[agreement].icon;
}

export function verdictWord(agreement: Agreement): string {
  return LOOKS[agreement].word;
}
