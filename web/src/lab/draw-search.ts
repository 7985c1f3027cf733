/**
 * Draws a network that finds files by words: who serves others is large, what all depend on is a square; and of a search how far it has come, hop by hop,
 * what it sends at this step, and who has what it looks for. Owns no state.
 */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { drawLinks } from './link-layer.ts';
import { addArrow, addDot, connect, dotOf, drawKnown, drawMessages, type Picture, ringAround, type View } from './picture-view.ts';
import { NodeRole, NodeState, type Places, type SearchTrailView, TRAIL_NUMBERS, TrailKind } from './shown.ts';

/** From there on all hops have the same colour. */
export const HOP_COLOURS = 7;
const SERVING_SCALE = 1.7;
const HELPER_SCALE = 2.6;
/** In a picture of more nodes arrows would hide what they point at. */
const ARROWS_MAX = 400;
/** In a picture of more nodes a ring around each who has it would be all that there is to see: those who were found stand for them. */
export const HOLDERS_SHOWN_MAX = 1_500;

export function hopColour(hop: number): string {
  return `hop-${Math.max(1, Math.min(HOP_COLOURS, hop))}`;
}

export function drawSearch(surface: Surface, view: View, picture: Picture): void {
  const { places, frame, showsMessages, trail = null, step = 0 } = picture;
  // What a search does is seen better on a ground that is fainter.
  drawLinks(surface, view, places, trail === null ? 1 : 0.45);
  if (frame !== null && showsMessages && trail === null) drawMessages(surface, view, frame, places);
  if (trail !== null) drawWay(surface, view, places, trail, step);
  if (trail === null) drawKnown(surface, view, picture);
  drawNodes(surface, view, picture);
}

/** What was sent before, faintly; what is sent at this step, with arrows. */
function drawWay(surface: Surface, view: View, places: Places, trail: SearchTrailView, step: number): void {
  const { context } = surface;
  const looks = new Map<string, Look>();
  for (let at = 0; at < trail.messages.length; at += TRAIL_NUMBERS) {
    const [from = 0, to = 0, hop = 0, since = 0, kind = 0] = trail.messages.subarray(at, at + TRAIL_NUMBERS);
    if (since > step) break;
    const isNow = since === step;
    // Of what is over only the tree along which it has spread is left.
    if (!isNow && kind !== TrailKind.query) continue;
    const colour = kind === TrailKind.hit ? 'good' : kind === TrailKind.lost ? 'bad' : hopColour(hop);
    const look = lookOf(looks, colour, isNow, kind === TrailKind.duplicate || kind === TrailKind.lost);
    look.pairs.push(from, to);
  }
  const hasArrows = places.spots.length / 2 <= ARROWS_MAX;
  for (const { colour, isNow, isDashed, pairs } of [...looks.values()].sort((a, b) => Number(a.isNow) - Number(b.isNow))) {
    context.strokeStyle = context.fillStyle = surface.colour(colour);
    context.globalAlpha = !isNow ? 0.3 : isDashed ? 0.75 : 1;
    context.lineWidth = !isNow ? 1 : colour === 'good' ? 2.5 : isDashed ? 1.2 : 2;
    context.setLineDash(isDashed ? [3, 4] : []);
    context.beginPath();
    for (let at = 0; at < pairs.length; at += 2) connect(context, view, places, pairs[at] as number, pairs[at + 1] as number);
    context.stroke();
    if (!isNow || !hasArrows) continue;
    context.beginPath();
    for (let at = 0; at < pairs.length; at += 2) {
      addArrow(context, view, places, pairs[at] as number, pairs[at + 1] as number, colour === 'good' ? 5 : 4);
    }
    context.fill();
  }
  context.setLineDash([]);
  context.globalAlpha = context.lineWidth = 1;
}

/** Lines that look alike are one stroke: thousands of their own would take longer than a frame. */
interface Look {
  readonly colour: string;
  readonly isNow: boolean;
  readonly isDashed: boolean;
  /** Sender and receiver, one after the other. */
  readonly pairs: number[];
}

function lookOf(looks: Map<string, Look>, colour: string, isNow: boolean, isDashed: boolean): Look {
  const key = `${colour} ${isNow} ${isDashed}`;
  let look = looks.get(key);
  if (look === undefined) looks.set(key, (look = { colour, isNow, isDashed, pairs: [] }));
  return look;
}

function drawNodes({ context, colour }: Surface, view: View, { places, frame, chosen, trail = null, step = 0 }: Picture): void {
  const count = places.spots.length / 2;
  const dot = dotOf(count, view);
  // One path a colour: ten thousand fills of their own would take longer than a frame.
  const byColour = new Map<string, number[]>();
  for (let node = 0; node < count; node++) {
    const name = nodeColour(frame?.states[node] ?? NodeState.gone, places.roles[node] ?? 0, trail, node, step);
    const nodes = byColour.get(name);
    if (nodes === undefined) byColour.set(name, [node]);
    else nodes.push(node);
  }
  const radiusOf = (node: number): number => dot * (places.roles[node] === NodeRole.serving ? SERVING_SCALE : 1);
  for (const [name, nodes] of byColour) {
    context.fillStyle = colour(name);
    context.beginPath();
    for (const node of nodes) {
      const [x, y] = [view.x(places, node), view.y(places, node)];
      const half = Math.max(5, dot * HELPER_SCALE);
      if (places.roles[node] === NodeRole.helper) context.rect(x - half, y - half, 2 * half, 2 * half);
      else addDot(context, x, y, radiusOf(node));
    }
    context.fill();
  }
  if (trail !== null) drawHolders({ context, colour }, view, places, trail, step, radiusOf);
  // Not the colour of the ring around who asks.
  if (chosen !== null) ringAround(context, view, places, chosen, radiusOf(chosen) + 5, colour('warn'));
}

/** Without a search by what a node is; with one by how many hops it was away when it was reached. */
function nodeColour(state: number, role: number, trail: SearchTrailView | null, node: number, step: number): string {
  if (state === NodeState.gone) return 'line';
  if (trail === null) return state === NodeState.joining ? 'warn' : role === NodeRole.ordinary ? 'accent' : 'up';
  const hops = trail.hops[node] ?? 0;
  if (hops === 1) return 'ink';
  return hops > 1 && (trail.since[node] ?? 0) <= step ? hopColour(hops - 1) : 'edge';
}

/** A ring around each who has it; a full one when the asker has heard of him by this step. */
function drawHolders(
  { context, colour }: Pick<Surface, 'context' | 'colour'>,
  view: View,
  places: Places,
  trail: SearchTrailView,
  step: number,
  radiusOf: (node: number) => number,
): void {
  const isCrowded = places.spots.length / 2 > HOLDERS_SHOWN_MAX;
  const untilMs = trail.steps[step]?.fromMs ?? Number.POSITIVE_INFINITY;
  const named = new Set(trail.found.filter(({ tookMs }) => tookMs <= untilMs).map(({ node }) => node));
  context.strokeStyle = context.fillStyle = colour('good');
  for (const isNamed of [false, true]) {
    if (isCrowded && !isNamed) continue;
    context.lineWidth = isCrowded ? 1.5 : isNamed ? 3.5 : 1.5;
    context.beginPath();
    for (const node of trail.holders) {
      if (named.has(node) !== isNamed) continue;
      const [x, y, radius] = [view.x(places, node), view.y(places, node), radiusOf(node) + (isCrowded ? 1 : 2.5)];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.stroke();
  }
  context.lineWidth = 1;
  ringAround(context, view, places, trail.from, radiusOf(trail.from) + 5, colour('ink'));
}
