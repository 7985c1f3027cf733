/** The heads of answers of the upload server, as Gnutella, Gnutella2, FastTrack and browsers read them. Owns no state. */

import { latin1Bytes } from '../../core/bytes.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { type HttpResponse, NO_BODY } from '../../wire/http-head.ts';
import type { ByteRange } from '../../wire/http-range.ts';
import { encodePathSegment } from '../../wire/http-url.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import { formatAvailableRanges } from './available-ranges.ts';
import { treeUriOf } from './file-target.ts';
import { formatQueue, formatQueued, type QueuePlace } from './queue-headers.ts';
import type { UploadSource } from './upload-source.ts';

export type Header = readonly [name: string, value: string];

/** How FastTrack's clients name themselves; addresses as `ip:port`. */
export interface KazaaIdentity {
  readonly userName: string;
  readonly address: string;
  readonly supernode: string;
}

/** What all answers of one server have in common. */
export interface HeadStyle {
  readonly userAgent: string;
  readonly kazaa: KazaaIdentity | null;
}

/** What we understand, in requests and answers (`X-Features`). */
export const FEATURES = 'queue/1.0, fwalt/0.1';

/** What a file's own headers say, whatever comes of the request, and who else has it. */
export function fileHeaders(source: UploadSource, alternates: readonly Header[]): Header[] {
  const { file, available } = source;
  const headers: Header[] = [
    ['accept-ranges', 'bytes'],
    ['content-disposition', `inline; filename*=UTF-8''${encodePathSegment(utf8Bytes(file.name.toWellFormed()))}`],
  ];
  const [urn] = urnsOf(file.hashes);
  if (urn !== undefined) headers.push(['etag', `"${urn}"`], ['x-gnutella-content-urn', urn]);
  const treeUri = source.tree === null ? null : treeUriOf(file);
  if (treeUri !== null) headers.push(['x-thex-uri', treeUri]);
  if (available !== null) headers.push(['x-available-ranges', formatAvailableRanges(available.ranges())]);
  return [...headers, ...alternates];
}

/** Ordinary nodes of FastTrack ask by UUHash, and close the connection after each answer. */
export function kazaaHeaders({ userName, address, supernode }: KazaaIdentity, { tags, name }: SharedFile): Header[] {
  const title = tags.title === '' ? name : tags.title;
  return [
    ['x-kazaa-username', plain(userName)],
    ['x-kazaa-network', 'KaZaA'],
    ['x-kazaa-ip', address],
    ['x-kazaa-supernodeip', supernode],
    ['x-kazaatag', `4=${plain(title)}`],
  ];
}

export function bodyHead(
  style: HeadStyle,
  range: ByteRange,
  isPart: boolean,
  totalBytes: number,
  headers: readonly Header[],
): HttpResponse {
  const all: Header[] = [['content-type', 'application/octet-stream'], ['content-length', String(range.end - range.begin)], ...headers];
  if (!isPart) return headOf(style, 200, 'OK', all);
  return headOf(style, 206, 'Partial Content', [...all, ['content-range', `bytes ${range.begin}-${range.end - 1}/${totalBytes}`]]);
}

/** `retrySeconds` where he is to come back without having a place. */
export function busyHead(style: HeadStyle, retrySeconds: number, headers: readonly Header[]): HttpResponse {
  return noteHead(style, 503, 'Busy', [['retry-after', String(retrySeconds)], ...headers]);
}

export function queuedHead(style: HeadStyle, place: QueuePlace, lifetimeSeconds: number, headers: readonly Header[]): HttpResponse {
  const queue: Header[] =
    place.id === ''
      ? [['x-queue', formatQueue(place)]]
      : [
          ['x-queue', formatQueue(place)],
          ['x-queued', formatQueued(place, place.pollSecondsMin, lifetimeSeconds)],
          ['retry-after', String(place.pollSecondsMin)],
        ];
  return noteHead(style, 503, 'Queued', [...queue, ...headers]);
}

/** A few words instead of what was asked for. */
export function noteHead(style: HeadStyle, status: number, reason: string, headers: readonly Header[] = []): HttpResponse {
  return wholeHead(style, status, reason, 'text/plain', latin1Bytes(`${status} ${reason}\n`), headers);
}

/** An answer that is small enough to be one message. */
export function wholeHead(
  style: HeadStyle,
  status: number,
  reason: string,
  mediaType: string,
  body: Uint8Array,
  headers: readonly Header[] = [],
): HttpResponse {
  const described: Header[] = [
    ['content-type', mediaType],
    ['content-length', String(body.length)],
  ];
  return { ...headOf(style, status, reason, [...described, ...headers]), body };
}

/** With a word for browsers: whatever it is, it is no page of ours to be run. */
function headOf(style: HeadStyle, status: number, reason: string, headers: readonly Header[]): HttpResponse {
  const all: [string, string][] = [
    ['server', style.userAgent],
    ['x-features', FEATURES],
    ['x-content-type-options', 'nosniff'],
  ];
  return { status, reason, minor: 1, headers: new Map([...all, ...headers]), body: NO_BODY };
}

/** Fit for a header: what a stranger called his file is no line of ours. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
