/**
 * How wide a text will be, without a font at hand: the figure must be laid out the same on every machine, and be read with whatever sans serif
 * that machine has. Counts each letter as wide as in the widest of the usual ones (DejaVu Sans, Inter), so that nothing runs over. Owns no state.
 */

/** Letters by width, in parts of the font size. */
const WIDTHS: readonly (readonly [letters: string, em: number])[] = [
  ["ijlI'|", 0.34],
  [' !(),./:;[\\]frt', 0.41],
  ['-"*?_sczJ`', 0.55],
  ['mMW%@', 1.02],
  ['w#&+<=>^~ABCDEGHKNOPQRSUVXYZ', 0.79],
];
const OTHERWISE = 0.65;
/** From here on (CJK, kana, hangul, symbols in colour) a sign takes a square. */
const WIDE_FROM = 0x2e80;
const BOLD = 1.07;

const ELLIPSIS = '…';

export interface Font {
  readonly sizePx: number;
  readonly bold: boolean;
}

export function widthOf(text: string, { sizePx, bold }: Font): number {
  let em = 0;
  for (const sign of text) em += emOf(sign);
  return em * sizePx * (bold ? BOLD : 1);
}

/** At most `linesMax` lines of at most that width; what does not fit ends with an ellipsis, and so does a word that is longer than a line. */
export function wrapped(text: string, font: Font, widthMax: number, linesMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer, font) > widthMax) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line !== '') lines.push(line);
  const kept = lines.slice(0, linesMax);
  if (lines.length > linesMax) kept[linesMax - 1] += ` ${ELLIPSIS}`;
  return kept.map((each) => shortened(each, font, widthMax));
}

export function shortened(text: string, font: Font, widthMax: number): string {
  if (widthOf(text, font) <= widthMax) return text;
  let kept = '';
  let width = widthOf(ELLIPSIS, font);
  for (const sign of text.replace(/[\s…]+$/, '')) {
    width += widthOf(sign, font);
    if (width > widthMax) break;
    kept += sign;
  }
  return kept.trimEnd() + ELLIPSIS;
}

function emOf(sign: string): number {
  if ((sign.codePointAt(0) as number) >= WIDE_FROM) return 1;
  return WIDTHS.find(([letters]) => letters.includes(sign))?.[1] ?? OTHERWISE;
}
