import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DARK, LIGHT, type Theme } from './figure-style.ts';
import { DARK_VERDICTS, LIGHT_VERDICTS } from './report-style.ts';

type Triple = readonly [number, number, number];

/** What is left of a colour without the cones for red, green or blue, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1). */
const SIGHTS: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};
/** Of 100 from black to white in Oklab; half of it is what most people see side by side. */
const DIFFERENCE_MIN = 10;

for (const [name, theme] of Object.entries({ light: LIGHT, dark: DARK })) {
  test(`the hues of the ${name} theme differ for everybody, whatever cones they have`, () => {
    for (const [sight, matrix] of Object.entries(SIGHTS)) {
      for (const [index, hue] of theme.hues.entries()) {
        for (const other of theme.hues.slice(0, index)) {
          const difference = distance(seen(hue, matrix), seen(other, matrix));
          assert.ok(difference >= DIFFERENCE_MIN, `${hue} and ${other}, ${sight}: ${difference.toFixed(1)}`);
        }
      }
    }
  });

  test(`the ${name} theme stands out from its ground: lines 3 to 1, text 4.5 to 1`, () => {
    for (const hue of [...theme.hues, theme.miss]) assertContrast(hue, theme, 3);
    for (const text of [theme.ink, theme.muted]) assertContrast(text, theme, 4.5);
  });
}

test('verdicts can be read on their ground, 4.5 to 1', () => {
  for (const { ground, text } of [...Object.values(LIGHT_VERDICTS), ...Object.values(DARK_VERDICTS)]) {
    assertContrast(text, { background: ground }, 4.5);
  }
});

/** WCAG 2.2, relative luminance and contrast ratio. */
function assertContrast(colour: string, { background }: Pick<Theme, 'background'>, min: number): void {
  const [darker, lighter] = [colour, background].map(luminance).sort((a, b) => a - b) as [number, number];
  const ratio = (lighter + 0.05) / (darker + 0.05);
  assert.ok(ratio >= min, `${colour} on ${background}: ${ratio.toFixed(2)}`);
}

function luminance(colour: string): number {
  const [red, green, blue] = linear(colour);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function linear(colour: string): Triple {
  const channel = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

/** In Oklab (Ottosson 2020), where equal distances look equally far. */
function seen(colour: string, matrix: readonly [Triple, Triple, Triple]): Triple {
  const [red, green, blue] = linear(colour);
  const [r, g, b] = matrix.map((row) => Math.min(1, Math.max(0, row[0] * red + row[1] * green + row[2] * blue))) as [
    number,
    number,
    number,
  ];
  const long = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const middle = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const short = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * long + 0.793617785 * middle - 0.0040720468 * short,
    1.9779984951 * long - 2.428592205 * middle + 0.4505937099 * short,
    0.0259040371 * long + 0.7827717662 * middle - 0.808675766 * short,
  ];
}

function distance(a: Triple, b: Triple): number {
  return 100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
