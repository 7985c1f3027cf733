/**
 * Reads `.torrent` files and info dictionaries (BEP 3, 12, 19, 27, 47; hybrid ones of BEP 52 by their v1 half); owns no state.
 * All of it comes from strangers: what is accepted here is consistent, bounded and safe to write to a disk.
 */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { StoreFile } from '../../core/host.ts';
import { SHA1_BYTES, sha1 } from '../../core/sha1.ts';
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
import { PATH_DEPTH_MAX, SafePaths, safeName } from '../../wire/safe-path.ts';
import { safeText } from '../../wire/safe-text.ts';
import { METADATA_BYTES_MAX } from './metadata-messages.ts';
import type { Metainfo } from './metainfo.ts';

export const FILES_MAX = 100_000;
/** Smaller pieces cost more in hashes than in content; larger ones no client can hold while they are checked. */
export const PIECE_BYTES_MIN = 1024;
export const PIECE_BYTES_MAX = 1 << 30;
export const TRACKERS_MAX = 200;
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
  return {
    ...parseInfo(info, { trackers: trackersOf(dict), webSeeds: urlsOf(dict, 'url-list', /^(https?|ftp):\/\//i) }),
    ...(httpSeeds.length > 0 && { httpSeeds }),
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
  const pieceHashes = dictBytes(info, 'pieces');
  if (pieceHashes === null) throw new MalformedMessage(whyNoPieces(info));
  const pieceBytes = dictNumber(info, 'piece length');
  if (pieceBytes === null || pieceBytes < PIECE_BYTES_MIN || pieceBytes > PIECE_BYTES_MAX) {
    throw new MalformedMessage(
      `expected a piece length of ${PIECE_BYTES_MIN} to ${PIECE_BYTES_MAX} bytes, got ${describe(info.get('piece length'))}`,
    );
  }
  const rawName = dictBytes(info, 'name.utf-8') ?? dictBytes(info, 'name');
  if (rawName === null) throw new MalformedMessage('the torrent has no name');
  const name = safeName(rawName);
  const files = filesOf(info, spans.get('files'), name);
  const totalBytes = files.reduce((sum, file) => sum + file.length, 0);
  if (!Number.isSafeInteger(totalBytes)) throw new MalformedMessage('the files have more than 2^53 bytes');
  if (totalBytes === 0) throw new MalformedMessage('the torrent has no content');
  const pieceCount = Math.ceil(totalBytes / pieceBytes);
  if (pieceHashes.length !== pieceCount * SHA1_BYTES) {
    throw new MalformedMessage(
      `${totalBytes} bytes in pieces of ${pieceBytes} need ${pieceCount * SHA1_BYTES} bytes of hashes, got ${pieceHashes.length}`,
    );
  }
  return {
    infoHash: sha1(own),
    infoBytes: own,
    name,
    pieceBytes,
    pieceCount,
    totalBytes,
    pieceHashes,
    files,
    private: dictNumber(info, 'private') === 1,
    trackers: extra.trackers,
    webSeeds: extra.webSeeds,
    comment: null,
    createdBy: null,
    creationDate: null,
  };
}

function whyNoPieces(info: BencodeDict): string {
  const v2 = dictNumber(info, 'meta version') === 2;
  return v2 ? 'this torrent is BitTorrent v2 only; v1 and hybrid torrents are supported' : 'the torrent has no piece hashes';
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
  const target = hasAttribute(dict, 'l') ? targetOf(dict) : null;
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

/** BEP 47 counts the target from the root of the torrent; libtorrent writes it as on disk, from the folder of the link, where it has `..`. */
function targetOf(dict: BencodeDict): readonly string[] | null {
  const target = dictList(dict, 'symlink path');
  if (target === null) return null;
  const isStep = (component: Bencode | undefined, step: string): boolean => component instanceof Uint8Array && latin1(component) === step;
  const ups = target.findIndex((component) => !isStep(component, '..'));
  const folder = dictList(dict, 'path')?.slice(0, -1) ?? [];
  // A link that would lead out keeps its dots, which are then made harmless.
  if (ups <= 0 || ups > folder.length) return componentsOf(target);
  return componentsOf([...folder.slice(0, folder.length - ups), ...target.slice(ups)]);
}

function hasAttribute(dict: BencodeDict, letter: string): boolean {
  return dictBytes(dict, 'attr')?.includes(letter.charCodeAt(0)) === true;
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

/** Safe names, or null unless all are strings and there is at least one. */
function componentsOf(list: readonly Bencode[] | null): readonly string[] | null {
  if (list === null || list.length === 0) return null;
  if (list.length > PATH_DEPTH_MAX) throw new MalformedMessage(`a path is at most ${PATH_DEPTH_MAX} deep, got ${list.length}`);
  const names: string[] = [];
  for (const component of list) {
    if (!(component instanceof Uint8Array)) return null;
    names.push(safeName(component));
  }
  return names;
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
