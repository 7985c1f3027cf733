/** Draws a network, simulated or as a node knows it, in the shape that it has: a ring, a tree of bits, boxes of a torus, cells of a mesh, columns of groups. Owns no state. */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { type Frame, NodeState, type Places } from './shown.ts';

export interface Picture {
  readonly places: Places;
  readonly frame: Pick<Frame, 'states' | 'messages'> | null;
  readonly chosen: number | null;
  /** Whom the chosen node knows. */
  readonly known: readonly number[];
  /** The way of a lookup, from node to node, as far as it is shown. */
  readonly way: readonly number[];
  readonly showsMessages: boolean;
}

const BOX_NUMBERS = 5;
const MESSAGE_NUMBERS = 3;
/** Levels of the tree of bits: below there is nothing to see. */
const TRIE_LEVELS = 12;
const PADDING = 14;
/** A picture of so many nodes has room for so large dots. */
const DOTS: readonly (readonly [number, number])[] = [
  [60, 6],
  [250, 4.5],
  [1_000, 3],
  [4_000, 2],
];
const DOT_MIN = 1.5;

export function drawWorld(surface: Surface, picture: Picture): void {
  const view = viewOf(surface);
  const { places } = picture;
  drawGround(surface, view, places);
  if (picture.frame !== null && picture.showsMessages) drawMessages(surface, view, picture.frame, places);
  drawLinks(surface, view, picture);
  drawNodes(surface, view, picture);
  drawWay(surface, view, picture);
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

interface View {
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  x(places: Places, node: number): number;
  y(places: Places, node: number): number;
}

function viewOf({ width, height }: { readonly width: number; readonly height: number }): View {
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

function drawGround({ context, colour }: Surface, view: View, places: Places): void {
  const { left, top, across, down } = view;
  context.strokeStyle = colour('line');
  context.lineWidth = 1;
  context.beginPath();
  switch (places.shape) {
    case 'ring':
      context.arc(left + across / 2, top + down / 2, across * 0.46, 0, 2 * Math.PI);
      break;
    case 'torus':
      for (let at = 0; at < places.boxes.length; at += BOX_NUMBERS) {
        const [, x, y, width, height] = places.boxes.subarray(at, at + BOX_NUMBERS);
        context.rect(left + (x ?? 0) * across, top + (y ?? 0) * down, (width ?? 0) * across, (height ?? 0) * down);
      }
      break;
    case 'mesh':
      for (let cell = 0; cell <= 4; cell++) {
        const at = 0.04 + cell * 0.23;
        line(context, left + at * across, top + 0.04 * down, left + at * across, top + 0.96 * down);
        line(context, left + 0.04 * across, top + at * down, left + 0.96 * across, top + at * down);
      }
      break;
    case 'groups':
      for (let group = 1; group < places.groups; group++)
        line(context, left + (group / places.groups) * across, top, left + (group / places.groups) * across, top + down);
      break;
    case 'trie':
      drawTree(context, view, places);
      break;
  }
  context.stroke();
}

/** The tree of the bits of all ids: a fork where some have a 0 and others a 1. */
function drawTree(context: CanvasRenderingContext2D, view: View, places: Places): void {
  const xs = Array.from({ length: places.spots.length / 2 }, (_, node) => places.spots[2 * node] ?? 0).sort((a, b) => a - b);
  const place = (x: number): number => view.left + x * view.across;
  const level = (depth: number): number => view.top + view.down * (0.04 + (0.92 * depth) / TRIE_LEVELS);
  const below = (from: number, to: number, depth: number): number => {
    const [low, high] = [firstAt(xs, from), firstAt(xs, to)];
    const middle = (from + to) / 2;
    if (high - low <= 1 || depth === TRIE_LEVELS) {
      const x = place(high - low >= 1 ? (xs[low] ?? middle) : middle);
      line(context, x, level(depth), x, level(TRIE_LEVELS));
      return x;
    }
    const [hasLeft, hasRight] = [firstAt(xs, middle) > low, firstAt(xs, middle) < high];
    const own = place(middle);
    for (const child of [hasLeft ? below(from, middle, depth + 1) : null, hasRight ? below(middle, to, depth + 1) : null]) {
      if (child !== null) line(context, own, level(depth), child, level(depth + 1));
    }
    return own;
  };
  below(0.04, 0.96, 0);
}

function firstAt(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawMessages({ context, colour }: Surface, view: View, { messages }: Pick<Frame, 'messages'>, places: Places): void {
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

function drawLinks({ context, colour }: Surface, view: View, { places, chosen, known }: Picture): void {
  if (chosen === null) return;
  context.strokeStyle = colour('up');
  context.globalAlpha = 0.65;
  context.beginPath();
  for (const node of known) connect(context, view, places, chosen, node);
  context.stroke();
  context.globalAlpha = 1;
}

function drawNodes({ context, colour }: Surface, view: View, { places, frame, chosen }: Picture): void {
  const count = places.spots.length / 2;
  const dot = DOTS.find(([nodes]) => count <= nodes)?.[1] ?? DOT_MIN;
  const colours = { [NodeState.gone]: colour('line'), [NodeState.joining]: colour('warn'), [NodeState.member]: colour('accent') };
  // One fill a colour: ten thousand fills of their own would take longer than a frame.
  for (const state of [NodeState.gone, NodeState.joining, NodeState.member]) {
    context.fillStyle = colours[state];
    context.beginPath();
    for (let node = 0; node < count; node++) {
      if ((frame?.states[node] ?? NodeState.gone) !== state) continue;
      const [x, y] = [view.x(places, node), view.y(places, node)];
      if (dot < 3) context.rect(x - dot, y - dot, 2 * dot, 2 * dot);
      else {
        context.moveTo(x + dot, y);
        context.arc(x, y, dot, 0, 2 * Math.PI);
      }
    }
    context.fill();
  }
  if (chosen !== null) ringAround(context, view, places, chosen, dot + 4, colour('up'));
}

function drawWay({ context, colour }: Surface, view: View, { places, way }: Picture): void {
  if (way.length === 0) return;
  context.strokeStyle = colour('bad');
  context.lineWidth = 2.5;
  context.beginPath();
  for (const [index, node] of way.entries()) if (index > 0) connect(context, view, places, way[index - 1] ?? node, node);
  context.stroke();
  context.lineWidth = 1;
  context.font = '600 11px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  for (const [index, node] of way.entries()) {
    const [x, y] = [view.x(places, node), view.y(places, node)];
    context.fillStyle = colour('bad');
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = colour('surface');
    context.fillText(String(index), x, y + 0.5);
  }
}

function ringAround(context: CanvasRenderingContext2D, view: View, places: Places, node: number, radius: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(view.x(places, node), view.y(places, node), radius, 0, 2 * Math.PI);
  context.stroke();
  context.lineWidth = 1;
}

/** Straight, but where all nodes lie on one line: there in a bow above it. */
function connect(context: CanvasRenderingContext2D, view: View, places: Places, from: number, to: number): void {
  const [fromX, fromY, toX, toY] = [view.x(places, from), view.y(places, from), view.x(places, to), view.y(places, to)];
  if (places.shape !== 'trie') return line(context, fromX, fromY, toX, toY);
  context.moveTo(fromX, fromY);
  context.quadraticCurveTo((fromX + toX) / 2, fromY - Math.abs(toX - fromX), toX, toY);
}

function line(context: CanvasRenderingContext2D, fromX: number, fromY: number, toX: number, toY: number): void {
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
}
