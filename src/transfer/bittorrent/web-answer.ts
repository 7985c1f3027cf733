/** What the head of a web server's answer means for the bytes that were asked for (RFC 9110, BEP 17, BEP 19); owns no state. */

import { latin1 } from '../../core/bytes.ts';
import type { HttpResponse } from '../../wire/http-head.ts';
import { contentRange, unsatisfiedLength } from '../../wire/http-range.ts';
import { safeText } from '../../wire/safe-text.ts';
import type { WebSegment } from './web-resources.ts';

/** What a server may ask us to wait. */
const RETRY_AFTER_SECONDS_MAX = 86_400;
const SHOWN_CHARS = 64;

/**
 * bytes: the body is ours from `skipBytes` on, up to `end`. whole: the server brings files only whole, and there is too much before
 * what is wanted. other: it has another file under that name. absent: it has none, or not for us. busy: try again later, in
 * `retryMs` where it says so.
 */
export type WebAnswer =
  | { readonly kind: 'bytes'; readonly skipBytes: number; readonly end: number }
  | { readonly kind: 'whole' }
  | { readonly kind: 'other' | 'absent'; readonly message: string }
  | { readonly kind: 'busy'; readonly message: string; readonly retryMs: number };

/** `hasRanges`: a part was asked for; without, the file comes from its beginning. */
export function webAnswer(head: HttpResponse, segment: WebSegment, hasRanges: boolean): WebAnswer {
  const { status, headers } = head;
  const offset = segment.begin - segment.resourceBegin;
  const coding = headers.get('content-encoding') ?? 'identity';
  if (status >= 200 && status < 300 && coding.toLowerCase() !== 'identity') return busy(`sends it as ${safeText(coding, SHOWN_CHARS)}`, 0);
  if (status === 200) {
    const length = headers.get('content-length');
    if (length !== undefined && Number(length) !== segment.resourceBytes) return otherLength(Number(length), segment);
    if (hasRanges && offset > 0) return { kind: 'whole' };
    return { kind: 'bytes', skipBytes: offset, end: segment.end };
  }
  if (status === 206) {
    const range = contentRange(headers);
    if (range === null) return busy('sends a part without saying which', 0);
    if (range.total !== null && range.total !== segment.resourceBytes) return otherLength(range.total, segment);
    if (range.begin !== offset) return busy(`sends bytes from ${range.begin} on instead of ${offset}`, 0);
    // A server may bring less than it was asked for.
    return { kind: 'bytes', skipBytes: 0, end: Math.min(segment.end, segment.resourceBegin + range.end) };
  }
  const length = status === 416 ? unsatisfiedLength(headers) : null;
  if (length !== null && length !== segment.resourceBytes) return otherLength(length, segment);
  const message = `answers ${status} ${safeText(head.reason, SHOWN_CHARS)}`.trim();
  const isAbsent = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isAbsent && segment.file >= 0 ? { kind: 'absent', message } : busy(message, retryMs(head));
}

function busy(message: string, retryAfterMs: number): WebAnswer {
  return { kind: 'busy', message, retryMs: retryAfterMs };
}

function otherLength(bytes: number, segment: WebSegment): WebAnswer {
  return { kind: 'other', message: `has ${bytes} bytes where ${segment.resourceBytes} are expected` };
}

/** How long a busy server wants to be left alone: a header (RFC 9110 §10.2.3; dates of it are not read), or its text (BEP 17). */
function retryMs(head: HttpResponse): number {
  const said = head.headers.get('retry-after') ?? (head.status === 503 ? latin1(head.body).trim() : '');
  return /^\d{1,9}$/.test(said) ? Math.min(Number(said), RETRY_AFTER_SECONDS_MAX) * 1000 : 0;
}
