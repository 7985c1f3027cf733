/** Draws a swarm: each peer as the part of the content that it holds, and who serves whom at this moment. Owns no state. */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { addArrow, connect, type Picture, ringAround, type View } from './picture-view.ts';
import { NodeRole, NodeState, type SwarmFrame } from './shown.ts';

const SERVING_NUMBERS = 3;
const ALL = 255;
const TURN = 2 * Math.PI;
const RADII: readonly (readonly [number, number])[] = [
  [30, 13],
  [60, 10],
  [120, 7],
  [250, 5],
];
const RADIUS_MIN = 4;
/** Of a picture in which peers have their full size. */
const WHOLE_ACROSS = 480;
/** In a picture of more peers arrows would hide what they point at. */
const ARROWS_MAX = 130;

export function drawSwarm(surface: Surface, view: View, picture: Picture): void {
  const swarm = picture.frame?.swarm ?? null;
  if (swarm !== null) drawServing(surface, view, picture, swarm);
  drawWaiting(surface, view, picture);
  drawPeers(surface, view, picture, swarm);
}

/** With a chosen peer what it sends and what it gets stand out. */
function drawServing({ context, colour }: Surface, view: View, { places, chosen }: Picture, { serving }: SwarmFrame): void {
  const hasArrows = places.spots.length / 2 <= ARROWS_MAX;
  for (const kind of ['others', 'gets', 'sends'] as const) {
    for (const isOptimistic of [false, true]) {
      context.strokeStyle = context.fillStyle = colour(kind === 'gets' ? 'down' : kind === 'sends' ? 'up' : 'edge');
      context.globalAlpha = kind !== 'others' ? 1 : chosen === null ? 0.55 : 0.2;
      context.lineWidth = kind === 'others' ? 1 : 2.2;
      context.setLineDash(isOptimistic ? [5, 4] : []);
      const rows = pairsOf(serving, kind, isOptimistic, chosen);
      context.beginPath();
      for (const [from, to] of rows) connect(context, view, places, from, to);
      context.stroke();
      context.setLineDash([]);
      if (!hasArrows && kind === 'others') continue;
      context.beginPath();
      for (const [from, to] of rows) addArrow(context, view, places, from, to, kind === 'others' ? 3 : 5);
      context.fill();
    }
  }
  context.globalAlpha = context.lineWidth = 1;
}

function pairsOf(
  serving: Uint32Array,
  kind: 'others' | 'gets' | 'sends',
  isOptimistic: boolean,
  chosen: number | null,
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < serving.length; at += SERVING_NUMBERS) {
    const [from = 0, to = 0, optimistic = 0] = serving.subarray(at, at + SERVING_NUMBERS);
    const own = from === chosen ? 'sends' : to === chosen ? 'gets' : 'others';
    if (own === kind && (optimistic === 1) === isOptimistic) pairs.push([from, to]);
  }
  return pairs;
}

/** To those who wait for the chosen peer, and are choked. */
function drawWaiting({ context, colour }: Surface, view: View, { places, chosen, waiting = [] }: Picture): void {
  if (chosen === null) return;
  context.strokeStyle = colour('bad');
  context.globalAlpha = 0.6;
  context.setLineDash([2, 5]);
  context.beginPath();
  for (const node of waiting) connect(context, view, places, chosen, node);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function drawPeers({ context, colour }: Surface, view: View, { places, frame, chosen }: Picture, swarm: SwarmFrame | null): void {
  const count = places.spots.length / 2;
  const whole = RADII.find(([peers]) => count <= peers)?.[1] ?? RADIUS_MIN;
  const radius = Math.max(RADIUS_MIN, whole * Math.min(1, view.across / WHOLE_ACROSS));
  for (let node = 0; node < count; node++) {
    const [x, y] = [view.x(places, node), view.y(places, node)];
    const isGone = (frame?.states[node] ?? NodeState.gone) === NodeState.gone;
    if (places.roles[node] === NodeRole.helper) {
      context.fillStyle = colour(isGone ? 'line' : 'warn');
      context.fillRect(x - 7, y - 7, 14, 14);
      continue;
    }
    const part = isGone ? 0 : (swarm?.parts[node] ?? 0);
    context.fillStyle = colour(isGone ? 'ground' : 'surface');
    context.strokeStyle = colour(isGone ? 'line' : part === ALL ? 'good' : 'accent');
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, radius, 0, TURN);
    context.fill();
    context.stroke();
    if (part > 0) {
      context.fillStyle = colour(part === ALL ? 'good' : 'accent');
      context.beginPath();
      context.moveTo(x, y);
      context.arc(x, y, radius, -TURN / 4, -TURN / 4 + (part / ALL) * TURN);
      context.fill();
    }
    if (isGone) cross(context, x, y, radius * 0.6, colour('edge'));
  }
  context.lineWidth = 1;
  if (chosen !== null) ringAround(context, view, places, chosen, radius + 4, colour('ink'));
}

function cross(context: CanvasRenderingContext2D, x: number, y: number, half: number, colour: string): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x - half, y - half);
  context.lineTo(x + half, y + half);
  context.moveTo(x + half, y - half);
  context.lineTo(x - half, y + half);
  context.stroke();
}
