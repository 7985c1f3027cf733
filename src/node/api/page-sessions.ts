/**
 * How a browser is let in: a link that opens once, or the token typed in, becomes a cookie, which a page cannot read, and a key, which only
 * pages of this very address can. Sessions are signed, not kept: they outlive the node and end with the token. Owns the codes of links.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiToken } from './api-token.ts';

const CODE_BYTES = 24;
/** Links that were made and not opened yet; the oldest is forgotten. */
const CODES_MAX = 8;
/** A link is opened on the day on which it was printed. */
const CODE_MS_MAX = 12 * 3_600_000;
const ID_BYTES = 16;
const SESSION_SECONDS = 30 * 86_400;
/** A browser sends all cookies of an address, whatever port has set them. */
const COOKIES_CHARS_MAX = 8_192;

/** The header by which a page proves that it is one of ours, where it wants more than to look. */
export const PAGE_KEY = 'kith-key';

export interface OpenedSession {
  /** The value of a `Set-Cookie` header. */
  readonly cookie: string;
  readonly key: string;
}

export class PageSessions {
  readonly #token: ApiToken;
  readonly #now: () => number;
  /** When each was made. */
  readonly #codes = new Map<string, number>();

  constructor(token: ApiToken, now: () => number = Date.now) {
    this.#token = token;
    this.#now = now;
  }

  /** What a link carries behind its `#`, where no server and no log sees it. */
  newCode(): string {
    const code = randomBytes(CODE_BYTES).toString('base64url');
    this.#codes.set(code, this.#now());
    const [oldest] = this.#codes.keys();
    if (this.#codes.size > CODES_MAX && oldest !== undefined) this.#codes.delete(oldest);
    return code;
  }

  /** By a code, which is spent with it, or by the token; null for anything else. `host` is what the session is good for. */
  open(secret: string, host: string, secure: boolean): OpenedSession | null {
    if (!this.#spend(secret) && !this.#token.is(secret)) return null;
    const id = randomBytes(ID_BYTES).toString('base64url');
    const endsAtSeconds = Math.floor(this.#now() / 1000) + SESSION_SECONDS;
    const value = `${id}.${endsAtSeconds}.${this.#sign('cookie', host, id, endsAtSeconds)}`;
    const attributes = `Path=/; Max-Age=${SESSION_SECONDS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
    return { cookie: `${cookieName(host)}=${value}; ${attributes}`, key: this.#sign('key', host, id, endsAtSeconds) };
  }

  /** Whether the cookies of a request have a session of this host, and `key`, where it is given, is the one that came with it. */
  allows(cookies: string | undefined, host: string, key: string | null): boolean {
    const value = cookieOf(cookies, cookieName(host));
    const match = /^([\w-]{22})\.(\d{1,12})\.([\w-]{43})$/.exec(value);
    if (match === null) return false;
    const [, id, ends, signature] = match as unknown as [string, string, string, string];
    const endsAtSeconds = Number(ends);
    if (!isSame(signature, this.#sign('cookie', host, id, endsAtSeconds)) || endsAtSeconds * 1000 <= this.#now()) return false;
    return key === null || isSame(key, this.#sign('key', host, id, endsAtSeconds));
  }

  #spend(code: string): boolean {
    const madeAtMs = this.#codes.get(code);
    this.#codes.delete(code);
    return madeAtMs !== undefined && this.#now() - madeAtMs < CODE_MS_MAX;
  }

  #sign(what: 'cookie' | 'key', host: string, id: string, endsAtSeconds: number): string {
    return createHmac('sha256', this.#token.text).update(`kith ${what}\n${host}\n${id}\n${endsAtSeconds}`).digest('base64url');
  }
}

/** The header that ends a session in the browser. */
export function endedCookie(host: string): string {
  return `${cookieName(host)}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`;
}

/** Ports share their cookies: each node of a machine has its own name. */
function cookieName(host: string): string {
  return `kith-${/:(\d{1,5})$/.exec(host)?.[1] ?? '80'}`;
}

function cookieOf(cookies: string | undefined, name: string): string {
  const parts = cookies === undefined || cookies.length > COOKIES_CHARS_MAX ? [] : cookies.split(';');
  for (const part of parts) if (part.trimStart().startsWith(`${name}=`)) return part.trim().slice(name.length + 1);
  return '';
}

function isSame(presented: string, right: string): boolean {
  const [a, b] = [Buffer.from(presented), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
