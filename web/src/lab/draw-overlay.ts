/** Draws a structured overlay in the shape that it has: a ring, a tree of bits, boxes of a torus, cells of a mesh, columns of groups. Owns no state. */

import type { Surface } from '../style/canvas-surface.svelte.ts';
import { addDot, connect, dotOf, drawKnown, drawMessages, line, type Picture, ringAround, type View } from './picture-view.ts';
import { NodeState, type Places } from './shown.ts';

const BOX_NUMBERS = 5;
/** Levels of the tree of bits: below there is nothing to see. */
const TRIE_LEVELS = 12;

export function drawOverlay(surface: Surface, view: View, picture: Picture): void {
  const { places } = picture;
  drawGround(surface, view, places);
  if (picture.frame !== null && picture.showsMessages) drawMessages(surface, view, picture.frame, places);
  drawKnown(surface, view, picture);
  drawNodes(surface, view, picture);
  drawWay(surface, view, picture);
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
    default:
      // Those shapes are drawn elsewhere.
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

function drawNodes({ context, colour }: Surface, view: View, { places, frame, chosen }: Picture): void {
  const count = places.spots.length / 2;
  const dot = dotOf(count, view);
  const colours = { [NodeState.gone]: colour('line'), [NodeState.joining]: colour('warn'), [NodeState.member]: colour('accent') };
  // One fill a colour: ten thousand fills of their own would take longer than a frame.
  for (const state of [NodeState.gone, NodeState.joining, NodeState.member]) {
    context.fillStyle = colours[state];
    context.beginPath();
    for (let node = 0; node < count; node++) {
      if ((frame?.states[node] ?? NodeState.gone) !== state) continue;
      addDot(context, view.x(places, node), view.y(places, node), dot);
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
