/**
 * The links of a network as a picture that is kept: thousands of lines take longer than a frame, and change seldom. Owns the last pictures, by their
 * places; they go with them.
 */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { line, type View } from './picture-view.ts';
import type { Places } from './shown.ts';

/** So many lines, and they are no more than a grey. */
const FAINT_FROM = 3_000;

interface Layer {
  readonly canvas: HTMLCanvasElement;
  /** What it was drawn for: another size, or other colours, make another. */
  readonly key: string;
}

const layers = new WeakMap<Places, Layer>();

export function drawLinks(surface: Surface, view: View, places: Places, strength: number): void {
  const { context, width, height } = surface;
  if (places.links.length === 0 || width === 0 || height === 0) return;
  const colour = surface.colour('edge');
  const scale = devicePixelRatio;
  const key = `${width} ${height} ${scale} ${colour}`;
  let layer = layers.get(places);
  if (layer?.key !== key) {
    layer = { canvas: painted(places, view, width, height, scale, colour), key };
    layers.set(places, layer);
  }
  context.globalAlpha = strength;
  context.drawImage(layer.canvas, 0, 0, width, height);
  context.globalAlpha = 1;
}

function painted(places: Places, view: View, width: number, height: number, scale: number, colour: string): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  const { links } = places;
  context.scale(scale, scale);
  context.strokeStyle = colour;
  const isFaint = links.length / 2 > FAINT_FROM;
  context.globalAlpha = isFaint ? 0.07 : links.length > 1_000 ? 0.22 : 0.4;
  context.lineWidth = isFaint ? 0.6 : 1;
  context.beginPath();
  for (let at = 0; at < links.length; at += 2) {
    const [from, to] = [links[at] as number, links[at + 1] as number];
    line(context, view.x(places, from), view.y(places, from), view.x(places, to), view.y(places, to));
  }
  context.stroke();
  return canvas;
}
