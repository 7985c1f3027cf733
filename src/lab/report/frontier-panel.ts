/** Cost and performance in one picture: a mark for each setting of each system, and for each system the lower hull of its settings. Owns no state. */

import { lowerHull } from '../frontier.ts';
import type { ExperimentResult } from '../result.ts';
import { type Frame, TICK_FONT } from './curve-panel.ts';
import { labelWidth, type LineEnd, lineLabels } from './line-labels.ts';
import { coordinate, Markup, markup } from './markup.ts';
import { dot } from './marks.ts';
import { isDrawable, scaleOf } from './scale.ts';
import type { Series } from './series.ts';
import { widthOf } from './text-width.ts';

const TICK_LENGTH = 5;
const TICK_ROOM = 16;
const INSET = 12;
const DOT_RADIUS = 3.6;

/** Of one system: what it is called, and how its racers look elsewhere. */
export interface FrontierSystem {
  readonly system: string;
  readonly series: Series;
}

interface Place {
  readonly x: number;
  /** Upwards, as the hull wants it; pixels go down. */
  readonly y: number;
}

/** `cost` and `median` are curves of the result; both axes are logarithmic, and the hull is that of what is drawn. */
export function frontierPanel(result: ExperimentResult, systems: readonly FrontierSystem[], outer: Frame): Markup {
  const settings = systems.map(({ system }) => settingsOf(result, system));
  const all = settings.flat();
  const right = outer.right - labelWidth(systems.map(({ series }) => series.name));
  const upright = { from: outer.bottom - INSET, to: outer.top, roomOf: () => TICK_ROOM, atValues: false, rounded: true };
  const y = scaleOf(
    'log',
    all.map(({ ms }) => ms),
    upright,
  );
  const left = outer.left + 10 + Math.max(0, ...y.ticks.map(({ label }) => widthOf(label, TICK_FONT)));
  const roomOf = (label: string): number => widthOf(label, TICK_FONT) + TICK_ROOM;
  const x = scaleOf(
    'log',
    all.map(({ bytes }) => bytes),
    { from: left + INSET, to: right - INSET, roomOf, atValues: false, rounded: true },
  );
  const ends: LineEnd[] = [];
  const drawn = systems.map(({ series }, index) => {
    const places = (settings[index] as Cost[]).map(({ bytes, ms }): Place => ({ x: x.at(bytes), y: -y.at(ms) }));
    const hull = lowerHull(places);
    const last = hull.at(-1);
    if (last !== undefined) ends.push({ series, x: last.x, y: -last.y });
    const line = new Markup(hull.map((place) => `${coordinate(place.x)} ${coordinate(-place.y)}`).join('L'));
    const path = hull.length > 1 ? markup`<path class="line s${String(series.hue)} d${String(series.dash)}" d="M${line}"/>` : markup``;
    return markup`${path}${places.map((place) => dot(series, place.x, -place.y, DOT_RADIUS))}`;
  });
  const grid = y.ticks.map((tick) => markup`M${left} ${tick.at}H${right}`);
  const marks = x.ticks.map((tick) => markup`M${tick.at} ${outer.bottom}v${TICK_LENGTH}`);
  const across = x.ticks.map((tick) => markup`<text class="small muted" x="${tick.at}" y="${outer.bottom + 19}">${tick.label}</text>`);
  const up = y.ticks.map((tick) => markup`<text class="small muted" x="${left - 8}" y="${tick.at + 4}">${tick.label}</text>`);
  return markup`<path class="grid" d="${grid}"/><g text-anchor="end">${up}</g><path class="axis" d="M${left} ${outer.bottom}H${right}${marks}"/><g text-anchor="middle">${across}</g>
${drawn}${lineLabels(ends, right, outer.top + 8, outer.bottom - 8, outer.right - right)}`;
}

interface Cost {
  readonly bytes: number;
  readonly ms: number;
}

/** Those that have both. */
function settingsOf({ plan, curves }: ExperimentResult, system: string): Cost[] {
  const at = (curve: string, line: string, x: number): number =>
    curves.find((each) => each.curve === curve && each.line === line)?.points.find((point) => point.x === x)?.mean ?? Number.NaN;
  return plan.points
    .filter(({ spec }) => spec.system === system)
    .map(({ line, x }) => ({ bytes: at('cost', line, x), ms: at('median', line, x) }))
    .filter(({ bytes, ms }) => isDrawable(bytes) && isDrawable(ms) && bytes > 0 && ms > 0);
}
