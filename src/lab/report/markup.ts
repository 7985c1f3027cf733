/**
 * Text of SVG and HTML into which data goes escaped: a template tag, so that nothing gets in raw by somebody's forgetting. A title may be
 * anything, `<script>` too. Owns no state.
 */

/** Markup that may stand as it is, because it came from `markup` or was written by hand. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Strings are data and are escaped; numbers are coordinates. */
export type MarkupPart = string | number | Markup | readonly Markup[];

export const NOTHING = new Markup('');

/** For what stands between tags, and in attributes between double quotes. */
export function markup(written: TemplateStringsArray, ...parts: readonly MarkupPart[]): Markup {
  let text = written[0] as string;
  for (const [index, part] of parts.entries()) text += textOf(part) + (written[index + 1] as string);
  return new Markup(text);
}

function textOf(part: MarkupPart): string {
  if (typeof part === 'string') return escaped(part);
  if (typeof part === 'number') return coordinate(part);
  if (part instanceof Markup) return part.text;
  return part.map((each) => each.text).join('');
}

/** What XML 1.0 cannot hold at all, not even escaped. */
const NOT_IN_XML = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .replace(NOT_IN_XML, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** Two digits are a hundredth of a pixel, and leave no room for a last bit. */
export function coordinate(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`a coordinate is a finite number, got ${value}`);
  // A sum with 0 turns -0 into 0.
  return String(Math.round(value * 100) / 100 + 0);
}
