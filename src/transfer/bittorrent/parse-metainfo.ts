/**
 * Reads `.torrent` files and info dictionaries (BEP 3, 5, 12, 19, 27, 47; v2 and hybrid ones of BEP 52); owns no state.
 * All of it comes from strangers: what is accepted here is consistent, bounded and safe to write to a disk.
 */

import { AlignedPieces } from '../../core/aligned-pieces.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { StoreFile } from '../../core/host.ts';
import { LEAF_BYTES } from '../../core/merkle.ts';
import { SHA1_BYTES, sha1 } from '../../core/sha1.ts';
import { SHA256_BYTES, sha256 } from '../../core/sha256.ts';
import { readUtf8 } from '../../core/utf8.ts';
import {
  type Bencode,
  type BencodeDict,
  bencodeItems,
  bencodeSpans,
  decodeBencode,
  describe,
  dictBytes,
  dictList,
  dictNumber,
  isDict,
} from '../../wire/bencode.ts';
import { SafePaths, safeName } from '../../wire/safe-path.ts';
import { safeText } from '../../wire/safe-text.ts';
import { alignFiles } from './align-files.ts';
import { type DhtNode, dhtNodeOf } from './dht-node.ts';
import { componentsOf, hasAttribute, linkTarget } from './file-attributes.ts';
import { METADATA_BYTES_MAX } from './metadata-messages.ts';
import { type Metainfo, type MetainfoV2, rootAt } from './metainfo.ts';
import { FILES_MAX, type FileTree, parseFileTree } from './parse-file-tree.ts';
import { needsNoLayers, pieceRootsOf, readPieceLayers } from './piece-layers.ts';

/** Smaller pieces cost more in hashes than in content; larger ones no client can hold while they are checked. */
export const PIECE_BYTES_MIN = 1024;
export const PIECE_BYTES_MAX = 1 << 30;
/** The hashes of v2's pieces come from elsewhere: without a bound of its own a few bytes of metadata would make them count for terabytes. */
export const PIECES_MAX = METADATA_BYTES_MAX / SHA256_BYTES;
export const TRACKERS_MAX = 200;
/** BEP 5 speaks of the k nearest, which are 8. */
export const DHT_NODES_MAX = 64;
/** What is read of a torrent around its info dictionary. */
const OUTER_KEYS = [
  'announce',
  'announce-list',
  'comment',
  'comment.utf-8',
  'created by',
  'created by.utf-8',
  'creation date',
  'httpseeds',
  'nodes',
  'url-list',
];
/** What is read of the info dictionary; `files` is read apart. */
const INFO_KEYS = ['attr', 'length', 'meta version', 'name', 'name.utf-8', 'piece length', 'pieces', 'private'];
const URL_CHARS_MAX = 2048;
const COMMENT_CHARS_MAX = 2000;

/** Reads a `.torrent` file. Throws MalformedMessage that says what is wrong with it. The bytes are copied. */
export function parseMetainfo(bytes: Uint8Array): Metainfo {
  if (bytes.length > METADATA_BYTES_MAX)
    throw new MalformedMessage(`a torrent has at most ${METADATA_BYTES_MAX} bytes, got ${bytes.length}`);
  const spans = bencodeSpans(bytes);
  const info = spans.get('info');
  if (info === undefined) throw new MalformedMessage('no torrent: there is no info dictionary');
  const dict = new Map<string, Bencode>();
  for (const key of OUTER_KEYS) {
    const span = spans.get(key);
    if (span !== undefined) dict.set(key, decodeBencode(span));
  }
  const httpSeeds = urlsOf(dict, 'httpseeds', /^https?:\/\//i);
  const dhtNodes = dhtNodesOf(dict);
  const metainfo = parseInfo(info, { trackers: trackersOf(dict), webSeeds: urlsOf(dict, 'url-list', /^(https?|ftp):\/\//i) });
  return {
    ...metainfo,
    ...(httpSeeds.length > 0 && { httpSeeds }),
    ...(dhtNodes.length > 0 && { dhtNodes }),
    v2: metainfo.v2 === null ? null : withLayers(metainfo.v2, spans.get('piece layers')),
    comment: textOf(dict, 'comment'),
    createdBy: textOf(dict, 'created by'),
    creationDate: dictNumber(dict, 'creation date'),
  };
}

/** Reads an info dictionary by itself, as the metadata exchange (BEP 9) delivers it; trackers are known from elsewhere. */
export function parseInfo(infoBytes: Uint8Array, extra: Pick<Metainfo, 'trackers' | 'webSeeds'>): Metainfo {
  if (infoBytes.length > METADATA_BYTES_MAX) {
    throw new MalformedMessage(`an info dictionary has at most ${METADATA_BYTES_MAX} bytes, got ${infoBytes.length}`);
  }
  const own = infoBytes.slice();
  const spans = bencodeSpans(own);
  const info = new Map<string, Bencode>();
  // The list of files is read entry by entry: as a whole it would take twenty times its bytes.
  for (const [key, span] of spans) if (INFO_KEYS.includes(key)) info.set(key, decodeBencode(span));
  const version = dictNumber(info, 'meta version') ?? 1;
  if (version > 2) throw new MalformedMessage(`the torrent is of BitTorrent v${version}; versions 1 and 2 are known here`);
  const hashes = dictBytes(info, 'pieces');
  if (hashes === null && version !== 2) throw new MalformedMessage('the torrent has no piece hashes');
  const pieceBytes = pieceBytesOf(info, version);
  const rawName = dictBytes(info, 'name.utf-8') ?? dictBytes(info, 'name');
  if (rawName === null) throw new MalformedMessage('the torrent has no name');
  // A hybrid says in its v1 half whether there is a folder around the files.
  const folder = hashes === null ? null : spans.has('files') ? [safeName(rawName)] : [];
  const tree = version === 2 ? parseFileTree(treeOf(spans), safeName(rawName), folder) : NO_TREE;
  const [first] = tree.files;
  // The file of a tree of one is the content, whatever the torrent is called.
  const name = tree.files.length === 1 && first?.path.length === 1 ? (first.path[0] as string) : safeName(rawName);
  const aligned = alignFiles(tree.files, pieceBytes);
  const pieceHashes = hashes ?? NO_HASHES;
  const files = hashes === null ? aligned : filesOf(info, spans.get('files'), safeName(rawName));
  const totalBytes = files.reduce((sum, file) => sum + file.length, 0);
  if (!Number.isSafeInteger(totalBytes)) throw new MalformedMessage('the files have more than 2^53 bytes');
  if (totalBytes === 0) throw new MalformedMessage('the torrent has no content');
  const pieceCount = Math.ceil(totalBytes / pieceBytes);
  if (hashes !== null && hashes.length !== pieceCount * SHA1_BYTES) {
    throw new MalformedMessage(
      `${totalBytes} bytes in pieces of ${pieceBytes} need ${pieceCount * SHA1_BYTES} bytes of hashes, got ${hashes.length}`,
    );
  }
  if (version === 2 && pieceCount > PIECES_MAX) throw new MalformedMessage(`expected at most ${PIECES_MAX} pieces, got ${pieceCount}`);
  if (version === 2) assertSameContent(files, aligned, pieceCount, pieceBytes);
  const v2 = version === 2 ? v2Of(own, files, tree, pieceBytes) : null;
  return {
    infoHash: v2 !== null && hashes === null ? v2.infoHash.slice(0, SHA1_BYTES) : sha1(own),
    infoBytes: own,
    name,
    pieceBytes,
    pieceCount,
    totalBytes,
    pieceHashes,
    v2,
    files,
    private: dictNumber(info, 'private') === 1,
    trackers: extra.trackers,
    webSeeds: extra.webSeeds,
    comment: null,
    createdBy: null,
    creationDate: null,
  };
}

const NO_HASHES = new Uint8Array(0);
const NO_TREE: FileTree = { files: [], roots: NO_HASHES };

function pieceBytesOf(info: BencodeDict, version: number): number {
  const pieceBytes = dictNumber(info, 'piece length');
  if (pieceBytes === null || pieceBytes < PIECE_BYTES_MIN || pieceBytes > PIECE_BYTES_MAX) {
    throw new MalformedMessage(
      `expected a piece length of ${PIECE_BYTES_MIN} to ${PIECE_BYTES_MAX} bytes, got ${describe(info.get('piece length'))}`,
    );
  }
  if (version === 2 && (pieceBytes < LEAF_BYTES || (pieceBytes & (pieceBytes - 1)) !== 0)) {
    throw new MalformedMessage(`BitTorrent v2 wants a piece length that is a power of two from ${LEAF_BYTES} on, got ${pieceBytes}`);
  }
  return pieceBytes;
}

function treeOf(spans: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const tree = spans.get('file tree');
  if (tree === undefined) throw new MalformedMessage('the torrent is of BitTorrent v2 and has no file tree');
  return tree;
}

/** Both halves of a hybrid torrent describe the same bytes (BEP 52, "upgrade path"), or nobody could tell which of them is meant. */
function assertSameContent(files: readonly StoreFile[], aligned: readonly StoreFile[], pieceCount: number, pieceBytes: number): void {
  if (files === aligned) return;
  const ours = files.filter(({ pad }) => !pad);
  const theirs = aligned.filter(({ pad }) => !pad);
  if (ours.length !== theirs.length) {
    throw new MalformedMessage(`the halves of the torrent differ: ${ours.length} files in v1, ${theirs.length} in v2`);
  }
  for (const [index, { path, length, symlink }] of ours.entries()) {
    const other = theirs[index] as StoreFile;
    const same = path.join('/') === other.path.join('/') && length === other.length && symlink?.join('/') === other.symlink?.join('/');
    if (!same) throw new MalformedMessage(`the halves of the torrent differ: ${textOfFile(ours[index])} in v1, ${textOfFile(other)} in v2`);
  }
  const wanted = Math.ceil(aligned.reduce((sum, { length }) => sum + length, 0) / pieceBytes);
  if (wanted !== pieceCount) throw new MalformedMessage(`the halves of the torrent differ: ${pieceCount} pieces in v1, ${wanted} in v2`);
}

function textOfFile(file: StoreFile | undefined): string {
  return `${file?.path.join('/')} of ${file?.length} bytes`;
}

function v2Of(infoBytes: Uint8Array, files: readonly StoreFile[], tree: FileTree, pieceBytes: number): MetainfoV2 {
  const roots = new Uint8Array(files.length * SHA256_BYTES);
  let next = 0;
  for (const [index, { pad }] of files.entries()) if (!pad) rootAt(roots, index).set(rootAt(tree.roots, next++));
  let pieces: AlignedPieces;
  try {
    pieces = new AlignedPieces(files, pieceBytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new MalformedMessage(`the halves of the torrent differ: ${error.message}`);
  }
  const pieceRoots = needsNoLayers(pieces) ? pieceRootsOf(pieces, roots, new Map()) : null;
  return { infoHash: sha256(infoBytes), roots, pieces, pieceRoots };
}

/** BEP 52: a `.torrent` without its piece layers is not valid. A magnet link needs none: they are fetched from peers. */
function withLayers(v2: MetainfoV2, layers: Uint8Array | undefined): MetainfoV2 {
  if (v2.pieceRoots !== null) return v2;
  if (layers === undefined) throw new MalformedMessage('the torrent is of BitTorrent v2 and has no piece layers');
  return { ...v2, pieceRoots: pieceRootsOf(v2.pieces, v2.roots, readPieceLayers(layers)) };
}

function filesOf(info: BencodeDict, list: Uint8Array | undefined, name: string): readonly StoreFile[] {
  if (list === undefined) {
    return [{ path: [name], length: lengthOf(info), pad: false, executable: hasAttribute(info, 'x'), symlink: null }];
  }
  const files: StoreFile[] = [];
  const paths = new SafePaths();
  for (const entry of bencodeItems(list)) {
    if (files.length === FILES_MAX) throw new MalformedMessage(`expected at most ${FILES_MAX} files, got more`);
    if (!isDict(entry)) throw new MalformedMessage(`file ${files.length} is ${describe(entry)}`);
    files.push(listedFile(entry, name, paths));
  }
  if (files.length === 0) throw new MalformedMessage('expected a list of files, got an empty one');
  return files;
}

function listedFile(dict: BencodeDict, name: string, paths: SafePaths): StoreFile {
  const target = hasAttribute(dict, 'l') ? linkTarget(dict, dictList(dict, 'path')?.slice(0, -1) ?? []) : null;
  const pad = hasAttribute(dict, 'p') && target === null;
  // BEP 47: the length of a symlink is zero and may be left out; a pad file may do without a path.
  const length = target === null ? lengthOf(dict) : 0;
  return {
    path: pad ? [name, '.pad', String(length)] : paths.file([name, ...pathOf(dict)]),
    length,
    pad,
    executable: hasAttribute(dict, 'x'),
    symlink: target === null ? null : [name, ...target],
  };
}

function lengthOf(dict: BencodeDict): number {
  const length = dictNumber(dict, 'length');
  if (length === null || length < 0) throw new MalformedMessage(`expected the length of a file, got ${describe(dict.get('length'))}`);
  return length;
}

function pathOf(dict: BencodeDict): readonly string[] {
  const path = componentsOf(dictList(dict, 'path.utf-8')) ?? componentsOf(dictList(dict, 'path'));
  if (path === null) throw new MalformedMessage(`expected a path of one or more names, got ${describe(dict.get('path'))}`);
  return path;
}

/** BEP 12: with an `announce-list`, `announce` does not count. Each URL is kept once, in its best tier. */
function trackersOf(dict: BencodeDict): readonly (readonly string[])[] {
  const seen = new Set<string>();
  const tiers: string[][] = [];
  for (const tier of dictList(dict, 'announce-list') ?? []) {
    const urls = (Array.isArray(tier) ? (tier as readonly Bencode[]) : [tier]).map((value) => urlOf(value, /^(https?|udp|wss?):\/\//i));
    const fresh: string[] = [];
    for (const url of urls) {
      if (url === null || seen.has(url) || seen.size >= TRACKERS_MAX) continue;
      seen.add(url);
      fresh.push(url);
    }
    if (fresh.length > 0) tiers.push(fresh);
  }
  const announce = urlOf(dict.get('announce'), /^(https?|udp|wss?):\/\//i);
  return tiers.length === 0 && announce !== null ? [[announce]] : tiers;
}

/** BEP 5: pairs of a host and a port. A strange one is left out, like a strange URL. */
function dhtNodesOf(dict: BencodeDict): readonly DhtNode[] {
  const nodes = new Map<string, DhtNode>();
  for (const pair of dictList(dict, 'nodes') ?? []) {
    if (nodes.size === DHT_NODES_MAX) break;
    const [host, port] = Array.isArray(pair) ? (pair as readonly Bencode[]) : [];
    if (!(host instanceof Uint8Array) || host.length > HOST_CHARS_MAX) continue;
    const node = dhtNodeOf(readUtf8(host), Number(port));
    if (node !== null) nodes.set(`${node.host} ${node.port}`, node);
  }
  return [...nodes.values()];
}

const HOST_CHARS_MAX = 253;

/** A list of URLs, or one by itself. */
function urlsOf(dict: BencodeDict, key: string, scheme: RegExp): readonly string[] {
  const list = dictList(dict, key) ?? [dict.get(key)];
  const urls = list.slice(0, TRACKERS_MAX).map((value) => urlOf(value, scheme));
  return [...new Set(urls.filter((url) => url !== null))];
}

/** An URL without blanks or controls, or null: a strange one is not worth refusing the torrent for. */
function urlOf(value: Bencode | undefined, scheme: RegExp): string | null {
  if (!(value instanceof Uint8Array) || value.length > URL_CHARS_MAX) return null;
  const url = readUtf8(value).trim();
  return scheme.test(url) && safeText(url, URL_CHARS_MAX) === url && !/\s/.test(url) ? url : null;
}

function textOf(dict: BencodeDict, key: string): string | null {
  const bytes = dictBytes(dict, `${key}.utf-8`) ?? dictBytes(dict, key);
  if (bytes === null) return null;
  return safeText(readUtf8(bytes, 0, Math.min(bytes.length, 4 * COMMENT_CHARS_MAX)).replace(/\s+/g, ' '), COMMENT_CHARS_MAX);
}
