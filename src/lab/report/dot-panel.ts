/**
 * One panel of a figure in which a single x was run: a row for each series, its value as a dot with its band, the published ring in the same
 * row. Curves over one point would all lie on one another. Owns the layout of the panel.
 */

import { coordinate, type Markup, markup, NOTHING } from './markup.ts';
import { type Frame, TICK_FONT } from './curve-panel.ts';
import { dot, ring, whisker } from './marks.ts';
import { formatValue } from './number-text.ts';
import { isDrawable, type Scale, scaleOf } from './scale.ts';
import type { Panel, Series } from './series.ts';
import { type Font, shortened, widthOf } from './text-width.ts';

export const ROW_HEIGHT = 27;
const NAME_FONT: Font = { sizePx: 13, bold: false };
const NAME_GAP = 12;
const TICK_LENGTH = 5;
const INSET = 10;
const TICK_ROOM = 14;
/** Names may take so much of the width; what is longer is cut. */
const NAME_SHARE_MAX = 0.4;
const VALUE_WIDTH = 78;
const DOT_RADIUS = 4;

/** The panel's own left edge of the plot: its names stand before it. */
export function nameWidthOf(panels: readonly Panel[], width: number): number {
  const widest = Math.max(0, ...panels.flatMap((panel) => panel.series.map((series) => widthOf(series.name, NAME_FONT))));
  return Math.min(widest + NAME_GAP, width * NAME_SHARE_MAX);
}

export function dotPanel({ y, series }: Panel, frame: Frame, nameWidth: number): Markup {
  const left = frame.left + nameWidth;
  const right = frame.right - VALUE_WIDTH;
  const values = series.flatMap(({ points, published }) => [
    ...points.flatMap(({ mean, low, high }) => [mean, low, high]),
    ...published.flatMap(({ published, publishedLow, publishedHigh }) => [published, publishedLow, publishedHigh]),
  ]);
  const roomOf = (label: string): number => widthOf(label, TICK_FONT) + TICK_ROOM;
  const space = { from: left + INSET, to: right - INSET, roomOf, atValues: false, rounded: true };
  const scale = scaleOf(y.scale, values.filter(isDrawable), space);
  const rows = series.map((each, index) => row(each, scale, { ...frame, left, right }, frame.top + ROW_HEIGHT * (index + 0.5), nameWidth));
  return markup`${axis(scale, { ...frame, left, right })}${rows}
`;
}

function axis({ ticks, minor, laneEnd }: Scale, { left, right, top, bottom }: Frame): Markup {
  const lines = ticks.map((tick) => markup`M${tick.at} ${top}V${bottom}`);
  const small = minor.map((at) => markup`M${at} ${bottom}v${TICK_LENGTH / 2}`);
  const lane = laneEnd === null ? NOTHING : markup`<path class="lane" d="M${laneEnd} ${top}V${bottom}"/>`;
  const texts = ticks.map((tick) => markup`<text class="small muted" x="${tick.at}" y="${bottom + 19}">${tick.label}</text>`);
  return markup`<path class="grid" d="${lines}"/><path class="axis" d="M${left} ${bottom}H${right}${small}"/>${lane}<g text-anchor="middle">${texts}</g>`;
}

function row({ name, hue, mark, points, published }: Series, scale: Scale, { left, right }: Frame, y: number, nameWidth: number): Markup {
  const label = markup`<text x="${left - NAME_GAP}" y="${y + 4.5}" text-anchor="end">${shortened(name, NAME_FONT, nameWidth - NAME_GAP)}</text>`;
  const ours = points
    .filter((point) => isDrawable(point.mean))
    .map(({ mean, low, high }) => {
      const band = isDrawable(low) && isDrawable(high) ? whisker(hue, [scale.at(low), y], [scale.at(high), y]) : NOTHING;
      return markup`${band}${dot({ hue, mark }, scale.at(mean), y, DOT_RADIUS)}`;
    });
  const theirs = published.map((each) => {
    const { publishedLow: low, publishedHigh: high } = each;
    const band = isDrawable(low) && isDrawable(high) ? whisker(null, [scale.at(low), y], [scale.at(high), y]) : NOTHING;
    return markup`${band}${ring(mark, scale.at(each.published), y, each.agreement)}`;
  });
  const value = points.map((point) => formatValue(point.mean)).join(', ');
  return markup`<path class="grid" d="M${left} ${y}H${right}"/>${label}${ours}${theirs}<text class="strong" x="${coordinate(right + VALUE_WIDTH)}" y="${y + 4.5}" text-anchor="end">${value}</text>`;
}
