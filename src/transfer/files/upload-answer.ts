/** What the upload server answers to a request: decided from the request and the server's state, without sending anything. Owns no state. */

import { formatEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http-head.ts';
import { type ByteRange, requestedRange } from '../../wire/http-range.ts';
import { alternatesOf, formatAlternates, formatFirewalled, wantsFirewalled } from './alternate-locations.ts';
import { type FileTarget, parseFileTarget } from './file-target.ts';
import { queueIdOf, queueSkillOf } from './queue-headers.ts';
import { encodeThex, THEX_MEDIA_TYPE } from './thex.ts';
import { bodyHead, busyHead, fileHeaders, type Header, kazaaHeaders, noteHead, queuedHead, wholeHead } from './upload-heads.ts';
import { uploadPage } from './upload-page.ts';
import type { UploadServer } from './upload-server.ts';
import type { SlotTaker } from './upload-slots.ts';
import type { UploadSource } from './upload-source.ts';

export const PACKETS_MEDIA_TYPE = 'application/x-gnutella-packets';
/** Of a browse of this host: about ten thousand files. */
export const PACKETS_BYTES_MAX = 1 << 20;
const FILES_PER_PACKET = 64;
const SLOT_ID_BYTES = 8;

export interface UploadAnswer {
  readonly head: HttpResponse;
  /** Whose bytes `range` follow; null when nothing does. */
  readonly source: UploadSource | null;
  readonly range: ByteRange;
  /** The connection ends after it. */
  readonly closes: boolean;
  /** He waits for his turn on this connection, so long at most. */
  readonly waitsMs: number;
}

const NO_RANGE: ByteRange = { begin: 0, end: 0 };

export function uploadAnswer(server: UploadServer, request: HttpRequest, taker: SlotTaker, asker: Endpoint): UploadAnswer {
  const { style } = server;
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return only(noteHead(style, 405, 'Method Not Allowed', [['allow', 'GET, HEAD']]), true);
  const target = parseFileTarget(request.target);
  switch (target?.kind) {
    case undefined:
      return only(noteHead(style, 404, 'Not Found'));
    case 'root':
      return only(rootHead(server, request));
    case 'push-proxy':
      return only(pushProxyHead(server, target.guid, request, asker));
    case 'tree':
      return only(treeHead(server, target));
    case 'file':
    case 'numbered':
      return fileAnswer(server, request, target, taker, asker);
  }
}

function fileAnswer(server: UploadServer, request: HttpRequest, target: FileTarget, taker: SlotTaker, asker: Endpoint): UploadAnswer {
  const { style } = server;
  const source = server.find(target);
  if (source === null) return only(noteHead(style, 404, 'Not Found'));
  const { file, available } = source;
  const headers = fileHeaders(source, exchangeAlternates(server, source, request, asker));
  const isKazaa = target.kind === 'file' && target.hashes.uu !== undefined;
  if (isKazaa && style.kazaa !== null) headers.push(...kazaaHeaders(style.kazaa, file));
  const asked = requestedRange(ifCurrent(request, headers), file.bytes);
  const whole: ByteRange = { begin: 0, end: file.bytes };
  const range =
    asked === 'unsatisfiable'
      ? null
      : available === null
        ? (asked ?? whole)
        : firstOf(available.within((asked ?? whole).begin, (asked ?? whole).end));
  // Of a part that begins later than what was asked for, the head can tell; the body would be taken for something else.
  if (asked === 'unsatisfiable' || range?.begin !== (asked ?? whole).begin) {
    if (asked !== 'unsatisfiable' && file.bytes === 0) return { ...only(bodyHead(style, NO_RANGE, false, 0, headers)), source };
    return only(noteHead(style, 416, 'Requested Range Not Available', [['content-range', `bytes */${file.bytes}`], ...headers]));
  }
  const isPart = asked !== null || range.end < file.bytes;
  const head = bodyHead(style, range, isPart, file.bytes, headers);
  if (request.method === 'HEAD') return only(head);
  return slotted(server, request, source, taker, asker, headers) ?? { head, source, range, closes: isKazaa, waitsMs: 0 };
}

/** Null: he has a slot. */
function slotted(
  server: UploadServer,
  request: HttpRequest,
  { file }: UploadSource,
  taker: SlotTaker,
  asker: Endpoint,
  headers: readonly Header[],
): UploadAnswer | null {
  const { style, slots, host } = server;
  const skill = queueSkillOf(request.headers);
  const newId = hexOf(host.random.fill(new Uint8Array(SLOT_ID_BYTES)));
  const node = server.nodeOf(request, asker);
  const asked = { taker, fileKey: `${file.id}/${file.name}`, skill, id: queueIdOf(request.headers), node } as const;
  const answer = slots.request(asked, newId, host.now());
  const { pollSecondsMin, lifetimeSeconds } = slots.options;
  switch (answer.answer) {
    case 'granted':
      return null;
    case 'queued':
      return {
        ...only(queuedHead(style, answer.place, lifetimeSeconds, headers)),
        waitsMs: answer.place.pollSecondsMax * 1000,
      };
    case 'busy':
      return only(busyHead(style, pollSecondsMin, headers));
    case 'hasty':
      return only(busyHead(style, 2 * pollSecondsMin, headers), true);
  }
}

/** What the one who asks knows of others is learned, and he is told what is known; `X-Alt` of his own is himself, where he has the file. */
function exchangeAlternates(server: UploadServer, { file }: UploadSource, { headers }: HttpRequest, asker: Endpoint): readonly Header[] {
  const { sha1 } = file.hashes;
  if (sha1 === null) return [];
  const { alternates, host } = server;
  const now = host.now();
  const { has, hasNot, firewalled } = alternatesOf(headers);
  const told = formatAlternates(alternates.some(sha1, asker, now));
  const pushed = wantsFirewalled(headers) ? formatFirewalled(alternates.someFirewalled(sha1, asker, now)) : '';
  for (const endpoint of has) alternates.learn(sha1, endpoint, asker, now);
  for (const endpoint of hasNot) alternates.forget(sha1, endpoint);
  for (const each of firewalled) alternates.learnFirewalled(sha1, each, asker, now);
  return [...(told === '' ? [] : [['x-alt', told] as const]), ...(pushed === '' ? [] : [['x-falt', pushed] as const])];
}

/** Without the range, where that is asked of another version than ours. */
function ifCurrent(request: HttpRequest, headers: readonly Header[]): ReadonlyMap<string, string> {
  const condition = request.headers.get('if-range');
  const etag = headers.find(([name]) => name === 'etag')?.[1];
  return condition === undefined || condition === etag ? request.headers : new Map();
}

function treeHead(server: UploadServer, target: FileTarget): HttpResponse {
  const source = server.find(target);
  const { style } = server;
  if (source === null || source.tree === null) return noteHead(style, 404, 'Not Found');
  return wholeHead(style, 200, 'OK', THEX_MEDIA_TYPE, encodeThex(source.file.bytes, source.tree));
}

function rootHead(server: UploadServer, request: HttpRequest): HttpResponse {
  const { style, browse, content } = server;
  const accepts = (request.headers.get('accept') ?? '').toLowerCase();
  if (!accepts.includes(PACKETS_MEDIA_TYPE)) {
    return wholeHead(style, 200, 'OK', 'text/html; charset=utf-8', uploadPage(content.files, browse !== null));
  }
  if (browse === null) return noteHead(style, 403, 'Browse Host Disabled');
  const packets: Uint8Array[] = [];
  let bytes = 0;
  for (let id = 0; bytes < PACKETS_BYTES_MAX; ) {
    const files = content.files.after(id, FILES_PER_PACKET);
    const last = files[files.length - 1];
    if (last === undefined) break;
    id = last.id;
    const packet = browse.encodePackets(files);
    bytes += packet.length;
    if (bytes <= PACKETS_BYTES_MAX) packets.push(packet);
  }
  const body = new Uint8Array(packets.reduce((sum, packet) => sum + packet.length, 0));
  let at = 0;
  for (const packet of packets) {
    body.set(packet, at);
    at += packet.length;
  }
  return wholeHead(style, 200, 'OK', PACKETS_MEDIA_TYPE, body);
}

/** `X-Node` is who is to be dialled; nobody but the one who asks may be named, or others could be sent to him. */
function pushProxyHead(server: UploadServer, guid: Uint8Array, request: HttpRequest, asker: Endpoint): HttpResponse {
  const { style, pushProxy } = server;
  const node = server.nodeOf(request, asker);
  if (node === null) return noteHead(style, 400, 'Bad Request');
  const isSent = pushProxy?.passPush(guid, node) === true;
  return isSent ? noteHead(style, 202, `Push Sent To ${formatEndpoint(node)}`) : noteHead(style, 410, 'Servent Not Connected');
}

function only(head: HttpResponse, closes = false): UploadAnswer {
  return { head, source: null, range: NO_RANGE, closes, waitsMs: 0 };
}

function firstOf(ranges: Iterable<ByteRange>): ByteRange | null {
  for (const range of ranges) return range;
  return null;
}
