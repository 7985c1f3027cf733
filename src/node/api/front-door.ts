/**
 * Who may come in by HTTP, decided before anything of a request is looked at but its head: the right name of this machine (DNS rebinding),
 * no page of another site (cross-site requests), the token or the session of a page. Owns the count of wrong tokens.
 */

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { ApiToken } from './api-token.ts';
import { PAGE_KEY, type PageSessions } from './page-sessions.ts';

/** Wrong tokens from one address in a minute; what comes beyond is not even told that it is wrong. */
const WRONG_TOKENS_MAX = 10;
const WRONG_TOKENS_MS = 60_000;
/** Addresses that are remembered; the oldest is forgotten. */
const ADDRESSES_MAX = 1_000;

/** Answers without a token, for those that watch over processes: they say nothing but yes or no. */
const OPEN_PATHS: readonly string[] = ['/healthz', '/readyz'];
export const RPC_PATH = '/transmission/rpc';
/** Where the session of a page is worth something: browsers send cookies by themselves. */
const PAGES_MAY_ASK = '/api/v1/';
/** What changes nothing. */
const LOOKING: readonly (string | undefined)[] = ['GET', 'HEAD'];

type Head = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

export interface Refusal {
  readonly status: 400 | 401 | 403 | 421 | 429;
  readonly message: string;
  readonly why: string;
  readonly next: string;
  readonly headers: Readonly<Record<string, string>>;
}

export class FrontDoor {
  readonly #token: ApiToken;
  readonly #sessions: PageSessions;
  readonly #names: readonly string[];
  readonly #now: () => number;
  readonly #wrong = new Map<string, { count: number; sinceMs: number }>();

  /** `names`: by which this machine may be called, besides its addresses and localhost. */
  constructor(token: ApiToken, sessions: PageSessions, names: readonly string[], now: () => number = () => performance.now()) {
    this.#token = token;
    this.#sessions = sessions;
    this.#names = names.map((name) => name.toLowerCase());
    this.#now = now;
  }

  /** Null: it may come in. */
  judge(request: Head, address: string): Refusal | null {
    const stranger = this.judgeCaller(request);
    const path = pathOf(request.url);
    if (stranger !== null || OPEN_PATHS.includes(path)) return stranger;
    const { authorization, cookie } = request.headers;
    if (authorization === undefined && cookie !== undefined && path.startsWith(PAGES_MAY_ASK)) return this.#judgeSession(request, cookie);
    return this.#judgeToken(authorization, path.startsWith(RPC_PATH), address);
  }

  /** Null: it is meant for us, and comes from no page of somebody else. */
  judgeCaller(request: Head): Refusal | null {
    const { host, origin } = request.headers;
    if (!this.#isOurs(host ?? '')) {
      const next = 'Call it by its address or localhost, or name it: kith config set api.names NAME';
      return refusal(421, 'This is not the machine that was called for.', 'No name of it is in the Host header.', next);
    }
    const site = request.headers['sec-fetch-site'];
    const strangerSent = origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
    if (strangerSent || site === 'cross-site' || site === 'same-site') {
      return refusal(403, 'Pages of other sites may not ask here.', 'The request was made by one.', '');
    }
    return null;
  }

  /**
   * A cookie goes along with whatever a browser sends to this address, to any of its ports: by itself it lets one look. Who wants more says
   * where the request comes from, and has the key, which only pages of this very origin can read.
   */
  #judgeSession({ headers, method }: Head, cookie: string): Refusal | null {
    const isLooking = LOOKING.includes(method);
    const { host = '', origin, [PAGE_KEY]: key } = headers;
    if (!isLooking && (origin === undefined || typeof key !== 'string')) {
      return refusal(403, 'That did not come from a page of kith.', `A session changes nothing without Origin and ${PAGE_KEY}.`, '');
    }
    if (this.#sessions.allows(cookie, host, isLooking ? null : (key as string))) return null; // One that is no text went above.
    return refusal(401, 'The session has ended.', 'It lasts a month, and as long as the token.', 'Open the pages anew: kith pages');
  }

  /** Something that was to be a token, or the code of a link, and is not. */
  wrong(address: string): Refusal {
    const where = 'The file that has it: kith paths api-token';
    const leftMs = this.#countWrong(address);
    if (leftMs === 0) return refusal(401, 'That is not the token.', '', where);
    const retry = { 'retry-after': String(Math.ceil(leftMs / 1000)) };
    return { ...refusal(429, 'Too many wrong tokens.', `They came from ${address}.`, where), headers: retry };
  }

  /** A right token is always let in: nobody can lock its owner out by guessing, and nobody guesses 256 bits. */
  #judgeToken(authorization: string | undefined, isRpc: boolean, address: string): Refusal | null {
    const presented = presentedToken(authorization, isRpc);
    if (presented !== null && this.#token.is(presented)) return null;
    const headers = { 'www-authenticate': isRpc ? 'Basic realm="kith"' : 'Bearer realm="kith"' };
    const where = 'The file that has it: kith paths api-token';
    if (presented === null) return { ...refusal(401, 'A token is needed.', 'The request has none.', where), headers };
    const wrong = this.wrong(address);
    return wrong.status === 401 ? { ...wrong, headers } : wrong;
  }

  /** How long that address is to wait; 0 while it may go on. */
  #countWrong(address: string): number {
    const nowMs = this.#now();
    let entry = this.#wrong.get(address);
    if (entry === undefined || nowMs - entry.sinceMs >= WRONG_TOKENS_MS) entry = { count: 0, sinceMs: nowMs };
    entry.count++;
    this.#wrong.delete(address);
    this.#wrong.set(address, entry);
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > ADDRESSES_MAX && oldest !== undefined) this.#wrong.delete(oldest);
    return entry.count <= WRONG_TOKENS_MAX ? 0 : WRONG_TOKENS_MS - (nowMs - entry.sinceMs);
  }

  /** An address cannot be rebound: only names are looked up, by whoever wants them to mean something else. */
  #isOurs(host: string): boolean {
    const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host);
    const name = (match?.[1] ?? match?.[2])?.toLowerCase();
    if (name === undefined) return false;
    return name === 'localhost' || isIP(name) !== 0 || this.#names.includes(name);
  }
}

/** transmission-remote puts a slash more than it should behind an address that ends with one. */
export function pathOf(url: string | undefined): string {
  return ((url ?? '').split('?', 1)[0] as string).replaceAll(/\/{2,}/g, '/');
}

/** `Bearer TOKEN`; at the RPC, whose callers know nothing else, any user name with the token as its password. */
function presentedToken(authorization: string | undefined, isRpc: boolean): string | null {
  const match = /^(bearer|basic) +([\w.~+/=-]+) *$/i.exec(authorization ?? '');
  if (match === null) return null;
  const [, scheme, credentials] = match as unknown as [string, string, string];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (!isRpc) return null;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : null;
}

export function refusal(status: Refusal['status'], message: string, why: string, next: string): Refusal {
  return { status, message, why, next, headers: {} };
}
