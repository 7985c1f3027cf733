/**
 * Colours, marks and dashes of figures. Each hue stands out from the background 3 to 1 (WCAG 2.2, 1.4.11) and from the other hues for people who
 * see no red, no green or no blue; a test computes both. Marks and dashes tell series apart without any colour. Owns no state.
 */

import { Markup, markup } from './markup.ts';

export interface Theme {
  readonly background: string;
  readonly ink: string;
  /** Axis labels, captions: 4.5 to 1 and more, as all text. */
  readonly muted: string;
  readonly grid: string;
  readonly miss: string;
  readonly hues: readonly string[];
}

export const LIGHT: Theme = {
  background: '#ffffff',
  ink: '#17202b',
  muted: '#55606e',
  grid: '#e2e6eb',
  miss: '#b3001b',
  hues: ['#0371e0', '#de6e29', '#004b1e', '#7b0b85', '#715f02', '#cb187f'],
};

export const DARK: Theme = {
  background: '#11161d',
  ink: '#e8edf4',
  muted: '#a0acba',
  grid: '#28313c',
  miss: '#ff8a8a',
  hues: ['#5ab3f7', '#f99532', '#2ff9cf', '#9d5bf4', '#f6eb24', '#ee3a84'],
};

const FONT = "Inter, ui-sans-serif, system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";

/** Gaps are long enough to be seen on a line that is two pixels wide with round joins. */
const DASH_ARRAYS = ['none', '9 5', '2.5 3.5', '13 4 2.5 4', '5 4', '13 4 2.5 4 2.5 4'];

/** Scoped by a class: inside a page, a style of an SVG is a style of the whole page. */
export const FIGURE_STYLE = new Markup(
  [
    `.kith-figure{font-family:${FONT};background:${LIGHT.background}}`,
    '.kith-figure text{font-size:13px}',
    '.kith-figure .line,.kith-figure .whisker,.kith-figure .ring,.kith-figure .leader{fill:none;stroke-linejoin:round;stroke-linecap:butt}',
    '.kith-figure .line{stroke-width:2.2}',
    '.kith-figure .fine{stroke-width:1.1}',
    '.kith-figure .whisker{stroke-width:1.3}',
    '.kith-figure .ring{stroke-width:1.6}',
    '.kith-figure .cross{stroke-width:2}',
    '.kith-figure .leader{stroke-width:.9}',
    '.kith-figure .band{fill-opacity:.2;stroke:none}',
    '.kith-figure .axis{stroke-width:1}',
    '.kith-figure .grid{stroke-width:1}',
    '.kith-figure .lane{stroke-width:1;stroke-dasharray:2 3}',
    '.kith-figure .title{font-size:20px;font-weight:600}',
    '.kith-figure .strong{font-weight:600}',
    '.kith-figure .small{font-size:12px}',
    '.kith-figure .question{font-size:15px}',
    ...DASH_ARRAYS.map((dashes, index) => `.kith-figure .d${index}{stroke-dasharray:${dashes}}`),
    themeRules(LIGHT),
    `@media screen and (prefers-color-scheme:dark){.kith-figure{background:${DARK.background}}${themeRules(DARK)}}`,
  ].join('\n'),
);

/** `h` fills with a hue, `s` strokes with one. */
function themeRules({ background, ink, muted, grid, miss, hues }: Theme): string {
  return [
    `.kith-figure text{fill:${ink}}`,
    `.kith-figure .ink{fill:${ink}}`,
    `.kith-figure .muted{fill:${muted}}`,
    `.kith-figure .paper{fill:${background}}`,
    `.kith-figure .plain,.kith-figure .axis,.kith-figure .lane,.kith-figure .whisker,.kith-figure .ring{stroke:${ink}}`,
    `.kith-figure .grid{stroke:${grid}}`,
    `.kith-figure .dot{stroke:${background}}`,
    `.kith-figure .cross{stroke:${miss}}`,
    ...hues.flatMap((hue, index) => [`.kith-figure .h${index}{fill:${hue}}`, `.kith-figure .s${index}{stroke:${hue}}`]),
  ].join('');
}

/** A closed path around (x, y): circle, square, diamond, triangle, triangle upside down, cross-bar. `size` is the radius of the circle. */
export function markPath(mark: number, x: number, y: number, size: number): Markup {
  const point = (dx: number, dy: number): Markup => markup`${x + dx * size} ${y + dy * size}`;
  const polygon = (corners: readonly (readonly [dx: number, dy: number])[]): Markup =>
    new Markup(`M${corners.map(([dx, dy]) => point(dx, dy).text).join('L')}Z`);
  switch (mark) {
    case 0:
      return markup`M${point(-1, 0)}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`;
    case 1:
      return polygon(square(0.9));
    case 2:
      return polygon(diamond(1.25));
    case 3:
      return polygon(triangle(-1));
    case 4:
      return polygon(triangle(1));
    default:
      return polygon(PLUS);
  }
}

type Corners = readonly (readonly [dx: number, dy: number])[];

function square(half: number): Corners {
  return [
    [-half, -half],
    [half, -half],
    [half, half],
    [-half, half],
  ];
}

function diamond(half: number): Corners {
  return [
    [0, -half],
    [half, 0],
    [0, half],
    [-half, 0],
  ];
}

/** `side` is where its tip points: -1 up. */
function triangle(side: number): Corners {
  return [
    [0, 1.25 * side],
    [1.15, -0.8 * side],
    [-1.15, -0.8 * side],
  ];
}

const ARM = 0.42;
const REACH = 1.15;
const PLUS: Corners = [
  [-ARM, -REACH],
  [ARM, -REACH],
  [ARM, -ARM],
  [REACH, -ARM],
  [REACH, ARM],
  [ARM, ARM],
  [ARM, REACH],
  [-ARM, REACH],
  [-ARM, ARM],
  [-REACH, ARM],
  [-REACH, -ARM],
  [-ARM, -ARM],
];
