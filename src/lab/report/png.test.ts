import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { chordPathLength } from '../../../test/fixtures/sample-results.ts';
import { renderFigure } from './figure.ts';
import { renderPng } from './png.ts';

test('a figure becomes a PNG of twice its size, the same bytes each time', async () => {
  const svg = renderFigure(chordPathLength());
  const [first, second] = [await renderPng(svg), await renderPng(svg)];
  assert.deepEqual([...first.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(first.buffer, first.byteOffset);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) as unknown as [string, string, string];
  assert.deepEqual([view.getUint32(16), view.getUint32(20)], [2 * Number(width), 2 * Number(height)]);
  assert.deepEqual(first, second);
});

test('the picture is light, and its letters are drawn with the font that comes along', async () => {
  const corner = pixelsOf(await renderPng(svgOf('<rect width="40" height="20" fill="#fff"/>')));
  const letters = pixelsOf(await renderPng(svgOf('<rect width="40" height="20" fill="#fff"/><text x="2" y="15">kith</text>')));
  assert.ok(corner.length > 0 && !corner.equals(letters), 'the letters left no trace');
});

test('what is no SVG, and what would be a huge picture, is refused', async () => {
  await assert.rejects(renderPng('no SVG'), (error) => error instanceof RangeError && /expected an SVG/.test(error.message));
  await assert.rejects(renderPng(svgOf('', 100_000, 100_000)), /at most 67108864 pixels/);
  await renderPng(svgOf('<rect width="1" height="1"/>'));
});

function svgOf(inside: string, width = 40, height = 20): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${inside}</svg>`;
}

/** The filtered rows of the picture: enough to tell two pictures apart. */
function pixelsOf(png: Uint8Array): Buffer {
  const data: Uint8Array[] = [];
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    if (String.fromCharCode(...png.subarray(at + 4, at + 8)) === 'IDAT') data.push(png.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return inflateSync(Buffer.concat(data));
}
