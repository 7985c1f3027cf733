/**
 * Tree Hash EXchange (THEX, 2003) as Gnutella has it: a description in XML and the upper levels of the file's Tiger tree, in DIME. What comes is
 * held to a root that is known already, and is worth nothing without one. Owns no state.
 */

import { equalBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { hexOf } from '../../core/hex.ts';
import { TIGER_BYTES } from '../../core/tiger.ts';
import { LEAF_BYTES, tigerLevelsOf, tigerRootOf } from '../../wire/tiger-tree.ts';
import { type DimeRecord, DimeTypeFormat, dimeMessage } from './dime.ts';
import { encodeToBytes } from '../../core/codec.ts';

export const THEX_MEDIA_TYPE = 'application/dime';

/** A level of a file's Tiger tree, as `TigerTree.digest` gives it: it checks the file part by part. */
export interface TreeLevel {
  readonly parts: Uint8Array;
  readonly partBytes: number;
}

const TREE_TYPE = 'http://open-content.net/spec/thex/breadthfirst';
const TREE_TYPES = /^http:\/\/(?:www\.)?open-content\.net\/spec\/thex\/breadthfirst$/;
const DIGESTS = /^http:\/\/(?:www\.)?open-content\.net\/spec\/digest\/tiger$/;
/** Files below each of these have trees one level deeper than those below the one before (gtk-gnutella refuses shallower ones). */
const DEPTH_BYTES = [18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 30].map((power) => 2 ** power);

/** How deep the tree of a file of that length is sent: to parts of 128 KiB and more. */
export function usualDepthOf(bytes: number): number {
  return DEPTH_BYTES.filter((limit) => bytes >= limit).length;
}

/** The answer to `N2X` for a file of which that level is known: its upper levels down to the usual one. */
export function encodeThex(bytes: number, { parts }: TreeLevel): Uint8Array {
  const levels = tigerLevelsOf(parts).slice(0, usualDepthOf(bytes) + 1);
  const root = levels[0] as Uint8Array;
  const id = uuidOf(root);
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
    '<!DOCTYPE hashtree SYSTEM "http://open-content.net/spec/thex/thex.dtd">\r\n' +
    '<hashtree>\r\n' +
    `<file size="${bytes}" segmentsize="${LEAF_BYTES}"/>\r\n` +
    `<digest algorithm="http://open-content.net/spec/digest/tiger" outputsize="${TIGER_BYTES}"/>\r\n` +
    `<serializedtree depth="${levels.length - 1}" type="${TREE_TYPE}" uri="${id}"/>\r\n` +
    '</hashtree>\r\n';
  const tree = new Uint8Array(levels.reduce((sum, level) => sum + level.length, 0));
  let at = 0;
  for (const level of levels) {
    tree.set(level, at);
    at += level.length;
  }
  return encodeToBytes(dimeMessage, [
    { format: DimeTypeFormat.media, type: 'text/xml', id: '', data: latin1Bytes(xml) },
    { format: DimeTypeFormat.uri, type: TREE_TYPE, id, data: tree },
  ]);
}

/**
 * The lowest level that came of the tree with that root, of a file of that length; or the level above it at which parts are no smaller than
 * `partBytesMin`. Throws MalformedMessage when it is no tree of that file.
 */
export function decodeThex(message: Uint8Array, root: Uint8Array, bytes: number, partBytesMin: number): TreeLevel {
  const records = dimeMessage.decode(message, 0, message.length);
  const xml = records.find(({ format, type }) => format === DimeTypeFormat.media && type === 'text/xml');
  const tree = records.find(({ format, type }) => format === DimeTypeFormat.uri && TREE_TYPES.test(type));
  if (xml === undefined || tree === undefined)
    throw new MalformedMessage('a description in XML and a tree are expected, got other records');
  checkDescription(xml, bytes);
  const lowest = lowestLevelOf(tree.data, bytes);
  if (!equalBytes(tigerRootOf(lowest.parts), root))
    throw new MalformedMessage('a tree with the root of the file is expected, got another one');
  return risenTo(lowest, partBytesMin);
}

/** Whether that is a level of the tree with that root, of a file of that length. */
export function isTreeOf({ parts, partBytes }: TreeLevel, root: Uint8Array, bytes: number): boolean {
  let levelBytes = LEAF_BYTES;
  while (levelBytes < partBytes) levelBytes *= 2;
  const count = Math.max(1, Math.ceil(bytes / partBytes));
  return levelBytes === partBytes && parts.length === count * TIGER_BYTES && equalBytes(tigerRootOf(parts), root);
}

/** The level at which parts are no smaller than that; the root alone when that is what it takes. */
export function risenTo({ parts, partBytes }: TreeLevel, partBytesMin: number): TreeLevel {
  const levels = tigerLevelsOf(parts);
  let depth = levels.length - 1;
  let risenBytes = partBytes;
  for (; depth > 0 && risenBytes < partBytesMin; depth--) risenBytes *= 2;
  return { parts: levels[depth] as Uint8Array, partBytes: risenBytes };
}

/** Attributes alone are looked at: their order, and what else there may be, is the sender's. */
function checkDescription({ data }: DimeRecord, bytes: number): void {
  const text = latin1(data);
  const expect = (attribute: string, isRight: (value: string) => boolean): void => {
    const value = new RegExp(`\\s${attribute}\\s*=\\s*["']([^"'<>]{0,200})["']`).exec(text)?.[1];
    if (value === undefined || !isRight(value))
      throw new MalformedMessage(`a tree of this file is expected, got ${attribute}="${value ?? ''}"`);
  };
  expect('size', (value) => value === String(bytes));
  expect('segmentsize', (value) => value === String(LEAF_BYTES));
  expect('algorithm', (value) => DIGESTS.test(value));
}

/** Levels follow each other from the root down; a last one that is not whole is left out. */
function lowestLevelOf(tree: Uint8Array, bytes: number): TreeLevel {
  const leaves = Math.max(1, Math.ceil(bytes / LEAF_BYTES));
  let height = 0;
  while (2 ** height < leaves) height++;
  let lowest: TreeLevel | null = null;
  for (let at = 0; height >= 0; height--) {
    const levelBytes = Math.ceil(leaves / 2 ** height) * TIGER_BYTES;
    if (at + levelBytes > tree.length) break;
    lowest = { parts: tree.slice(at, at + levelBytes), partBytes: LEAF_BYTES * 2 ** height };
    at += levelBytes;
  }
  if (lowest === null) throw new MalformedMessage(`a tree of at least its root is expected, got ${tree.length} bytes`);
  return lowest;
}

/** A name that is the same for the same file. */
function uuidOf(root: Uint8Array): string {
  const hex = hexOf(root.subarray(0, 16));
  return `uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
