/** Names at the ends of lines, pushed apart where the ends are close, so that no legend has to be looked up. Owns no state. */

import { type Markup, markup } from './markup.ts';
import { dot } from './marks.ts';
import type { Series } from './series.ts';
import { type Font, shortened, widthOf } from './text-width.ts';

export const LABEL_FONT: Font = { sizePx: 13, bold: false };
export const LABEL_HEIGHT = 17;
/** From the plot to the mark, and from there to the text. */
const GAP = 16;
const TEXT_GAP = 9;

export interface LineEnd {
  readonly series: Series;
  readonly x: number;
  readonly y: number;
}

export function labelWidth(names: readonly string[]): number {
  return GAP + TEXT_GAP + Math.max(0, ...names.map((name) => widthOf(name, LABEL_FONT)));
}

/** `right` is where the plot ends. A thin line leads from the end of a line to its name when they are not side by side. */
export function lineLabels(ends: readonly LineEnd[], right: number, top: number, bottom: number, widthMax: number): Markup[] {
  const sorted = ends.toSorted((a, b) => a.y - b.y);
  const places = pushedApart(
    sorted.map((end) => end.y),
    top,
    bottom,
  );
  return sorted.map(({ series, x, y }, index) => {
    const place = places[index] as number;
    const mark = right + GAP;
    const name = shortened(series.name, LABEL_FONT, widthMax - GAP - TEXT_GAP);
    return markup`<path class="leader s${String(series.hue)}" d="M${x + 6} ${y}L${mark - 6} ${place}"/>${dot(series, mark, place)}<text x="${mark + TEXT_GAP}" y="${place + 4.5}">${name}</text>`;
  });
}

/** Ascending places, at least a label's height apart, between top and bottom, and as near to the wanted ones as going once down and once up gives. */
export function pushedApart(wanted: readonly number[], top: number, bottom: number): number[] {
  const places: number[] = [];
  for (const [index, y] of wanted.entries()) places.push(Math.max(y, index === 0 ? top : (places[index - 1] as number) + LABEL_HEIGHT));
  let limit = bottom;
  for (let index = places.length - 1; index >= 0; index--) {
    places[index] = Math.min(places[index] as number, limit);
    limit = (places[index] as number) - LABEL_HEIGHT;
  }
  return places;
}
