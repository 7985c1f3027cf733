/** Stretches of a file, in shares of it from 0 to 1: what is on the node's disk, and what the browser has. Owns no state. */

import type { FileView } from '../api/views.ts';
import type { PieceMap } from '../item/piece-map.ts';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** In verified pieces. */
export function hereSpans(map: PieceMap, pieceBytes: number, { offset, bytes }: Pick<FileView, 'offset' | 'bytes'>): Span[] {
  const spans: { from: number; to: number }[] = [];
  if (bytes === 0) return spans;
  const [first, last] = [Math.floor(offset / pieceBytes), Math.floor((offset + bytes - 1) / pieceBytes)];
  for (let piece = first; piece <= last; piece++) {
    if (!map.isHere(piece)) continue;
    const from = Math.max(0, (piece * pieceBytes - offset) / bytes);
    const to = Math.min(1, ((piece + 1) * pieceBytes - offset) / bytes);
    const before = spans.at(-1);
    if (before !== undefined && before.to >= from - 1e-12) before.to = to;
    else spans.push({ from, to });
  }
  return spans;
}

/** What a player says that it has, by time. */
export function bufferedSpans(ranges: Pick<TimeRanges, 'length' | 'start' | 'end'>, seconds: number): Span[] {
  if (!(seconds > 0) || !Number.isFinite(seconds)) return [];
  return Array.from({ length: ranges.length }, (_, index) => ({ from: ranges.start(index) / seconds, to: ranges.end(index) / seconds }));
}

export function shareOf(spans: readonly Span[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0);
}

/** From there on without a gap; 0 where there is nothing. */
export function aheadOf(spans: readonly Span[], at: number): number {
  const around = spans.find(({ from, to }) => from <= at + 1e-6 && at < to);
  return around === undefined ? 0 : around.to - at;
}
