/** http and https URLs taken apart as a client needs them (RFC 3986, RFC 9110 §4.2); immutable data, no state. */

import { utf8Bytes } from '../core/utf8.ts';

export interface HttpUrl {
  readonly secure: boolean;
  /** Name or IP literal, in lower case, without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, percent-encoded; begins with a slash. */
  readonly target: string;
}

export const HTTP_URL_CHARS_MAX = 4096;
const SHAPE = /^(https?):\/\/(?:[^/?#@]*@)?(?:\[([0-9a-f:.]+)\]|([^/?#:@[\]\s]+))(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?$/i;

/** Null when the text is no http or https URL. A name and password in it are left out: nothing here may send them on. */
export function parseHttpUrl(text: string): HttpUrl | null {
  const match = text.length > HTTP_URL_CHARS_MAX ? null : SHAPE.exec(text);
  if (match === null) return null;
  const secure = (match[1] as string).toLowerCase() === 'https';
  const port = match[4] === undefined ? (secure ? 443 : 80) : Number(match[4]);
  if (port < 1 || port > 65_535) return null;
  const rest = match[5] ?? '/';
  return {
    secure,
    hostname: ((match[2] ?? match[3]) as string).toLowerCase(),
    port,
    target: encodeStray(rest.startsWith('?') ? `/${rest}` : rest),
  };
}

/** Where a `location` header leads from there (RFC 3986 §5.2), or null when that is nowhere that http goes. */
export function resolveHttpUrl(base: HttpUrl, location: string): HttpUrl | null {
  const text = location.trim();
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return parseHttpUrl(text);
  if (text.startsWith('//')) return parseHttpUrl(`${base.secure ? 'https' : 'http'}:${text}`);
  const [path, query] = splitTarget(base.target);
  const reference = text.replace(/#.*$/s, '');
  if (reference.length > HTTP_URL_CHARS_MAX) return null;
  const [ownPath, ownQuery] = splitTarget(reference);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const target =
    ownPath === ''
      ? path + (ownQuery === '' ? query : ownQuery)
      : withoutDots(ownPath.startsWith('/') ? ownPath : folder + ownPath) + ownQuery;
  return { ...base, target: encodeStray(target) };
}

/** What the `host` header says: the port only where it is not the usual one. */
export function httpAuthority({ secure, hostname, port }: HttpUrl): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === (secure ? 443 : 80) ? host : `${host}:${port}`;
}

export function formatHttpUrl(url: HttpUrl): string {
  return `${url.secure ? 'https' : 'http'}://${httpAuthority(url)}${url.target}`;
}

/** Bytes as one segment of a path: all but RFC 3986's unreserved characters is percent-encoded. */
export function encodePathSegment(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function splitTarget(target: string): readonly [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark)];
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (last && (segment === '..' || segment === '.')) kept.push('');
  }
  return `/${kept.join('/')}`;
}

/** What may not stand in a request line (blanks, controls, other scripts) is percent-encoded; what is encoded already stays. */
function encodeStray(target: string): string {
  if (/^[\x21-\x7e]*$/.test(target)) return target;
  let text = '';
  for (const byte of utf8Bytes(target.toWellFormed())) {
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}
