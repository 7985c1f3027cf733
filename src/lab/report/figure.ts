/**
 * The figure of a result as SVG: our mean as a line with its 95% band over the published points. Says what it shows without anything beside it,
 * and is the same byte for byte wherever it is drawn. Owns the layout of the whole; panels lay themselves out.
 */

import type { ExperimentResult } from '../result.ts';
import { CurvePanel, TICK_FONT, yScaleOf } from './curve-panel.ts';
import { dotPanel, nameWidthOf, ROW_HEIGHT } from './dot-panel.ts';
import { figureKey, type KeyEntry, namedEntries } from './figure-key.ts';
import { figureMetadata } from './figure-data.ts';
import { FIGURE_STYLE } from './figure-style.ts';
import { describe, footer, notes } from './figure-words.ts';
import { LABEL_HEIGHT, labelWidth } from './line-labels.ts';
import { type Markup, markup, NOTHING } from './markup.ts';
import { formatGiven } from './number-text.ts';
import { isDrawable } from './scale.ts';
import { type Panel, panelsOf, type Series } from './series.ts';
import { type Font, shortened, widthOf, wrapped } from './text-width.ts';
import { verdictIcon } from './verdict-look.ts';

/** Pixels. */
interface Paper {
  readonly width: number;
  readonly margin: number;
  /** Of a plot that is alone, of one of two, of one of more. */
  readonly plotHeights: readonly [alone: number, ofTwo: number, ofMore: number];
  /** Of panels, when there are many. */
  readonly columnsMax: number;
  /** Names stand at the ends of lines when they take no more than this. */
  readonly labelWidthMax: number;
  /** Title, question, verdict and origin are part of the figure. */
  readonly worded: boolean;
}

const PAGE: Paper = { width: 760, margin: 28, plotHeights: [350, 230, 190], columnsMax: 2, labelWidthMax: 200, worded: true };

/** No names at the ends of lines: they would leave the lines no room. */
const PHONE: Paper = { width: 360, margin: 14, plotHeights: [230, 180, 160], columnsMax: 1, labelWidthMax: 0, worded: false };

const TITLE: Font = { sizePx: 20, bold: true };
const QUESTION: Font = { sizePx: 15, bold: false };
const BODY: Font = { sizePx: 13, bold: false };
const STRONG: Font = { sizePx: 13, bold: true };
const TITLE_LINES_MAX = 3;
const TEXT_LINES_MAX = 4;
/** More names than this at the ends of lines are read more easily in a key. */
const LABELS_MAX = 8;
const TICK_GAP = 10;
/** So many panels, one below the other, are no longer seen in one look. */
const COLUMNS_FROM = 4;
const COLUMN_GAP = 36;

/** For a page, a paper or a wall; light or dark as the reader has it. Carries its plan, commit and traces: `readFigure` gets them back. */
export function renderFigure(result: ExperimentResult): string {
  return new Figure(result, PAGE, 'kith-figure', figureMetadata(result)).draw().text;
}

/** For a screen that is 360 pixels wide, in a page that says title, question and verdict itself and has the other figure too. */
export function renderNarrowFigure(result: ExperimentResult): string {
  return new Figure(result, PHONE, 'kith-narrow-figure', NOTHING).draw().text;
}

class Figure {
  private readonly result: ExperimentResult;
  private readonly paper: Paper;
  /** Of its elements: a page may hold two figures. */
  private readonly id: string;
  private readonly metadata: Markup;
  private readonly panels: readonly Panel[];
  private readonly xs: readonly number[];
  /** Where the next thing is drawn; grows from top to bottom. */
  private y = 0;

  constructor(result: ExperimentResult, paper: Paper, id: string, metadata: Markup) {
    this.result = result;
    this.paper = paper;
    this.id = id;
    this.metadata = metadata;
    this.panels = panelsOf(result);
    this.xs = [
      ...new Set(this.panels.flatMap(({ series }) => series.flatMap((each) => [...each.points, ...each.published].map(({ x }) => x)))),
    ];
  }

  draw(): Markup {
    const { title } = this.result;
    const { width } = this.paper;
    const parts = [this.head(), this.plots(), this.foot()];
    const height = Math.ceil(this.y + this.paper.margin - 6);
    return markup`<svg xmlns="http://www.w3.org/2000/svg" class="kith-figure" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${this.id}-title" aria-describedby="${this.id}-desc">
<title id="${this.id}-title">${title}</title>
<desc id="${this.id}-desc">${describe(this.result, this.panels)}</desc>
${this.metadata}
<style>
${FIGURE_STYLE}
</style>
<rect class="paper" width="${width}" height="${height}"/>
${parts}</svg>
`;
  }

  private head(): Markup {
    const { title, question } = this.result;
    this.y = this.paper.margin - 8;
    if (!this.paper.worded) return NOTHING;
    return markup`${this.text(title, TITLE, 'title', TITLE_LINES_MAX)}${this.text(question, QUESTION, 'question muted', TEXT_LINES_MAX)}`;
  }

  private plots(): Markup {
    const drawable = this.panels.some(({ series }) =>
      series.some(({ points, published }) => published.length > 0 || points.some((each) => isDrawable(each.mean))),
    );
    if (!drawable) return this.text('Nothing was measured.', STRONG, 'strong', 1);
    const lines = new Set(this.panels.flatMap(({ series }) => series.map((each) => each.line)));
    return this.xs.length === 1 && lines.size > 1 ? this.dotPlots() : this.curvePlots();
  }

  private curvePlots(): Markup {
    const { width, margin, labelWidthMax, plotHeights, columnsMax } = this.paper;
    const { x } = this.result.figure;
    const columns = this.panels.length >= COLUMNS_FROM ? columnsMax : 1;
    const columnWidth = (width - 2 * margin - COLUMN_GAP * (columns - 1)) / columns;
    const plotHeight = plotHeights[Math.min(this.panels.length, 3) - 1] as number;
    const names = this.panels.map(({ series }) => series.map((each) => each.name).filter((name) => name !== ''));
    const named = names.flat().length > 0;
    const wanted = labelWidth(names.flat());
    const roomy = names.every((each) => each.length <= LABELS_MAX && each.length * LABEL_HEIGHT <= plotHeight);
    const direct = named && columns === 1 && wanted <= labelWidthMax && roomy;
    const plotLeft = this.tickWidth(plotHeight);
    const plotRight = columnWidth - (direct ? wanted - 6 : 0);
    const rows = chunks(this.panels, columns).map((row, index, all) => {
      const headings = this.sideBySide(row, columnWidth);
      const last = index === all.length - 1;
      const xTickLabels = last || columns > 1;
      const [top, bottom] = [this.y + 12, this.y + 12 + plotHeight];
      const plots = row.map((panel, column) => {
        const left = margin + column * (columnWidth + COLUMN_GAP);
        const frame = { left: left + plotLeft, right: left + plotRight, top, bottom };
        return new CurvePanel(panel, frame, { x, xs: this.xs, xTickLabels, labelWidth: direct ? wanted : 0 }).draw();
      });
      this.y = bottom + (xTickLabels ? 24 : 6);
      return markup`${headings}${plots}`;
    });
    this.y += 18;
    const middle = margin + (plotLeft + (columns === 1 ? plotRight : width - 2 * margin)) / 2;
    const label = shortened(x.label, BODY, width - 2 * margin);
    const xLabel = markup`<text class="strong" x="${middle}" y="${this.y}" text-anchor="middle">${label}</text>\n`;
    return markup`${rows}${xLabel}${this.key(named && !direct ? namedEntries(this.panels) : [], 'band')}`;
  }

  /** The names of their y axes over the panels of one row, which begin below the longest. */
  private sideBySide(row: readonly Panel[], columnWidth: number): Markup {
    const start = this.y;
    let end = start;
    const headings = row.map((panel, column) => {
      this.y = start;
      const heading = this.text(panel.heading, STRONG, 'strong', 2, 14, column * (columnWidth + COLUMN_GAP), columnWidth);
      end = Math.max(end, this.y);
      return heading;
    });
    this.y = end;
    return markup`${headings}`;
  }

  /** All panels begin at one edge. */
  private tickWidth(plotHeight: number): number {
    const ticks = this.panels.flatMap((panel) => yScaleOf(panel, { top: 0, bottom: plotHeight }).ticks);
    return TICK_GAP + Math.max(0, ...ticks.map((tick) => widthOf(tick.label, TICK_FONT)));
  }

  private dotPlots(): Markup {
    const { width, margin } = this.paper;
    const { figure } = this.result;
    const nameWidth = nameWidthOf(this.panels, width - 2 * margin);
    const drawn = this.panels.map((panel) => {
      const heading = this.text(panel.heading, STRONG, 'strong', 2, 14);
      const top = this.y + 8;
      const bottom = top + ROW_HEIGHT * panel.series.length;
      this.y = bottom + 26;
      return markup`${heading}${dotPanel(panel, { left: margin, right: width - margin, top, bottom }, nameWidth)}`;
    });
    const at = this.text(`${figure.x.label}: ${formatGiven(this.xs[0] as number)}`, BODY, '', 2, 10);
    return markup`${drawn}${at}${this.key([], 'whisker')}`;
  }

  private key(named: readonly KeyEntry[], ours: 'band' | 'whisker'): Markup {
    const { width, margin } = this.paper;
    const { source, comparisons, plan } = this.result;
    const series = this.panels.flatMap((panel) => panel.series);
    const seeds = plan.seeds.length;
    const text = seeds === 1 ? 'kith: one seed' : `kith: mean and 95% band over ${seeds} seeds`;
    const hue = series.length === 1 ? (series[0] as Series).hue : null;
    const entries: KeyEntry[] = [...named, { kind: ours, hue, banded: seeds !== 1, text }];
    if (comparisons.length > 0) entries.push({ kind: 'ring', text: `published: ${source.paper}, ${source.where}` });
    if (comparisons.some((each) => each.agreement === 'disagrees')) entries.push({ kind: 'cross', text: 'disagrees' });
    const { drawn, height } = figureKey(entries, margin, this.y + 22, width - 2 * margin);
    this.y += 22 + height;
    return drawn;
  }

  private foot(): Markup {
    const { verdict } = this.result;
    const small = (text: string): Markup => this.text(text, TICK_FONT, 'small muted', TEXT_LINES_MAX);
    const sentence = `${verdictIcon(verdict.agreement)} ${verdict.sentence}`;
    const said = this.paper.worded ? this.text(sentence, STRONG, 'strong', TEXT_LINES_MAX, 6) : NOTHING;
    const told = notes(this.panels, this.result).map(small);
    return markup`${said}${told}${this.paper.worded ? small(footer(this.result)) : NOTHING}`;
  }

  /** Lines of text below what is there already, `gap` pixels further down and `indent` from the margin. */
  private text(text: string, font: Font, look: string, linesMax: number, gap = 4, indent = 0, widthMax?: number): Markup {
    const { width, margin } = this.paper;
    this.y += gap;
    const lines = wrapped(text, font, widthMax ?? width - 2 * margin, linesMax).map((line) => {
      this.y += font.sizePx * 1.35;
      return markup`<text class="${look}" x="${margin + indent}" y="${this.y - font.sizePx * 0.25}">${line}</text>\n`;
    });
    return markup`${lines}`;
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
