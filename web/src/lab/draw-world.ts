/** Draws a network, simulated or as a node knows it, in the shape that it has. Owns no state. */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { drawOverlay } from './draw-overlay.ts';
import { drawSearch } from './draw-search.ts';
import { drawSwarm } from './draw-swarm.ts';
import { type Picture, viewOf } from './picture-view.ts';
import { NodeState } from './shown.ts';

export function drawWorld(surface: Surface, picture: Picture): void {
  const view = viewOf(surface);
  const { places } = picture;
  switch (places.shape) {
    case 'swarm':
      return drawSwarm(surface, view, picture);
    case 'server':
    case 'graph':
    case 'tiers':
      return drawSearch(surface, view, picture);
    default:
      drawOverlay(surface, view, picture);
  }
}

/** The node nearest to a point of the canvas, within a few pixels. */
export function nodeAt(
  { places, frame }: Pick<Picture, 'places' | 'frame'>,
  width: number,
  height: number,
  x: number,
  y: number,
): number | null {
  const view = viewOf({ width, height });
  const near = 14;
  let [best, bestDistance]: [number | null, number] = [null, near * near];
  for (let node = 0; 2 * node < places.spots.length; node++) {
    if (frame !== null && frame.states[node] === NodeState.gone) continue;
    const distance = (view.x(places, node) - x) ** 2 + (view.y(places, node) - y) ** 2;
    if (distance < bestDistance) [best, bestDistance] = [node, distance];
  }
  return best;
}
