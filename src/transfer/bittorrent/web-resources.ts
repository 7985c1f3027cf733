/**
 * Where the bytes of a torrent lie on a web server: as files with their names (BEP 19), or as pieces handed out by a script (BEP 17).
 * Immutable; offsets are those of the whole content.
 */

import { utf8Bytes } from '../../core/utf8.ts';
import { type Bencode, bencodeItems, bencodeSpans, decodeBencode, dictList, isDict } from '../../wire/bencode.ts';
import { encodePathSegment, type HttpUrl, parseHttpUrl } from '../../wire/http-url.ts';
import type { PieceGeometry } from './block.ts';
import { geometryOf, type Metainfo } from './metainfo.ts';
import { fileTreeNames } from './parse-file-tree.ts';

/** What one request is to bring: bytes [begin, end), as a part of a resource. */
export interface WebSegment {
  /** Null is padding (BEP 47): zeros, for which nobody is asked. */
  readonly url: HttpUrl | null;
  readonly begin: number;
  readonly end: number;
  /** Where the first byte of the resource lies in the content, and its length. */
  readonly resourceBegin: number;
  readonly resourceBytes: number;
  /** The file it is of; -1 where there are no files. */
  readonly file: number;
}

export interface WebResources {
  /** The first request on the way from `begin` to `end`. */
  segment(begin: number, end: number): WebSegment;
}

/** BEP 19. Null when the URL is not one that can be fetched from. */
export function webFiles(metainfo: Metainfo, url: string): WebResources | null {
  const base = parseHttpUrl(url);
  return base === null ? null : new WebFiles(metainfo, base);
}

/** BEP 17. */
export function webPieces(metainfo: Metainfo, url: string): WebResources | null {
  const base = parseHttpUrl(url);
  return base === null ? null : new WebPieces(metainfo, base);
}

class WebFiles implements WebResources {
  private readonly metainfo: Metainfo;
  private readonly base: HttpUrl;
  /** Paths as they stand in an URL: of the bytes in the torrent, which may be no names that this disk takes. */
  private readonly paths: readonly string[];
  private readonly starts: readonly number[];

  constructor(metainfo: Metainfo, base: HttpUrl) {
    this.metainfo = metainfo;
    this.base = base;
    this.paths = urlPaths(metainfo);
    let start = 0;
    this.starts = metainfo.files.map(({ length }) => (start += length) - length);
  }

  segment(begin: number, end: number): WebSegment {
    const file = this.fileAt(begin);
    const { length, pad } = this.metainfo.files[file] as Metainfo['files'][number];
    const resourceBegin = this.starts[file] as number;
    const url = pad ? null : { ...this.base, target: this.targetOf(file) };
    return { url, begin, end: Math.min(end, resourceBegin + length), resourceBegin, resourceBytes: length, file };
  }

  private fileAt(position: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The URL of a single file may name it already; a folder gets the names behind it, and the slash that may have been forgotten. */
  private targetOf(file: number): string {
    const { target } = this.base;
    const path = this.paths[file] as string;
    if (target.endsWith('/')) return target + path;
    return this.isSingle ? target : `${target}/${path}`;
  }

  private get isSingle(): boolean {
    const { files } = this.metainfo;
    return files.length === 1 && files[0]?.path.length === 1;
  }
}

class WebPieces implements WebResources {
  private readonly geometry: PieceGeometry;
  private readonly base: HttpUrl;
  private readonly infoHash: string;

  constructor(metainfo: Metainfo, base: HttpUrl) {
    this.geometry = geometryOf(metainfo);
    this.base = base;
    this.infoHash = encodePathSegment(metainfo.infoHash);
  }

  /** A request a piece; the part of it that is wanted is all that the script sends. */
  segment(begin: number, end: number): WebSegment {
    const { pieceBytes } = this.geometry;
    const piece = Math.floor(begin / pieceBytes);
    const pieceBegin = piece * pieceBytes;
    const until = Math.min(end, pieceBegin + this.geometry.bytesOf(piece));
    // The script knows pieces with their padding, which is not wanted.
    const whole = until - begin === this.geometry.paddedBytesOf(piece);
    const ranges = whole ? '' : `&ranges=${begin - pieceBegin}-${until - pieceBegin - 1}`;
    const { target } = this.base;
    const query = `${target.includes('?') ? '&' : '?'}info_hash=${this.infoHash}&piece=${piece}${ranges}`;
    return {
      url: { ...this.base, target: target + query },
      begin,
      end: until,
      resourceBegin: begin,
      resourceBytes: until - begin,
      file: -1,
    };
  }
}

/** One a file, without a slash before it, in the order of `metainfo.files`. */
function urlPaths(metainfo: Metainfo): readonly string[] {
  const info = bencodeSpans(metainfo.infoBytes);
  const nameSpan = info.get('name.utf-8') ?? info.get('name');
  const name = nameSpan === undefined ? null : decodeBencode(nameSpan);
  const raw = rawNames(info, metainfo);
  return metainfo.files.map(({ path }, index) => {
    const names = raw[index];
    if (names === null || names === undefined || !(name instanceof Uint8Array)) return path.map(utf8Bytes).map(encodePathSegment).join('/');
    // The only file of a tree of BitTorrent v2 may lie in no folder.
    const segments = metainfo.pieceHashes.length === 0 && path.length === names.length ? names : [name, ...names];
    return segments.map(encodePathSegment).join('/');
  });
}

/** Below the name of the torrent, parallel to `metainfo.files`; nothing where there is none that is of use. */
function rawNames(
  info: ReadonlyMap<string, Uint8Array>,
  { files, pieceHashes }: Metainfo,
): readonly (readonly Uint8Array[] | null | undefined)[] {
  const tree = info.get('file tree');
  if (pieceHashes.length === 0 && tree !== undefined) {
    const names = fileTreeNames(tree).values();
    return files.map(({ pad }) => (pad ? null : names.next().value));
  }
  const list = info.get('files');
  return list === undefined ? [[]] : [...bencodeItems(list)].map(rawPath);
}

function rawPath(entry: Bencode): readonly Uint8Array[] | null {
  if (!isDict(entry)) return null;
  const list = dictList(entry, 'path.utf-8') ?? dictList(entry, 'path');
  return list !== null && list.every((part) => part instanceof Uint8Array) ? list : null;
}
