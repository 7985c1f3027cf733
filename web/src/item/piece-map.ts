/** Which pieces of a transfer are here, and how many peers have those that are not: read out of the node's answer, and put in words. */

import { type PiecesView, plural } from '../api/views.ts';

export interface PieceMap {
  readonly count: number;
  readonly have: number;
  isHere(piece: number): boolean;
  /** Connected peers that have it; null where nobody counts, as when all is here. */
  peersWith(piece: number): number | null;
}

/** A stretch of pieces that are alike. */
export interface PieceRun {
  readonly first: number;
  readonly last: number;
  readonly here: boolean;
  readonly peers: number | null;
}

/** How many missing pieces so many peers have. */
export interface Rarity {
  readonly peers: number;
  readonly pieces: number;
}

export function pieceMapOf({ count, have, bits, availability }: PiecesView): PieceMap {
  const [hereBits, peers] = [bytesOf(bits), availability === null ? null : bytesOf(availability)];
  return {
    count,
    have,
    isHere: (piece) => ((hereBits[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) !== 0,
    peersWith: (piece) => (peers === null ? null : (peers[piece] ?? 0)),
  };
}

/** Of the pieces that are missing, the rarest first; empty where nobody counts. */
export function raritiesOf(map: PieceMap): Rarity[] {
  const counts = new Map<number, number>();
  for (let piece = 0; piece < map.count; piece++) {
    const peers = map.peersWith(piece);
    if (peers !== null && !map.isHere(piece)) counts.set(peers, (counts.get(peers) ?? 0) + 1);
  }
  return [...counts].map(([peers, pieces]) => ({ peers, pieces })).sort((a, b) => a.peers - b.peers);
}

/** At most so many; what comes behind is left out. */
export function runsOf(map: PieceMap, runsMax: number): PieceRun[] {
  const runs: PieceRun[] = [];
  for (let first = 0; first < map.count && runs.length < runsMax; ) {
    const kind = kindOf(map, first);
    let next = first + 1;
    while (next < map.count && kindOf(map, next) === kind) next++;
    runs.push({ first, last: next - 1, here: kind === HERE, peers: kind < 0 ? null : kind });
    first = next;
  }
  return runs;
}

const HERE = -1;
const NOBODY_COUNTS = -2;

/** One of the two, or how many peers have a piece that is missing. */
function kindOf(map: PieceMap, piece: number): number {
  return map.isHere(piece) ? HERE : (map.peersWith(piece) ?? NOBODY_COUNTS);
}

/** What they are called: pieces with peers, or parts with holders. */
export interface PieceWords {
  readonly piece: string;
  readonly peer: string;
}

export const PIECE_WORDS: PieceWords = { piece: 'piece', peer: 'peer' };
export const PART_WORDS: PieceWords = { piece: 'part', peer: 'holder' };

/** What the picture shows, in a sentence. */
export function sentenceOf(map: PieceMap, { piece, peer }: PieceWords = PIECE_WORDS): string {
  const missing = map.count - map.have;
  if (missing === 0) return `All ${number(map.count)} ${piece}s are here.`;
  const begun = `${number(map.have)} of ${plural(map.count, piece)} are here`;
  const rarities = raritiesOf(map);
  const [rarest] = rarities;
  if (rarest === undefined) return `${begun}.`;
  if (rarest.peers > 0) return `${begun}; each of the ${number(missing)} missing is with ${plural(rarest.peers, peer)} or more.`;
  return `${begun}; ${number(rarest.pieces)} of the ${number(missing)} missing are with no ${peer === 'peer' ? 'connected peer' : peer}.`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
