/** What all pictures of networks share: where a node is on a canvas, how large its dot is, lines between nodes. Owns no state. */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import type { Frame, Places, SearchTrailView } from './shown.ts';

const PADDING = 14;
/** A picture of so many nodes has room for so large dots. */
const DOTS: readonly (readonly [number, number])[] = [
  [60, 6],
  [250, 4.5],
  [1_000, 3],
  [4_000, 2],
];
const DOT_MIN = 1.5;
/** Of a picture in which dots have their full size. */
const WHOLE_ACROSS = 480;
const MESSAGE_NUMBERS = 3;
const TURN = 2 * Math.PI;

export interface Picture {
  readonly places: Places;
  readonly frame: (Pick<Frame, 'states' | 'messages'> & Partial<Pick<Frame, 'swarm'>>) | null;
  readonly chosen: number | null;
  /** Whom the chosen node knows. */
  readonly known: readonly number[];
  /** The way of a lookup, from node to node, as far as it is shown. */
  readonly way: readonly number[];
  readonly showsMessages: boolean;
  /** Of a network that finds files: the search that is looked at, and up to which of its steps. */
  readonly trail?: SearchTrailView | null;
  readonly step?: number;
  /** Of a swarm: those who wait for the chosen node, which chokes them. */
  readonly waiting?: readonly number[];
}

export interface View {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  x(places: Places, node: number): number;
  y(places: Places, node: number): number;
}

export function viewOf({ width, height }: { readonly width: number; readonly height: number }): View {
  const side = Math.max(1, Math.min(width, height) - 2 * PADDING);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  return {
    left,
    top,
    across: side,
    down: side,
    x: ({ spots }, node) => left + (spots[2 * node] ?? 0) * side,
    y: ({ spots }, node) => top + (spots[2 * node + 1] ?? 0) * side,
  };
}

/** The radius of a dot in pixels; smaller where the whole picture is. */
export function dotOf(count: number, { across }: Pick<View, 'across'>): number {
  const dot = DOTS.find(([nodes]) => count <= nodes)?.[1] ?? DOT_MIN;
  return Math.max(DOT_MIN, dot * Math.max(0.5, Math.min(1, across / WHOLE_ACROSS)));
}

/** Adds dots to the path; small ones are squares, which are drawn faster. */
export function addDot(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  if (radius < 3) return context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  context.moveTo(x + radius, y);
  context.arc(x, y, radius, 0, TURN);
}

export function ringAround(
  context: CanvasRenderingContext2D,
  view: View,
  places: Places,
  node: number,
  radius: number,
  colour: string,
): void {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(view.x(places, node), view.y(places, node), radius, 0, 2 * Math.PI);
  context.stroke();
  context.lineWidth = 1;
}

/** Straight, but where all nodes lie on one line: there in a bow above it. */
export function connect(context: CanvasRenderingContext2D, view: View, places: Places, from: number, to: number): void {
  const [fromX, fromY, toX, toY] = [view.x(places, from), view.y(places, from), view.x(places, to), view.y(places, to)];
  if (places.shape !== 'trie') return line(context, fromX, fromY, toX, toY);
  context.moveTo(fromX, fromY);
  context.quadraticCurveTo((fromX + toX) / 2, fromY - Math.abs(toX - fromX), toX, toY);
}

export function line(context: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
}

/** The tip of an arrow from one node to another, two thirds of the way along. */
export function addArrow(context: CanvasRenderingContext2D, view: View, places: Places, from: number, to: number, size: number): void {
  const [fromX, fromY, toX, toY] = [view.x(places, from), view.y(places, from), view.x(places, to), view.y(places, to)];
  const far = Math.hypot(toX - fromX, toY - fromY);
  if (far < 3 * size) return;
  const [dx, dy] = [(toX - fromX) / far, (toY - fromY) / far];
  const [x, y] = [fromX + (toX - fromX) * 0.66, fromY + (toY - fromY) * 0.66];
  context.moveTo(x + dx * size, y + dy * size);
  context.lineTo(x - dx * size - dy * size * 0.8, y - dy * size + dx * size * 0.8);
  context.lineTo(x - dx * size + dy * size * 0.8, y - dy * size - dx * size * 0.8);
  context.closePath();
}

/** Some of what was sent since the last picture. */
export function drawMessages({ context, colour }: Surface, view: View, { messages }: Pick<Frame, 'messages'>, places: Places): void {
  for (const isLost of [false, true]) {
    context.strokeStyle = colour(isLost ? 'bad' : 'accent');
    context.globalAlpha = isLost ? 0.6 : 0.28;
    context.beginPath();
    for (let at = 0; at < messages.length; at += MESSAGE_NUMBERS) {
      const [from = 0, to = 0, lost = 0] = messages.subarray(at, at + MESSAGE_NUMBERS);
      if ((lost === 1) !== isLost) continue;
      connect(context, view, places, from, to);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** From the chosen node to those that it knows. */
export function drawKnown({ context, colour }: Surface, view: View, { places, chosen, known }: Picture): void {
  if (chosen === null) return;
  context.strokeStyle = colour('up');
  context.globalAlpha = 0.65;
  context.beginPath();
  for (const node of known) connect(context, view, places, chosen, node);
  context.stroke();
  context.globalAlpha = 1;
}
