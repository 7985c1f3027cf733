/** Draws terminal screens, as tmux captures them with their colours, as one SVG: a panel a screen, one below the other. */

export interface Screen {
  readonly title: string;
  /** Lines with SGR escapes, as `tmux capture-pane -e -p` prints them. */
  readonly text: string;
}

interface Look {
  colour: string;
  bold: boolean;
  dim: boolean;
}

const CELL_WIDTH = 8.4;
const LINE_HEIGHT = 19;
const PADDING = 16;
const TITLE_HEIGHT = 32;
const GAP = 14;
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, &quot;DejaVu Sans Mono&quot;, monospace';
const BACKGROUND = '#14181f';
const BAR = '#222934';
const PLAIN = '#d8dee9';
const FAINT = '#8b97a8';
/** The sixteen colours of a terminal, readable on the background. */
const PALETTE = ['#4c566a', '#f2777a', '#8fd18a', '#ffd580', '#7cb7ff', '#d3a4f9', '#7fdbca', PLAIN];
const BRIGHT = [FAINT, '#ff9a9d', '#a9e6a4', '#ffe3a6', '#a6ceff', '#e3c4ff', '#a5ece0', '#ffffff'];

export function terminalPicture(screens: readonly Screen[], columns: number, description: string): string {
  const width = columns * CELL_WIDTH + 2 * PADDING;
  let y = 0;
  const panels: string[] = [];
  for (const screen of screens) {
    const lines = screen.text.trimEnd().split('\n');
    const height = TITLE_HEIGHT + lines.length * LINE_HEIGHT + PADDING;
    panels.push(`<g transform="translate(0 ${y})">`, ...panel(screen.title, lines, width, height), '</g>');
    y += height + GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(y - GAP)}" role="img" aria-label="${escape(description)}">`,
    `<style>text{font:14px ${FONT}}</style>`,
    ...panels,
    '</svg>\n',
  ].join('\n');
}

function panel(title: string, lines: readonly string[], width: number, height: number): string[] {
  const dots = ['#f2777a', '#ffd580', '#8fd18a'].map(
    (fill, nth) => `<circle cx="${20 + 18 * nth}" cy="${TITLE_HEIGHT / 2}" r="5.5" fill="${fill}"/>`,
  );
  return [
    `<rect width="${round(width)}" height="${round(height)}" rx="9" fill="${BACKGROUND}"/>`,
    `<path d="M0 ${TITLE_HEIGHT}V9a9 9 0 0 1 9-9H${round(width - 9)}a9 9 0 0 1 9 9V${TITLE_HEIGHT}z" fill="${BAR}"/>`,
    ...dots,
    `<text x="${round(width / 2)}" y="${TITLE_HEIGHT / 2 + 5}" fill="${FAINT}" text-anchor="middle">${escape(title)}</text>`,
    ...lines.map((line, nth) => `<text y="${TITLE_HEIGHT + 6 + LINE_HEIGHT * (nth + 0.75)}">${spans(line)}</text>`),
  ];
}

/** Each run of one look at its own column, so that a viewer's font cannot shift what follows. */
function spans(line: string): string {
  const look: Look = { colour: PLAIN, bold: false, dim: false };
  let column = 0;
  let out = '';
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    if (part.startsWith('\x1b[')) change(look, part.slice(2, -1).split(';').map(Number));
    else if (part !== '') {
      // What is seen begins at a column of its own: renderers drop leading spaces, also non-breaking ones.
      const shown = part.trimStart();
      const x = PADDING + (column + part.length - shown.length) * CELL_WIDTH;
      const width = Array.from(shown).length * CELL_WIDTH;
      if (shown !== '') {
        out += `<tspan x="${round(x)}" textLength="${round(width)}" lengthAdjust="spacingAndGlyphs"${attributes(look)}>${escape(shown)}</tspan>`;
      }
      column += Array.from(part).length;
    }
  }
  return out;
}

function change(look: Look, codes: number[]): void {
  while (codes.length > 0) {
    const code = codes.shift() as number;
    if (code === 0) Object.assign(look, { colour: PLAIN, bold: false, dim: false });
    else if (code === 1) look.bold = true;
    else if (code === 2) look.dim = true;
    else if (code === 22) look.bold = look.dim = false;
    else if (code >= 30 && code <= 37) look.colour = PALETTE[code - 30] as string;
    else if (code === 38 || code === 48) codes.splice(0, codes[0] === 5 ? 2 : 4);
    else if (code === 39) look.colour = PLAIN;
    else if (code >= 90 && code <= 97) look.colour = BRIGHT[code - 90] as string;
  }
}

function attributes(look: Look): string {
  return ` fill="${look.dim ? FAINT : look.colour}"${look.bold ? ' font-weight="bold"' : ''}`;
}

/** Spaces as non-breaking ones: SVG renderers disagree about how to keep the others. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll(' ', '&#160;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
