/** What the target of a request asks for, in the spellings of Gnutella, Gnutella2 and FastTrack. Names are looked up, never opened. Owns no state. */

import { base32Of, bytesOfBase32 } from '../../core/base32.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';
import { encodePathSegment } from '../../wire/http-url.ts';
import type { FileHashes, SharedFile } from '../../wire/shared-file.ts';
import { parseUrn, urnsOf } from '../../wire/urn.ts';

export type FileTarget =
  | { readonly kind: 'file' | 'tree'; readonly hashes: Partial<FileHashes> }
  | { readonly kind: 'numbered'; readonly id: number; readonly name: string }
  | { readonly kind: 'root' }
  /** Somebody is to be told that he shall dial. */
  | { readonly kind: 'push-proxy'; readonly guid: Uint8Array };

const GUID_BYTES = 16;
const UU_HEX_CHARS = 40;
const TARGET = /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i;

/** Null when it is none of these. */
export function parseFileTarget(target: string): FileTarget | null {
  const [, rawPath = '', rawQuery = ''] = TARGET.exec(target) as RegExpExecArray;
  const path = percentDecoded(rawPath);
  const query = percentDecoded(rawQuery);
  if (path === null || query === null) return null;
  if (path === '/') return { kind: 'root' };
  const lower = path.toLowerCase();
  if (lower === '/uri-res/n2r') return hashed('file', query);
  if (lower === '/uri-res/n2x') return hashed('tree', query);
  if (lower === '/gnutella/push-proxy' || lower === '/gnet/push-proxy') return pushProxy(query);
  const byHash = /^\/\.hash=([0-9a-f]{40,72})$/.exec(lower)?.[1];
  if (byHash !== undefined) return { kind: 'file', hashes: { uu: bytesOfHex(byHash.slice(0, UU_HEX_CHARS)) } };
  // `/get/<index>/<name>` is Gnutella's, `/<id>/<name>` FastTrack's; old clients end it with a slash.
  const numbered = /^(?:\/get)?\/(\d{1,10})\/(.+?)\/?$/s.exec(path);
  return numbered === null ? null : { kind: 'numbered', id: Number(numbered[1]), name: numbered[2] as string };
}

/** How a file is asked for by its best hash; null when none is known by which Gnutella's holders can be asked. */
export function targetOfHashes(hashes: FileHashes): string | null {
  const [urn] = urnsOf(hashes);
  return urn === undefined ? null : `/uri-res/N2R?${urn}`;
}

export function targetOfIndex(id: number, name: string): string {
  return `/get/${id}/${encodePathSegment(utf8Bytes(name.toWellFormed()))}`;
}

export function targetOfUuHash(uu: Uint8Array): string {
  return `/.hash=${hexOf(uu)}`;
}

/** What `X-Thex-URI` says; null without both hashes. */
export function treeUriOf({ hashes: { sha1, tiger } }: SharedFile): string | null {
  return sha1 === null || tiger === null ? null : `/uri-res/N2X?urn:sha1:${base32Of(sha1)};${base32Of(tiger)}`;
}

/** Behind the URN of a tree its root may stand, after a semicolon. */
function hashed(kind: 'file' | 'tree', query: string): FileTarget | null {
  const hashes = parseUrn(query.split(';', 1)[0] ?? '');
  return hashes === null ? null : { kind, hashes };
}

/** `ServerId=` and `guid=` come in base32 and in hex. */
function pushProxy(query: string): FileTarget | null {
  const text = /^(?:serverid|guid)=([0-9a-z]{26,32})$/i.exec(query)?.[1];
  const guid = text === undefined ? null : text.length === 2 * GUID_BYTES ? bytesOfHex(text) : bytesOfBase32(text);
  return guid?.length === GUID_BYTES ? { kind: 'push-proxy', guid } : null;
}

function percentDecoded(text: string): string | null {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '%') {
      bytes.push(text.charCodeAt(at) & 0xff);
      continue;
    }
    const hex = text.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  return readUtf8(Uint8Array.from(bytes));
}
