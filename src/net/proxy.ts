/** A proxy as a setting names it, and the names that it looks up for us. Owns the numbers of those names. */

import { isIP } from 'node:net';
import { endpointIp, endpointOf, endpointPort } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { nameNumberOf, namedEndpoint, NAMES_MAX } from '../core/named-endpoint.ts';
import { utf8Size } from '../core/utf8.ts';
import { SOCKS_TEXT_BYTES_MAX, type SocksAddress, SocksCommand, type SocksCredentials } from '../wire/socks5.ts';
import { HttpConnectHandshake, type ProxyHandshake, SocksHandshake } from './proxy-handshake.ts';

const PORTS = { socks5: 1080, http: 3128 } as const;

export interface Proxy {
  readonly kind: 'socks5' | 'http';
  readonly hostname: string;
  readonly port: number;
  readonly credentials: SocksCredentials | null;
  /** For people: without the password. */
  readonly text: string;
}

/** `socks5://user@host:1080` or `http://host:3128`, also with a password; null when it is neither. `socks5h`, as others write it, is the same. */
export function parseProxy(text: string, password = ''): Proxy | null {
  if (!/^(?:socks5h?|http):\/\/[^/?#\s]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const kind = url.protocol === 'http:' ? 'http' : 'socks5';
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // The URL parser takes http's own port for none at all.
  const stated = /:(\d+)\/?$/.exec(text)?.[1];
  const port = stated === undefined ? PORTS[kind] : Number(stated);
  const user = decoded(url.username);
  const secret = decoded(url.password) || password;
  if (hostname === '' || port < 1 || port > 65_535) return null;
  if (Math.max(utf8Size(user), utf8Size(secret)) > SOCKS_TEXT_BYTES_MAX || (user === '' && url.password !== '')) return null;
  const place = isIP(hostname) === 6 ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  return {
    kind,
    hostname,
    port,
    credentials: user === '' ? null : { user, password: secret },
    text: `${kind}://${user === '' ? '' : `${encodeURIComponent(user)}@`}${place}`,
  };
}

/** The text with three dots for a password: also for one that is no proxy. */
export function withoutPassword(text: string): string {
  return text.replace(/^([^/]*\/\/[^:/@]*):.*@/, '$1:…@');
}

export function hasPassword(text: string): boolean {
  return withoutPassword(text) !== text;
}

/** The proxy cannot be reached, or does not let us through. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  /** It has let us in, and does not do this one thing. */
  readonly letIn: boolean;

  constructor(proxy: Proxy, detail: string, letIn = false) {
    super(`the proxy ${proxy.text}: ${detail}`);
    this.letIn = letIn;
  }
}

/** What is said to the proxy to get through to there by TCP. */
export function handshakeTo(proxy: Proxy, to: SocksAddress): ProxyHandshake {
  return proxy.kind === 'http'
    ? new HttpConnectHandshake(to, proxy.credentials)
    : new SocksHandshake(SocksCommand.connect, to, proxy.credentials);
}

export class ProxyNames {
  private readonly numbers = new Map<string, number>();
  private readonly names: string[] = [];

  /** An endpoint that stands for the name; null when it is none that a proxy can be told, or there are too many. */
  endpointFor(hostname: string, port: number): Endpoint | null {
    if (!/^[\w.-]{1,255}$/.test(hostname)) return null;
    const name = hostname.toLowerCase();
    // RFC 6761 §6.3: that name is not for anybody else to look up. What is there is dialled by the proxy all the same.
    if (/^(?:.*\.)?localhost\.?$/.test(name)) return endpointOf('127.0.0.1', port);
    let number = this.numbers.get(name);
    if (number === undefined) {
      if (this.names.length === NAMES_MAX) return null;
      number = this.names.push(name) - 1;
      this.numbers.set(name, number);
    }
    return namedEndpoint(number, port);
  }

  /** What the proxy is asked for; null for an endpoint that stands for no name of ours, and is nobody's address either. */
  addressOf(endpoint: Endpoint): SocksAddress | null {
    const number = nameNumberOf(endpoint);
    if (number === null) return { endpoint };
    const name = this.names[number];
    return name === undefined ? null : { name, port: endpointPort(endpoint) };
  }
}

/** For Node's clients, which know a host as text. */
export function addressOfHost(hostname: string, port: number): SocksAddress {
  const endpoint = endpointOf(hostname.replace(/^\[(.*)\]$/, '$1'), port);
  return endpoint === null ? { name: hostname, port } : { endpoint };
}

export function textOfAddress(address: SocksAddress): string {
  return 'endpoint' in address ? `${endpointIp(address.endpoint)}:${endpointPort(address.endpoint)}` : `${address.name}:${address.port}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
