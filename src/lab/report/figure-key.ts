/** The key of a figure: samples with their meanings, in rows below the plot, where they cover nothing. Owns no state. */

import { type Markup, markup, NOTHING } from './markup.ts';
import { cross, dot, ring, whisker } from './marks.ts';
import type { Panel, Series } from './series.ts';
import { type Font, widthOf, wrapped } from './text-width.ts';

export type KeyEntry =
  | { readonly kind: 'series'; readonly series: Series; readonly text: string }
  /** Of curves, whatever the line. */
  | { readonly kind: 'dash'; readonly dash: number; readonly text: string }
  /** What our own look like, as a line or as a dot; hue of the only series, or null where there are several. */
  | { readonly kind: 'band' | 'whisker'; readonly hue: number | null; readonly banded: boolean; readonly text: string }
  | { readonly kind: 'ring' | 'cross'; readonly text: string };

/** What the names of lines need: each line once, and each curve of those panels in which dashes tell curves apart. */
export function namedEntries(panels: readonly Panel[]): KeyEntry[] {
  const all = panels.flatMap((panel) => panel.series);
  const lines = new Set(all.map((series) => series.line));
  if (lines.size === 1 || panels.every(({ series }) => new Set(series.map((each) => each.curve)).size === 1)) {
    return firstOfEach(all, (series) => series.name).map((series) => ({ kind: 'series', series, text: series.name }));
  }
  const crowded = panels.filter(({ series }) => new Set(series.map((each) => each.curve)).size > 1).flatMap((panel) => panel.series);
  return [
    ...firstOfEach(all, (series) => series.line).map(
      (series): KeyEntry => ({ kind: 'series', series: { ...series, dash: 0 }, text: series.line }),
    ),
    ...firstOfEach(crowded, (series) => series.curve).map(({ curve, dash }): KeyEntry => ({ kind: 'dash', dash, text: curve })),
  ];
}

function firstOfEach(all: readonly Series[], nameOf: (series: Series) => string): Series[] {
  return [...new Map(all.toReversed().map((series) => [nameOf(series), series])).values()].reverse();
}

const FONT: Font = { sizePx: 13, bold: false };
/** Long enough for the longest dash to be seen. */
const SAMPLE_LENGTH = 36;
const SAMPLE_WIDTH = SAMPLE_LENGTH + 8;
const NARROW_SAMPLE_WIDTH = 20;
const ENTRY_GAP = 24;
const LINE_HEIGHT = 19;
const LINES_MAX = 3;

/** `y` is the middle of the first row. */
export function figureKey(
  entries: readonly KeyEntry[],
  left: number,
  y: number,
  width: number,
): { readonly drawn: Markup; readonly height: number } {
  let x = left;
  let rowY = y;
  let rowHeight = LINE_HEIGHT;
  const drawn = entries.map((entry) => {
    const sample = entry.kind === 'ring' || entry.kind === 'cross' ? NARROW_SAMPLE_WIDTH : SAMPLE_WIDTH;
    const lines = wrapped(entry.text, FONT, width - sample, LINES_MAX);
    const wide = sample + Math.max(0, ...lines.map((line) => widthOf(line, FONT)));
    if (x > left && x + wide > left + width) {
      x = left;
      rowY += rowHeight;
      rowHeight = LINE_HEIGHT;
    }
    const texts = lines.map((line, index) => markup`<text x="${x + sample}" y="${rowY + 4.5 + LINE_HEIGHT * index}">${line}</text>`);
    const shown = markup`${sampleOf(entry, x, rowY)}${texts}\n`;
    x += wide + ENTRY_GAP;
    rowHeight = Math.max(rowHeight, LINE_HEIGHT * lines.length);
    return shown;
  });
  return { drawn: markup`${drawn}`, height: rowY - y + rowHeight };
}

function sampleOf(entry: KeyEntry, x: number, y: number): Markup {
  switch (entry.kind) {
    case 'series': {
      const { hue, dash } = entry.series;
      return markup`<path class="line s${String(hue)} d${String(dash)}" d="M${x} ${y}h${SAMPLE_LENGTH}"/>${dot(entry.series, x + SAMPLE_LENGTH / 2, y)}`;
    }
    case 'dash':
      return markup`<path class="line plain d${String(entry.dash)}" d="M${x} ${y}h${SAMPLE_LENGTH}"/>`;
    case 'band': {
      const [fill, stroke] = entry.hue === null ? ['ink', 'plain'] : [`h${entry.hue}`, `s${entry.hue}`];
      const band = entry.banded ? markup`<path class="band ${fill}" d="M${x} ${y - 6}h${SAMPLE_LENGTH}v12h${-SAMPLE_LENGTH}Z"/>` : NOTHING;
      return markup`${band}<path class="line ${stroke}" d="M${x} ${y}h${SAMPLE_LENGTH}"/>`;
    }
    case 'whisker':
      return markup`${entry.banded ? whisker(null, [x, y], [x + SAMPLE_LENGTH, y]) : NOTHING}<circle class="ink" cx="${x + SAMPLE_LENGTH / 2}" cy="${y}" r="3.5"/>`;
    case 'ring':
      return ring(0, x + 7, y, 'agrees');
    case 'cross':
      return cross(x + 7, y);
  }
}
