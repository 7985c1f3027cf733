/**
 * A figure as PNG, for where no SVG can go: slides, mail, chat. resvg as WebAssembly with fonts that come along, so that the bytes are the same on
 * every machine; the light theme, since resvg asks no media. Owns the loaded program.
 */

import { readFile } from 'node:fs/promises';

/** Screens have two dots a pixel, and a figure is half a page wide in print. */
const ZOOM = 2;
const PIXELS_MAX = 64 << 20;

type Draw = (svg: string) => Uint8Array;

let loaded: Promise<Draw> | null = null;

/** Throws RangeError for what is no SVG, or would be a picture of more than 64 million pixels. */
export async function renderPng(svg: string): Promise<Uint8Array> {
  // Loaded when first asked for: 2.5 MB of program and two fonts that most commands do without.
  loaded ??= load();
  return (await loaded)(svg);
}

async function load(): Promise<Draw> {
  const { initWasm, Resvg } = await import('@resvg/resvg-wasm');
  await initWasm(await readFile(new URL(import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm'))));
  const fontFiles = [
    import.meta.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
    import.meta.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
  ];
  const fontBuffers = await Promise.all(fontFiles.map(async (url) => readFile(new URL(url))));
  const font = { fontBuffers, defaultFontFamily: 'Inter', sansSerifFamily: 'Inter' };
  return (svg) => {
    let figure;
    try {
      figure = new Resvg(svg, { fitTo: { mode: 'zoom', value: ZOOM }, font });
    } catch (error) {
      throw new RangeError(`expected an SVG, got ${String(error)}`, { cause: error });
    }
    try {
      const pixels = figure.width * figure.height * ZOOM * ZOOM;
      if (!(pixels <= PIXELS_MAX)) throw new RangeError(`expected a picture of at most ${PIXELS_MAX} pixels, got ${pixels}`);
      const image = figure.render();
      const png = image.asPng();
      image.free();
      return png;
    } finally {
      figure.free();
    }
  };
}
