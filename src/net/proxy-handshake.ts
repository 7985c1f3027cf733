/**
 * What is said to a proxy before a connection through it is one's own: by SOCKS 5 (RFC 1928, 1929) or HTTP CONNECT (RFC 9110 §9.3.6).
 * A handshake is one attempt without a socket; who has the socket sends what it says and passes on what comes.
 */

import { concatBytes, latin1, latin1Bytes } from '../core/bytes.ts';
import { type Codec, encodeToBytes, MalformedMessage } from '../core/codec.ts';
import { formatEndpoint } from '../core/endpoint.ts';
import type { CloseReason } from '../core/host.ts';
import {
  SOCKS_REPLIES,
  type SocksAddress,
  type SocksCredentials,
  socksChoice,
  socksCredentials,
  socksGreeting,
  socksHeadBytes,
  SocksMethod,
  socksReply,
  socksRequest,
  socksVerdict,
} from '../wire/socks5.ts';

/** A proxy that says more than this before it lets us through is none. */
export const PROXY_HEAD_BYTES_MAX = 16_384;

export type ProxyStep =
  /** Send this, if anything, and bring what comes. */
  | { readonly kind: 'more'; readonly send: Uint8Array | null }
  /** From `rest` on the bytes are the other side's. */
  | { readonly kind: 'open'; readonly rest: Uint8Array; readonly bound: SocksAddress | null }
  | {
      readonly kind: 'refused';
      readonly reason: CloseReason;
      readonly detail: string;
      /** It lets us in, and does not do this one thing. */
      readonly letIn: boolean;
    };

export interface ProxyHandshake {
  /** The first words. */
  begin(): Uint8Array;
  /** The bytes are borrowed. Not called any more after a step that is not `more`. */
  receive(bytes: Uint8Array): ProxyStep;
}

/** Keeps what has come until a whole message is there; a peer's bytes behind the last one are left alone. */
abstract class Gathering implements ProxyHandshake {
  private kept: Uint8Array = new Uint8Array(0);

  abstract begin(): Uint8Array;
  /** The next step, or null while too little of `bytes` is there. It says by `consumed` how much of it has been read. */
  protected abstract step(bytes: Uint8Array): readonly [step: ProxyStep, consumed: number] | null;

  receive(bytes: Uint8Array): ProxyStep {
    let all = this.kept.length === 0 ? bytes : concatBytes([this.kept, bytes]);
    const send: Uint8Array[] = [];
    try {
      for (;;) {
        const next = this.step(all);
        if (next === null) break;
        const [step, consumed] = next;
        if (step.kind !== 'more') return step.kind === 'open' ? { ...step, rest: all.slice(consumed) } : step;
        if (step.send !== null) send.push(step.send);
        all = all.subarray(consumed);
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return refused('malformed', `it speaks something else: ${error.message}`);
    }
    if (all.length > PROXY_HEAD_BYTES_MAX) return refused('malformed', `it says more than ${PROXY_HEAD_BYTES_MAX} bytes`);
    this.kept = all.slice();
    return { kind: 'more', send: send.length === 0 ? null : concatBytes(send) };
  }
}

export class SocksHandshake extends Gathering {
  private readonly command: number;
  private readonly to: SocksAddress;
  private readonly credentials: SocksCredentials | null;
  private state: 'choice' | 'verdict' | 'reply' = 'choice';

  constructor(command: number, to: SocksAddress, credentials: SocksCredentials | null) {
    super();
    this.command = command;
    this.to = to;
    this.credentials = credentials;
  }

  begin(): Uint8Array {
    return encodeToBytes(socksGreeting, this.credentials === null ? [SocksMethod.none] : [SocksMethod.none, SocksMethod.password]);
  }

  protected step(bytes: Uint8Array): readonly [ProxyStep, number] | null {
    if (this.state === 'reply') return this.onReply(bytes);
    if (bytes.length < 2) return null;
    if (this.state === 'choice') return [this.onChoice(socksChoice.decode(bytes, 0, 2)), 2];
    if (socksVerdict.decode(bytes, 0, 2) !== 0) return [refused('refused', 'it does not take this user and password'), 2];
    return [this.ask(), 2];
  }

  private onChoice(method: number): ProxyStep {
    if (method === SocksMethod.none) return this.ask();
    if (method === SocksMethod.password && this.credentials !== null) {
      this.state = 'verdict';
      return say(socksCredentials, this.credentials);
    }
    const wish = this.credentials === null ? 'it wants a user and a password' : 'it wants another way of authentication';
    return refused('refused', wish);
  }

  private ask(): ProxyStep {
    this.state = 'reply';
    return say(socksRequest, { command: this.command, to: this.to });
  }

  private onReply(bytes: Uint8Array): readonly [ProxyStep, number] | null {
    const size = socksHeadBytes(bytes, 0, bytes.length);
    if (size === null || bytes.length < size) {
      // Some end a refusal behind its code.
      const early = bytes.length >= 2 && bytes[1] !== 0 ? (bytes[1] as number) : 0;
      return early === 0 ? null : [refusal(early), bytes.length];
    }
    const { code, bound } = socksReply.decode(bytes, 0, size);
    return [code === 0 ? { kind: 'open', rest: bytes, bound } : refusal(code), size];
  }
}

export class HttpConnectHandshake extends Gathering {
  private readonly to: SocksAddress;
  private readonly credentials: SocksCredentials | null;

  constructor(to: SocksAddress, credentials: SocksCredentials | null) {
    super();
    this.to = to;
    this.credentials = credentials;
  }

  begin(): Uint8Array {
    const authority = 'endpoint' in this.to ? formatEndpoint(this.to.endpoint) : `${this.to.name}:${this.to.port}`;
    const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
    if (this.credentials !== null) lines.push(`Proxy-Authorization: ${proxyAuthorization(this.credentials)}`);
    return latin1Bytes(`${lines.join('\r\n')}\r\n\r\n`);
  }

  protected step(bytes: Uint8Array): readonly [ProxyStep, number] | null {
    const head = latin1(bytes, 0, Math.min(bytes.length, PROXY_HEAD_BYTES_MAX));
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) {
      if (bytes.length >= HTTP_MARK.length && !head.startsWith(HTTP_MARK)) throw new MalformedMessage('expected an answer by HTTP');
      return null;
    }
    const [, status, words = ''] = /^HTTP\/1\.[01] (\d{3})(?: ([^\r\n]*))?\r\n/.exec(`${head.slice(0, end)}\r\n`) ?? [];
    if (status === undefined) throw new MalformedMessage('expected an answer by HTTP');
    // RFC 9110 §9.3.6: any 2xx, and a body is none.
    if (status.startsWith('2')) return [{ kind: 'open', rest: bytes, bound: null }, end + 4];
    const said = `${status} ${words.replace(/[^\x20-\x7e]/g, '').slice(0, WORDS_SHOWN)}`.trim();
    if (status === '407') return [refused('refused', `it does not take this user and password, or wants some (${said})`), end + 4];
    return [refused(status === '504' ? 'timeout' : 'unreachable', `it says ${said}`), end + 4];
  }
}

/** The value of `Proxy-Authorization` (RFC 7617). */
export function proxyAuthorization({ user, password }: SocksCredentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

const HTTP_MARK = 'HTTP/1.';
const WORDS_SHOWN = 80;
/** By reply code; everything else is `unreachable`. */
const REASONS: Readonly<Record<number, CloseReason>> = { 5: 'refused', 6: 'timeout' };

function refusal(code: number): ProxyStep {
  return refused(REASONS[code] ?? 'unreachable', `it says ${SOCKS_REPLIES[code] ?? `code ${code}`}`, true);
}

function refused(reason: CloseReason, detail: string, letIn = false): ProxyStep {
  return { kind: 'refused', reason, detail, letIn };
}

function say<M>(codec: Codec<M>, message: M): ProxyStep {
  return { kind: 'more', send: encodeToBytes(codec, message) };
}
