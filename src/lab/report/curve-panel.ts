/** One panel of a figure: bands, lines and dots of its series over x, and the published points over them. Owns the layout of the panel. */

import type { AxisLook } from '../experiment.ts';
import type { CurvePoint } from '../result.ts';
import { lineLabels } from './line-labels.ts';
import { coordinate, Markup, markup, NOTHING } from './markup.ts';
import { dot, ring, whisker } from './marks.ts';
import { type AxisSpace, isDrawable, type Scale, scaleOf } from './scale.ts';
import type { Panel, Series } from './series.ts';
import { type Font, widthOf } from './text-width.ts';

export const TICK_FONT: Font = { sizePx: 12, bold: false };
/** Between the frame and the first and last point, so that marks lie within. */
const INSET = 14;
const TICK_LENGTH = 5;
const TICK_ROOM_ACROSS = 14;
const TICK_ROOM_UPRIGHT = 50;
/** Lines with more points are drawn without a dot at each. */
const DOTS_MAX = 60;
/** And with more than so many in a finer line, which shows them. */
const BROAD_MAX = 200;

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface CurvePanelOptions {
  readonly x: AxisLook;
  /** Of all panels: they share the axis. */
  readonly xs: readonly number[];
  /** The lowest panel alone names the ticks. */
  readonly xTickLabels: boolean;
  /** Room for names at the ends of lines; 0 when a legend names them. */
  readonly labelWidth: number;
}

/** `top` and `bottom` of the frame decide it alone, so that the width of its labels is known before the left edge is. */
export function yScaleOf({ y, series }: Panel, { top, bottom }: Pick<Frame, 'top' | 'bottom'>): Scale {
  const values = series.flatMap(({ points, published }) => [
    ...points.flatMap(({ mean, low, high }) => [mean, low, high]),
    ...published.flatMap(({ published, publishedLow, publishedHigh }) => [published, publishedLow, publishedHigh]),
  ]);
  const space = { from: bottom, to: top, roomOf: () => TICK_ROOM_UPRIGHT, atValues: false, rounded: true };
  return scaleOf(y.scale, values.filter(isDrawable), space);
}

export class CurvePanel {
  private readonly panel: Panel;
  private readonly frame: Frame;
  private readonly options: CurvePanelOptions;
  private readonly x: Scale;
  private readonly y: Scale;

  constructor(panel: Panel, frame: Frame, options: CurvePanelOptions) {
    this.panel = panel;
    this.frame = frame;
    this.options = options;
    this.x = scaleOf(options.x.scale, options.xs, xSpace(frame));
    this.y = yScaleOf(panel, frame);
  }

  draw(): Markup {
    const { series } = this.panel;
    return markup`${this.grid()}${this.axes()}
${series.map((each) => this.bands(each))}${series.map((each) => this.lines(each))}${series.map((each) => this.published(each))}${this.labels()}
`;
  }

  private grid(): Markup {
    const { left, right, bottom } = this.frame;
    const lines = this.y.ticks
      .filter((tick) => coordinate(tick.at) !== coordinate(bottom))
      .map((tick) => markup`M${left} ${tick.at}H${right}`);
    const texts = this.y.ticks.map((tick) => markup`<text class="small muted" x="${left - 8}" y="${tick.at + 4}">${tick.label}</text>`);
    return markup`<path class="grid" d="${lines}"/><g text-anchor="end">${texts}</g>`;
  }

  private axes(): Markup {
    const { left, right, top, bottom } = this.frame;
    const ticks = this.x.ticks.map((tick) => markup`M${tick.at} ${bottom}v${TICK_LENGTH}`);
    const minor = this.y.minor.map((at) => markup`M${left} ${at}h${-TICK_LENGTH / 2}`);
    const lanes = [
      ...(this.x.laneEnd === null ? [] : [markup`M${this.x.laneEnd} ${top}V${bottom}`]),
      ...(this.y.laneEnd === null ? [] : [markup`M${left} ${this.y.laneEnd}H${right}`]),
    ];
    const texts = this.options.xTickLabels
      ? this.x.ticks.map((tick) => markup`<text class="small muted" x="${tick.at}" y="${bottom + 19}">${tick.label}</text>`)
      : [];
    const lane = lanes.length === 0 ? NOTHING : markup`<path class="lane" d="${lanes}"/>`;
    return markup`<path class="axis" d="M${left} ${bottom}H${right}${ticks}${minor}"/>${lane}<g text-anchor="middle">${texts}</g>`;
  }

  /** A point between two gaps has no area, and gets a whisker. */
  private bands({ points, hue }: Series): Markup {
    const shapes = unbroken(points).map((part) => {
      const upper = part.map((point) => this.place(point, edgeOf(point.high, point)));
      const lower = part.map((point) => this.place(point, edgeOf(point.low, point)));
      if (part.length === 1) return whisker(hue, upper[0] as Place, lower[0] as Place);
      const outline = [...upper, ...lower.toReversed()].map(([x, y]) => markup`${x} ${y}`.text);
      return markup`<path class="band h${String(hue)}" d="M${new Markup(outline.join('L'))}Z"/>`;
    });
    return markup`${shapes}`;
  }

  private lines({ points, hue, mark, dash }: Series): Markup {
    const parts = unbroken(points);
    const paths = parts
      .filter((part) => part.length > 1)
      .map((part) => `M${part.map((point) => this.place(point, point.mean).map(coordinate).join(' ')).join('L')}`);
    const line =
      paths.length === 0
        ? NOTHING
        : markup`<path class="line${points.length > BROAD_MAX ? ' fine' : ''} s${String(hue)} d${String(dash)}" d="${paths.join('')}"/>`;
    // A point between two gaps would be lost without its dot.
    const dotted = points.length <= DOTS_MAX ? parts.flat() : parts.filter((part) => part.length === 1).flat();
    return markup`${line}${dotted.map((point) => dot({ hue, mark }, ...this.place(point, point.mean)))}`;
  }

  private published({ published, mark }: Series): Markup {
    const whiskers = published.map((each) => {
      if (!isDrawable(each.publishedLow) || !isDrawable(each.publishedHigh)) return NOTHING;
      return whisker(null, this.place(each, each.publishedLow), this.place(each, each.publishedHigh));
    });
    return markup`${whiskers}${published.map((each) => ring(mark, ...this.place(each, each.published), each.agreement))}`;
  }

  private labels(): Markup {
    const { right, top, bottom } = this.frame;
    if (this.options.labelWidth === 0) return NOTHING;
    const ends = this.panel.series.flatMap((series) => {
      const last = series.points.findLast((point) => isDrawable(point.mean));
      const mark = series.published.at(-1);
      if (last === undefined && mark === undefined) return [];
      const [x, y] = last === undefined ? this.place(mark as { x: number }, mark?.published as number) : this.place(last, last.mean);
      return [{ series, x, y }];
    });
    return markup`${lineLabels(ends, right, top, bottom, this.options.labelWidth)}`;
  }

  private place({ x }: { readonly x: number }, y: number): Place {
    return [this.x.at(x), this.y.at(y)];
  }
}

type Place = [x: number, y: number];

function xSpace({ left, right }: Frame): AxisSpace {
  const roomOf = (label: string): number => widthOf(label, TICK_FONT) + TICK_ROOM_ACROSS;
  return { from: left + INSET, to: right - INSET, roomOf, atValues: true, rounded: false };
}

/** Runs of points that have a mean, between the gaps. */
function unbroken(points: readonly CurvePoint[]): CurvePoint[][] {
  const parts: CurvePoint[][] = [[]];
  for (const point of points) {
    if (isDrawable(point.mean)) parts.at(-1)?.push(point);
    else parts.push([]);
  }
  return parts.filter((part) => part.length > 0);
}

function edgeOf(edge: number, { mean }: CurvePoint): number {
  return isDrawable(edge) ? edge : mean;
}
